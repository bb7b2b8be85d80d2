"""What a subscriber hears of texts that were not sent."""

import pytest

from usnd.domain.replies.catalogue import render
from usnd.domain.replies.unsent import unsent_reply

REFUSED = "Your text was not sent to {}: the network refused it."
PERHAPS = "It is not known whether your text reached {}."


@pytest.mark.parametrize(
    ("texts", "told"),
    [
        ([("bob", "rejected")], REFUSED.format("bob")),
        ([("bob", "rejected"), ("zoe", "rejected")], REFUSED.format("bob, zoe")),
        ([("bob", "expired")], "Your text was not sent to bob: the network did not take it in time."),
        ([("bob", "set aside")], "Your text was not sent to bob: the network did not take it."),
        (
            [("bob", "rejected"), ("zoe", "expired")],
            "Your text was not sent to bob, zoe: the network did not take it.",
        ),
        ([("bob", "unknown")], PERHAPS.format("bob")),
        ([("bob", "rejected"), ("zoe", "unknown")], f"{REFUSED.format('bob')} {PERHAPS.format('zoe')}"),
    ],
)
def test_who_was_not_reached_and_why(texts: list[tuple[str, str]], told: str) -> None:
    assert render(unsent_reply(texts)) == told


def test_many_are_cut_to_fit_one_segment() -> None:
    texts = [(f"+4477009000{number:02}", "rejected") for number in range(60)]
    assert len(render(unsent_reply(texts))) <= 160
