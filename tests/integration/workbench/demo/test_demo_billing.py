"""Proves `make demo-billing`: the whole story, nothing left of it, and words where it is not as told."""

import re
from collections.abc import Iterator

import pytest
from demos.demo import Demo, assert_story, demo_of

SAID = [
    'command="rrsync -wo ',
    'host_key = "ssh-ed25519 ',
    "subscriber texts: IC +447700900002",
    "bravo is busy",
    "USN texts: Nobody could be reached",
    "usnd cdr export",
    "confirmed",
    "| sha256sum",
    "$ tail -n 1 ",
    "T,",
    "$ awk -F,",
    "sequence",
    "usn-",
    "demo ok: ",
]


@pytest.fixture
def demo() -> Iterator[Demo]:
    with demo_of("billing") as made:
        yield made


def test_the_story_is_told_and_nothing_is_left(demo: Demo) -> None:
    done = demo.run()
    assert done.returncode == 0, done.stdout + done.stderr
    assert_story(done.stdout, SAID)
    digest, trailer = re.findall(r"^ +([0-9a-f]{64})  -$|^ +T,\d+,([0-9a-f]{64})$", done.stdout, re.MULTILINE)
    assert digest[0] == trailer[1]
    last = done.stdout.splitlines()[-1]
    assert re.fullmatch(r"demo ok: 3 conferences, 6 CDRs, [1-9]\d*\.\d{3} s charged .* agree", last)
    assert demo.left_running == []
    assert list(demo.home.iterdir()) == []


def test_what_is_not_as_told_ends_it_with_words(demo: Demo) -> None:
    """sha256sum cannot be had: billing's people cannot check."""
    done = demo.run_without("sha256sum", "sha256sum: no such luck")
    assert done.returncode == 1
    assert re.fullmatch(r"demo failed: head .* failed: sha256sum: no such luck\n", done.stderr)
    assert "demo ok" not in done.stdout
    assert demo.left_running == []
    assert [path.name for path in demo.home.iterdir()] == ["bin"]
