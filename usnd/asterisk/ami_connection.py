"""One AMI connection: reads and writes its bytes, and matches each answer to its request.

ami.py makes a new one for each log-in: a connection does not reconnect, and keeps nothing for the next one.
What could inject a header is not sent. The work-arounds for panoramisk 1.4 are here. Its `Manager` is not
used: it sends the actions of an outage again after reconnecting. Nor does it read events, of which there are
many: docs/decisions/0016-events-are-read-here.md.
"""

import asyncio
import codecs
import itertools
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from panoramisk.actions import Action
from panoramisk.ami_protocol import AMIProtocol
from panoramisk.message import Message
from panoramisk.utils import EOL

MAX_MESSAGE = 256 * 1024
"""Characters of one message, or of one that does not end; Asterisk's own are below 10,000."""
MAX_LINE = 1000
"""Bytes of one line to Asterisk, which refuses 1,023 and more (measured, 22.10)."""

_EVENT = "Event: "
_BREAKS = re.compile(r"[\r\n\0]")

Fields = dict[str, str]
"""The headers of one message, names in lower case; the values of a repeated one are joined by a line feed."""


class AmiError(Exception):
    """The base of what a request can end with."""


class AmiRefused(AmiError, ValueError):
    """Not sent: a name or value must not go on the wire."""


class AmiDown(AmiError):
    """Not sent: there is no link."""


class AmiTimeout(AmiError):
    """Sent, but no answer in time or before the link was lost: whether Asterisk did it is unknown."""


class AmiFailed(AmiError):
    """Asterisk answered with an error; its text is the message."""


class DownReason(Enum):
    """Why there is no link."""

    REFUSED = "refused"  # nobody listens: the process is not there
    UNREACHABLE = "unreachable"  # no TCP connection for another reason
    DENIED = "denied"  # wrong user or password
    FROZEN = "frozen"  # connected, but it does not answer
    CUT = "cut"  # the connection ended
    OVERSIZE = "oversize"  # a message beyond MAX_MESSAGE
    FAULT = "fault"  # what was to be done at log-in failed
    STOPPED = "stopped"  # by us


@dataclass(frozen=True, slots=True)
class LinkDown:
    """What is known of a lost or refused link."""

    reason: DownReason
    detail: str

    @property
    def refused(self) -> bool:
        """True where no process listens any more, so that its calls are gone too."""
        return self.reason is DownReason.REFUSED


class _Request(Action):  # type: ignore[misc]  # panoramisk ships no types
    @property
    def multi(self) -> bool:
        # panoramisk 1.4: a listing answered by an error waits for ever, and Originate without Async
        # raises KeyError.
        return bool(self.as_list) and self.responses[0].response != "Error"


def check(name: str, value: str) -> None:
    """Raises AmiRefused for a header that Asterisk would read as another one, or not at all."""
    if not name.isascii() or not name.isalnum():
        raise AmiRefused(f"not a header name: {name!r}")
    if _BREAKS.search(value):
        raise AmiRefused(f"{name} must not hold CR, LF or NUL")
    try:
        size = len(f"{name}: {value}".encode())
    except UnicodeEncodeError as error:
        raise AmiRefused(f"{name} is no Unicode text") from error
    if size > MAX_LINE:
        raise AmiRefused(f"{name} is longer than {MAX_LINE} bytes")


def read_event(text: str) -> Fields:
    """The headers of an event, in one pass."""
    fields: Fields = {}
    for line in text.split(EOL):
        name, colon, value = line.partition(": ")
        if colon:
            name = name.lower()
            fields[name] = f"{fields[name]}\n{value}" if name in fields else value
    return fields


def _fields(message: Message) -> Fields:
    return {
        name.lower(): value if isinstance(value, str) else "\n".join(value)
        for name, value in message.items()
        if name != "content"
    }


class AmiConnection(AMIProtocol):  # type: ignore[misc]  # panoramisk ships no types
    """panoramisk's protocol for one connection, never used again after it is dropped."""

    encoding = "utf-8"

    def __init__(self, on_event: Callable[[Fields], None], wanted: frozenset[str] | None = None) -> None:
        """`on_event` must not raise. `wanted`: the events it is given, by name; None: all."""
        self.lost: asyncio.Future[LinkDown] = asyncio.get_running_loop().create_future()
        self._on_event = on_event
        self._wanted = wanted
        self._decoder = codecs.getincrementaldecoder(self.encoding)("replace")
        self._text = ""
        self._ids = itertools.count(1)
        self._listings: set[str] = set()

    def data_received(self, data: bytes) -> None:
        # panoramisk 1.4 decodes each read by itself and loses what is split, and its buffer has no bound.
        *texts, self._text = (self._text + self._decoder.decode(data)).split(EOL + EOL)
        if max(map(len, (self._text, *texts))) > MAX_MESSAGE:
            self.drop(LinkDown(DownReason.OVERSIZE, f"a message of more than {MAX_MESSAGE} characters"))
            return
        for text in texts:
            self._take(text.strip())

    def _take(self, text: str) -> None:
        first = text.partition(EOL)[0]
        if first.startswith(_EVENT):
            wanted = self._wanted is None or first.removeprefix(_EVENT) in self._wanted
            if wanted or self._listings:
                self._event(read_event(text), wanted=wanted)
        else:
            message = Message.from_line(text)
            if message is not None and message.action_id in self.responses:
                self.handle_message(message)

    def _event(self, event: Fields, *, wanted: bool) -> None:
        # panoramisk 1.4 takes any event with the ActionID of an open request for its answer: an early
        # OriginateResponse would be lost. Only a listing is answered by events.
        if event.get("actionid") in self._listings:
            self.handle_message(Message(event))
        elif wanted:
            self._on_event(event)

    def connection_lost(self, exc: Exception | None) -> None:
        self.drop(LinkDown(DownReason.CUT, str(exc or "closed by Asterisk")))

    def drop(self, down: LinkDown) -> None:
        """Ends the connection at once; open requests end with AmiTimeout. A second call does nothing."""
        if self.lost.done():
            return
        self.lost.set_result(down)
        self.closed = True
        for request in self.responses.values():
            request.future.cancel()
        self.responses.clear()
        self.transport.abort()  # a frozen peer would never let close() finish

    async def request(
        self, name: str, fields: Mapping[str, str | Sequence[str]], *, within_s: float, listing: bool = False
    ) -> list[Fields]:
        """Sends one action and gives its answer; for a listing its items only.

        Raises AmiRefused, AmiDown, AmiTimeout, AmiFailed. Cancelling leaves nothing behind.
        """
        request = self._prepare(name, fields)
        future = self.send(request, as_list=listing)
        if listing:
            self._listings.add(request.id)
        try:
            # Not asyncio.timeout: after a stall of the loop it would win over an answer that is there.
            await asyncio.wait([future], timeout=within_s)
        finally:
            self.responses.pop(request.id, None)
            self._listings.discard(request.id)
            if not future.done():
                future.cancel()
        if future.cancelled():
            why = (
                f"no answer in {within_s:g} s"
                if not self.closed
                else f"link lost ({self.lost.result().reason.value})"
            )
            raise AmiTimeout(f"{name}: {why}")
        answer = [_fields(message) for message in (future.result() if request.multi else [future.result()])]
        if answer[0].get("response") == "Error":
            raise AmiFailed(answer[0].get("message", "no reason given"))
        return answer[1:-1] if listing else answer

    def _prepare(self, name: str, fields: Mapping[str, str | Sequence[str]]) -> _Request:
        headers = {"ActionID": f"usnd-{next(self._ids)}", "Action": name, **fields}
        for header, value in headers.items():
            for text in [value] if isinstance(value, str) else value:
                check(header, text)
        if headers["ActionID"] in self.responses:
            raise AmiRefused(f"ActionID {headers['ActionID']} is open already")
        if self.closed:
            raise AmiDown(f"{name}: no link")
        return _Request(headers)
