"""Proves the form of the journal: a line is a sentence with key=value, or JSON, and holds no secret."""

import json
import logging
import re
from collections.abc import Iterator

import pytest
import structlog

from usnd.config_file.values import Secret
from usnd.process import journal


@pytest.fixture(autouse=True)
def own_logging() -> Iterator[None]:
    handlers, level = logging.root.handlers[:], logging.root.level
    yield
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)


def written(capsys: pytest.CaptureFixture[str]) -> list[str]:
    printed = capsys.readouterr()
    assert printed.out == ""
    return printed.err.splitlines()


def test_a_line_is_a_sentence_with_its_values(capsys: pytest.CaptureFixture[str]) -> None:
    journal.set_up("text", "info")
    log = structlog.get_logger("usnd.conference")
    log.info("call ended", conference=7, number="+447700900002", cause=None, detail="not now", empty="")
    (line,) = written(capsys)
    at, says = line.split(" ", 1)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", at)
    assert says == "info    call ended conference=7 number=+447700900002 detail='not now' empty=''"


@pytest.mark.parametrize("value", ["two\nlines", "an = sign", 'a "quote"', "bell\a"])
def test_no_value_breaks_the_line_or_forges_a_key(capsys: pytest.CaptureFixture[str], value: str) -> None:
    journal.set_up("text", "info")
    structlog.get_logger().info("text taken", body=value)
    (line,) = written(capsys)
    assert line.endswith(f"text taken body={value!r}")


def test_json_is_one_object_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    journal.set_up("json", "info")
    structlog.get_logger().warning("smsc link down", reason="two\nlines", session=None)
    (line,) = written(capsys)
    event = json.loads(line)
    assert event.pop("at").endswith("Z")
    assert event == {"event": "smsc link down", "level": "warning", "reason": "two\nlines"}


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_secret_is_not_written(capsys: pytest.CaptureFixture[str], form: str) -> None:
    journal.set_up(form, "debug")
    secret = Secret("hush")
    log = structlog.get_logger()
    log.info("starts", secret=secret, all_of_it={"inside": [secret]})
    log.error("failed", exc_info=RuntimeError(f"could not use {secret}"))
    lines = "\n".join(written(capsys))
    assert "Secret(***)" in lines
    assert "hush" not in lines


def test_what_is_below_the_level_is_not_written(capsys: pytest.CaptureFixture[str]) -> None:
    journal.set_up("text", "warning")
    log = structlog.get_logger()
    log.info("text taken")
    log.warning("text rejected")
    assert [line.split(" ", 1)[1] for line in written(capsys)] == ["warning text rejected"]


def test_a_trace_follows_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    journal.set_up("text", "info")
    structlog.get_logger().error("a delivery failed", exc_info=ValueError("no"))
    first, *trace = written(capsys)
    assert first.endswith("error   a delivery failed")
    assert trace[-1] == "ValueError: no"


def test_in_systemds_journal_each_line_says_how_grave_it_is(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JOURNAL_STREAM", "8:1")
    for form in ("text", "json"):
        journal.set_up(form, "debug")
        log = structlog.get_logger("usnd.pair")
        log.error("alarm raised: this server serves alone: no standby could take over")
        log.warning("the pair changes state")
        log.info("alarm cleared")
        log.error("failed", exc_info=ValueError("two\nlines"))
        marks = [line[:3] for line in written(capsys)]
        assert marks[:3] == ["<3>", "<4>", "<6>"]
        assert set(marks[3:]) == {"<3>"}
