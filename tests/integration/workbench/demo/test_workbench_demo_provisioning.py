"""Proves `make demo-provisioning`: the whole story, nothing left of it, and words where it is not as told."""

import re
from collections.abc import Iterator

import pytest
from demos.demo import Demo, assert_story, demo_of

from workbench.demo.provisioning import expect
from workbench.parts.process import PartError

SAID = [
    "usnd ca init",
    "openssl req -new",
    "usnd ca issue crm-1 --request crm-1.csr",
    "usnd terminal designate crm-1 --operations all --numbers +4477",
    '<request xmlns="urn:usn:provisioning:1" id="crm-17">',
    'request="crm-17"',
    '<result code="1000">',
    "<number>+447700900001</number>",
    "<password>",
    "octets come back, done once",
    "texts: ?",
    "USN answers: Commands: ",
    "usnd ca revoke crm-1",
    '<result code="2102">',
    "demo ok: ",
]


@pytest.fixture
def demo() -> Iterator[Demo]:
    with demo_of("provisioning") as made:
        yield made


def test_the_story_is_told_and_nothing_is_left(demo: Demo) -> None:
    done = demo.run()
    assert done.returncode == 0, done.stdout + done.stderr
    assert_story(done.stdout, SAID)
    assert re.search(r"^demo ok: .* [1-9]\d* octets answered twice the same$", done.stdout, re.MULTILINE)
    assert demo.left_running == []
    assert list(demo.home.iterdir()) == []


def test_what_is_not_as_told_ends_it_with_words(demo: Demo) -> None:
    """curl cannot be had: the CRM of the demo is broken in the middle of the story."""
    done = demo.run_without("curl", "curl: (7) no way to the node")
    assert done.returncode == 1
    assert done.stderr == "demo failed: curl failed: curl: (7) no way to the node\n"
    assert "demo ok" not in done.stdout
    assert demo.left_running == []
    assert [path.name for path in demo.home.iterdir()] == ["bin"]


@pytest.mark.parametrize("answer", [b"", b"<html>", b'<result code="2102"><text/></result>'])
def test_an_answer_with_another_code_is_a_failure(answer: bytes) -> None:
    with pytest.raises(PartError, match="code 1000 was expected"):
        expect(answer, "1000")
