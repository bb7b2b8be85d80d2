"""How a command of the workbench ends: by its own status, or with a sentence."""

from collections.abc import Callable

import pytest

from workbench.parts.process import PartError
from workbench.setup.command import command


def raises(error: BaseException) -> Callable[[], int]:
    def work() -> int:
        raise error

    return work


@pytest.mark.parametrize(
    ("work", "failed", "status", "said"),
    [
        (lambda: None, "demo failed", 0, ""),
        (lambda: 3, "demo failed", 3, ""),
        (raises(PartError("no Asterisk")), "", 2, "no Asterisk\n"),
        (raises(PartError("no Asterisk")), "demo failed", 2, "demo failed: no Asterisk\n"),
        (raises(KeyboardInterrupt()), "demo failed", 130, "interrupted; everything is stopped\n"),
    ],
)
def test_it_ends_as_its_work_does_or_says_why_not(
    capsys: pytest.CaptureFixture[str], work: Callable[[], int | None], failed: str, status: int, said: str
) -> None:
    assert command(work, failed, 2) == status
    assert capsys.readouterr().err == said
