"""The journal: one line a transition, a sentence with key=value. Only the format is decided here.

usnd and the arbiter set it up at their start. A command writes to systemd's journal itself, if there is one:
its terminal is for its answer. Each line that goes to systemd's journal says how grave it is (sd-daemon(3)),
so that `journalctl -p err` finds the alarms and nothing else.
"""

import logging
import os
import re
import socket
import sys
from contextlib import suppress
from pathlib import Path

import msgspec
import structlog

SYSTEMD = Path("/run/systemd/journal/socket")
"""Where systemd's journal takes lines: systemd.io/JOURNAL_NATIVE_PROTOCOL."""


def set_up(form: str, level: str) -> None:
    """Sends all logging, ours and the libraries', to standard error, as `text` or `json`."""
    render = _rendering(form)
    if "JOURNAL_STREAM" in os.environ:
        render = _graded(render)
    structlog.configure(
        processors=_processors(render),
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    # The libraries' own words, from warnings on: what matters in them is logged by us, in the field's words.
    logging.basicConfig(stream=sys.stderr, level=logging.ERROR, format="%(name)s: %(message)s")


def set_up_command(form: str, level: str) -> None:
    """Sends our logging to systemd's journal, or nowhere if there is none: for a command at a terminal."""
    structlog.configure(
        processors=_processors(_addressed(_rendering(form))),
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=_Systemd,
        cache_logger_on_first_use=False,
    )


def _processors(render: structlog.typing.Processor) -> list[structlog.typing.Processor]:
    return [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        structlog.processors.format_exc_info,
        _drop_empty,
        render,
    ]


def _rendering(form: str) -> structlog.typing.Processor:
    return _sentence if form == "text" else structlog.processors.JSONRenderer(_json)


class _Systemd:
    """Gives each line to systemd's journal; one that cannot be given is lost."""

    def __init__(self, *_: object) -> None:
        """A logger is told its name."""

    def msg(self, entry: bytes) -> None:
        with (
            suppress(OSError),
            socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as link,
        ):
            link.sendto(entry, str(SYSTEMD))

    debug = info = warning = error = critical = msg


def _addressed(render: structlog.typing.Processor) -> structlog.typing.Processor:
    """What `render` gives, as an entry of systemd's journal: a field with line ends carries its length."""

    def address(logger: object, method: str, event: structlog.typing.EventDict) -> bytes:
        grade = _GRADES.get(str(event["level"]), 6)
        message = str(render(logger, method, event)).encode()
        length = len(message).to_bytes(8, "little")
        return b"SYSLOG_IDENTIFIER=usnd\nPRIORITY=%d\nMESSAGE\n%b%b\n" % (grade, length, message)

    return address


_PLAIN = re.compile('[^ "=]+')
_GRADES = {"critical": 2, "error": 3, "warning": 4, "info": 6, "debug": 7}


def _graded(render: structlog.typing.Processor) -> structlog.typing.Processor:
    """What `render` gives, with its syslog priority before each line of it."""

    def grade(logger: object, method: str, event: structlog.typing.EventDict) -> str:
        mark = f"<{_GRADES.get(str(event['level']), 6)}>"
        return "\n".join(mark + line for line in str(render(logger, method, event)).splitlines())

    return grade


def _json(entry: structlog.typing.EventDict, **_: object) -> str:
    return msgspec.json.encode(entry, enc_hook=repr).decode()


def _drop_empty(
    _logger: object, _method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    return {key: value for key, value in event.items() if value is not None}


def _sentence(_logger: object, _method: str, event: structlog.typing.EventDict) -> str:
    at, level, says = event.pop("at"), event.pop("level"), event.pop("event")
    trace = event.pop("exception", None)
    pairs = " ".join(f"{key}={_quoted(value)}" for key, value in event.items())
    return f"{at} {level:7} {says} {pairs}".rstrip() + (f"\n{trace}" if trace else "")


def _quoted(value: object) -> str:
    text = str(value)
    return text if _PLAIN.fullmatch(text) and text.isprintable() else repr(text)
