"""The journal: one line a transition, a sentence with key=value. Only the format is decided here.

usnd and the arbiter set it up at their start. Each line that goes to systemd's journal says how grave it is
(sd-daemon(3)), so that `journalctl -p err` finds the alarms and nothing else.
"""

import logging
import os
import sys

import msgspec
import structlog


def set_up(form: str, level: str) -> None:
    """Sends all logging, ours and the libraries', to standard error, as `text` or `json`."""
    render: structlog.typing.Processor = structlog.processors.JSONRenderer(_json)
    if form == "text":
        render = _sentence
    if "JOURNAL_STREAM" in os.environ:
        render = _graded(render)
    structlog.configure(
        processors=[
            structlog.stdlib.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
            structlog.processors.format_exc_info,
            _drop_empty,
            render,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    # The libraries' own words, from warnings on: what matters in them is logged by us, in the field's words.
    logging.basicConfig(stream=sys.stderr, level=logging.ERROR, format="%(name)s: %(message)s")


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
    plain = text and text.isprintable() and not any(char in ' "=' for char in text)
    return text if plain else repr(text)
