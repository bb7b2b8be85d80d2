"""Settings of how texts are sent and answered: parts of `[texts]` and `[[smsc]]` of config/sections.py."""

from datetime import timedelta
from typing import Annotated

from msgspec import Meta

from usnd.config_file.values import ConfigError, Seconds, Section, ShortCode, text
from usnd.domain.messaging.automatic_senders import AutomaticSenderRules
from usnd.domain.messaging.sending import RetryRules
from usnd.domain.messaging.smsc_refusals import REFUSALS, Refusal
from usnd.smpp.pdu.status import status_name

Status = Annotated[
    str, text(r"^(ESME_R[A-Z_]+|0x[0-9A-Fa-f]{1,8})$", 'an SMPP status, as "ESME_RSYSERR" or "0x408"')
]
Statuses = Annotated[tuple[Status, ...], Meta(max_length=100)]


class TalkConfig(Section, frozen=True, kw_only=True):
    """REQUIREMENTS S13: what one number may say before it is taken for an automaton."""

    answers: Annotated[int, Meta(ge=1, le=1_000_000)] = 8
    answer_pause: Seconds = 120
    commands: Annotated[int, Meta(ge=1, le=1_000_000)] = 100
    command_pause: Seconds = 20

    def talk_rules(self) -> AutomaticSenderRules:
        """As the domain reads it."""
        answer_pause, command_pause = (
            timedelta(seconds=self.answer_pause),
            timedelta(seconds=self.command_pause),
        )
        return AutomaticSenderRules(self.answers, answer_pause, self.commands, command_pause)


class SendingConfig(Section, frozen=True, kw_only=True):
    """REQUIREMENTS S3, S13: how a bind sends, and what it makes of refusals."""

    short_code: ShortCode | None = None
    attempts: Annotated[int, Meta(ge=1, le=100)] = 4
    attempt_pause: Seconds = 30
    temporary: Statuses = ()
    throttle: Statuses = ()
    rebind: Statuses = ()
    final: Statuses = ()

    def retry_rules(self) -> RetryRules:
        """As the domain reads it."""
        return RetryRules(self.attempts, self.attempt_pause)

    def refusals(self) -> dict[str, Refusal]:
        """What statuses mean at this SMSC other than usual. ConfigError: one is unknown, or in two lists."""
        lists = {
            Refusal.TEMPORARY: self.temporary,
            Refusal.THROTTLE: self.throttle,
            Refusal.BIND: self.rebind,
            Refusal.FINAL: self.final,
        }
        named: dict[str, Refusal] = {}
        for refusal, statuses in lists.items():
            for status in map(_named, statuses):
                if named.setdefault(status, refusal) is not refusal:
                    raise ConfigError(f"{status} is in two of temporary, throttle, rebind and final")
        return named


def _named(status: str) -> str:
    """As the table of refusals names it."""
    name = status_name(int(status, 16)) if status.startswith("0x") else status
    if name == "ESME_ROK" or (name.startswith("ESME_") and name not in REFUSALS):
        raise ConfigError(f"{status} is not a status of SMPP 3.4 that refuses a text")
    return name
