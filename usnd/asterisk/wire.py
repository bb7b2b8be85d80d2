"""One AMI connection. Owns its bytes, its open requests and the work-arounds for panoramisk 1.4.

Refuses to reconnect, to keep anything for a later connection, and to send what could inject a header.
panoramisk's `Manager` is not used: it sends the actions of an outage again after reconnecting.
"""

import asyncio
import codecs
import itertools
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
    if any(mark in value for mark in "\r\n\0"):
        raise AmiRefused(f"{name} must not hold CR, LF or NUL")
    try:
        size = len(f"{name}: {value}".encode())
    except UnicodeEncodeError as error:
        raise AmiRefused(f"{name} is no Unicode text") from error
    if size > MAX_LINE:
        raise AmiRefused(f"{name} is longer than {MAX_LINE} bytes")


def _fields(message: Message) -> Fields:
    return {
        name.lower(): value if isinstance(value, str) else "\n".join(value)
        for name, value in message.items()
        if name != "content"
    }


class Session(AMIProtocol):  # type: ignore[misc]  # panoramisk ships no types
    """panoramisk's protocol for one connection, never used again after it is dropped."""

    encoding = "utf-8"

    def __init__(self, on_event: Callable[[Fields], None]) -> None:
        """`on_event` must not raise."""
        self.lost: asyncio.Future[LinkDown] = asyncio.get_running_loop().create_future()
        self._on_event = on_event
        self._decoder = codecs.getincrementaldecoder(self.encoding)("replace")
        self._text = ""
        self._ids = itertools.count(1)

    def data_received(self, data: bytes) -> None:
        # panoramisk 1.4 decodes each read by itself and loses what is split, and its buffer has no bound.
        *texts, self._text = (self._text + self._decoder.decode(data)).split(EOL + EOL)
        if max(map(len, (self._text, *texts))) > MAX_MESSAGE:
            self.drop(LinkDown(DownReason.OVERSIZE, f"a message of more than {MAX_MESSAGE} characters"))
            return
        for text in texts:
            message = Message.from_line(text.strip())
            if message is not None:
                self.handle_message(message)

    def handle_message(self, message: Message) -> None:
        # panoramisk 1.4 takes any event with the ActionID of an open request for its answer: an early
        # OriginateResponse would be lost. Only a listing is answered by events.
        request = self.responses.get(message.action_id)
        if "event" in message and (request is None or not request.as_list):
            self._on_event(_fields(message))
        elif request is not None:
            super().handle_message(message)

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
        try:
            # Not asyncio.timeout: after a stall of the loop it would win over an answer that is there.
            await asyncio.wait([future], timeout=within_s)
        finally:
            self.responses.pop(request.id, None)
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
