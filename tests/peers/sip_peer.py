"""A SIP and RTP peer of our own, written from the RFCs: it answers a call, and then does what is asked.

Owns a UDP port of SIP and one of RTP. Refuses to know SIP's timers: on loopback nothing is lost.
"""

import asyncio
import re
import secrets
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Self, cast

HOST = "127.0.0.1"
PCMA, EVENTS = 8, 101
SILENCE = b"\xd5" * 160
"""20 ms of silence in A-law."""

Headers = list[tuple[str, str]]


@dataclass(frozen=True)
class Message:
    """A request (`first` is `METHOD uri SIP/2.0`) or a response."""

    first: str
    headers: Headers
    body: str = ""

    @classmethod
    def read(cls, data: bytes) -> "Message":
        head, _, body = data.decode(errors="replace").partition("\r\n\r\n")
        first, *lines = head.split("\r\n")
        pairs = (line.partition(":")[::2] for line in lines)
        return cls(first, [(name.strip(), value.strip()) for name, value in pairs], body)

    def header(self, name: str) -> str:
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")

    @property
    def method(self) -> str:
        return self.first.partition(" ")[0]

    @property
    def status(self) -> int:
        return int(self.first.split(" ", 2)[1]) if self.first.startswith("SIP/2.0 ") else 0

    def write(self) -> bytes:
        lines = [self.first, *(f"{name}: {value}" for name, value in self.headers)]
        return "\r\n".join([*lines, f"Content-Length: {len(self.body)}", "", self.body]).encode()


@dataclass
class Rtp(asyncio.DatagramProtocol):
    """One RTP stream each way. What is sent next is told by `sequence`, `stamp`, `source`."""

    sequence: int = 30_000
    stamp: int = 160_000
    source: int = field(default_factory=lambda: secrets.randbits(32))
    heard: list[tuple[float, bytes]] = field(default_factory=list)
    """Payloads of speech with the time when they came."""
    other: tuple[str, int] | None = None
    transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if data[1] & 0x7F == PCMA:
            self.heard.append((time.monotonic(), data[12:]))

    @property
    def port(self) -> int:
        assert self.transport is not None
        port: int = self.transport.get_extra_info("sockname")[1]
        return port

    def send(self, payload: bytes, kind: int = PCMA, *, mark: bool = False, advance: int = 160) -> None:
        """One packet; `advance`: what the time stamp grows by after it."""
        if self.other is None or self.transport is None:
            return
        second = kind | (0x80 if mark else 0)
        header = struct.pack(">BBHII", 0x80, second, self.sequence, self.stamp % 2**32, self.source)
        self.transport.sendto(header + payload, self.other)
        self.sequence = (self.sequence + 1) % 2**16
        self.stamp += advance

    async def speak(self, seconds: float, payloads: Callable[[int], bytes] = lambda _: SILENCE) -> None:
        """A packet each 20 ms; `payloads` gives the one of each number."""
        start = time.monotonic()
        for number in range(int(seconds * 50)):
            self.send(payloads(number))
            await asyncio.sleep(max(0.0, start + (number + 1) * 0.02 - time.monotonic()))

    async def press(
        self, digit: str, packets: int = 5, *, moving: bool = False, ends_move: bool = False
    ) -> None:
        """A telephone-event (RFC 4733) of 20 ms a packet and three ends.

        `moving`: as some gateways wrongly do, with a time stamp that goes on within the event, so that each
        packet is a new one. `ends_move`: only from the first end on.
        """
        event = "0123456789*#ABCD".index(digit)
        for number in range(1, packets + 3):
            end = number > packets - 1
            length = min(number, packets) * 160
            payload = struct.pack(">BBH", event, 0x80 | 10 if end else 10, length)
            self.send(payload, EVENTS, mark=number == 1, advance=160 if moving or (ends_move and end) else 0)
            await asyncio.sleep(0.02)
        self.stamp += packets * 160


@dataclass
class Peer(asyncio.DatagramProtocol):
    """`async with Peer()` listens at `port`. Each INVITE is answered as `answers` says."""

    events: bool = True
    """Telephone-events are offered."""
    answers: Callable[[Message], Message | None] | None = None
    """For an INVITE out of a dialog: another answer than 200; None: 200."""
    allow: str = "INVITE, ACK, BYE, CANCEL, UPDATE, OPTIONS, INFO, PRACK"
    answers_within: bool = True
    """Requests within the call are answered."""
    requests: list[Message] = field(default_factory=list)
    responses: list[Message] = field(default_factory=list)
    rtp: Rtp = field(default_factory=Rtp)
    invite: Message | None = None
    """The one that began the call."""
    tag: str = field(default_factory=lambda: secrets.token_hex(4))
    direction: str = "sendrecv"
    transport: asyncio.DatagramTransport | None = None
    address: tuple[str, int] = (HOST, 9)
    """Of who spoke to us last."""
    number: int = 100

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self.transport, _ = await loop.create_datagram_endpoint(lambda: self, (HOST, 0))
        await loop.create_datagram_endpoint(lambda: self.rtp, (HOST, 0))
        return self

    async def __aexit__(self, *_: object) -> None:
        for transport in (self.transport, self.rtp.transport):
            if transport is not None:
                transport.close()

    @property
    def port(self) -> int:
        assert self.transport is not None
        port: int = self.transport.get_extra_info("sockname")[1]
        return port

    def got(self, method: str) -> list[Message]:
        return [request for request in self.requests if request.method == method]

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        message = Message.read(data)
        self.address = addr
        if message.status:
            self.responses.append(message)
            return
        self.requests.append(message)
        if message.method == "ACK":
            return
        within = "tag=" in message.header("To")
        if message.method == "INVITE" and not within:
            self._called(message)
        elif self.answers_within or message.method == "CANCEL":
            self.send(self.response(message, 200, body=self.sdp() if message.method == "INVITE" else ""))

    def _called(self, invite: Message) -> None:
        answer = self.answers(invite) if self.answers is not None else None
        if answer is None:
            self.invite = invite
            self.listen_to(invite.body)
            answer = self.response(invite, 200, body=self.sdp())
        self.send(answer)

    def listen_to(self, sdp: str) -> None:
        """Speech goes where this SDP says from now on."""
        found = re.search(r"m=audio (\d+)", sdp)
        self.rtp.other = (HOST, int(found[1])) if found else None

    def response(self, request: Message, status: int, more: Headers | None = None, body: str = "") -> Message:
        """To a request, with our Contact unless `more` has one."""
        copied = [pair for pair in request.headers if pair[0].lower() in {"via", "from", "call-id", "cseq"}]
        to = request.header("To")
        headers = [*copied, ("To", to if "tag=" in to else f"{to};tag={self.tag}"), *(more or [])]
        if not any(name == "Contact" for name, _ in headers):
            headers.append(("Contact", f"<sip:peer@{HOST}:{self.port}>"))
        headers.append(("Allow", self.allow))
        if body:
            headers.append(("Content-Type", "application/sdp"))
        return Message(f"SIP/2.0 {status} Answer", headers, body)

    def sdp(self) -> str:
        kinds = f"{PCMA} {EVENTS}" if self.events else f"{PCMA}"
        telephone = (
            f"a=rtpmap:{EVENTS} telephone-event/8000\r\na=fmtp:{EVENTS} 0-15\r\n" if self.events else ""
        )
        return (
            f"v=0\r\no=peer 1 {self.number} IN IP4 {HOST}\r\ns=-\r\nc=IN IP4 {HOST}\r\nt=0 0\r\n"
            f"m=audio {self.rtp.port} RTP/AVP {kinds}\r\na=rtpmap:8 PCMA/8000\r\n{telephone}"
            f"a=ptime:20\r\na={self.direction}\r\n"
        )

    def send(self, message: Message, address: tuple[str, int] | None = None) -> None:
        assert self.transport is not None
        self.transport.sendto(message.write(), address or self.address)

    async def ask(
        self,
        method: str,
        more: Headers | None = None,
        body: str = "",
        *,
        at: int | None = None,
        user: str = "+44300001",
        patience: float = 3.0,
    ) -> int:
        """The final status of a request within the call, or out of one to `user` at port `at`; else 0."""
        self.number += 1
        branch = f"z9hG4bK{secrets.token_hex(6)}"
        if at is None:
            assert self.invite is not None
            target = re.sub(r"^[^<]*<|>.*$", "", self.invite.header("Contact"))
            ends = [
                ("From", f"{self.invite.header('To')};tag={self.tag}"),
                ("To", self.invite.header("From")),
                ("Call-ID", self.invite.header("Call-ID")),
            ]
        else:
            target = f"sip:{user}@{HOST}:{at}"
            ends = [
                ("From", f"<sip:+447700900001@{HOST}>;tag={self.tag}"),
                ("To", f"<{target}>"),
                ("Call-ID", secrets.token_hex(8)),
            ]
        headers = [
            ("Via", f"SIP/2.0/UDP {HOST}:{self.port};branch={branch};rport"),
            ("Max-Forwards", "70"),
            *ends,
            ("CSeq", f"{self.number} {method}"),
            ("Contact", f"<sip:peer@{HOST}:{self.port}>"),
            *(more or []),
        ]
        request = Message(f"{method} {target} SIP/2.0", headers, body)
        self.send(request, (HOST, at) if at is not None else None)
        return await self._answer(request, branch, patience)

    async def _answer(self, request: Message, branch: str, patience: float) -> int:
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            for response in self.responses:
                if branch in response.header("Via") and response.status >= 200:
                    if request.method == "INVITE":
                        self._acknowledge(request, response)
                    return response.status
            await asyncio.sleep(0.02)
        return 0

    def _acknowledge(self, invite: Message, response: Message) -> None:
        number = invite.header("CSeq").split()[0]
        target = invite.first.split()[1]
        kept = [pair for pair in invite.headers if pair[0] in {"Max-Forwards", "From", "Call-ID", "Contact"}]
        via = invite.header("Via")
        if response.status < 300:  # a 2xx is acknowledged by a transaction of its own
            via = re.sub(r"branch=[^;]+", f"branch=z9hG4bK{secrets.token_hex(6)}", via)
        headers = [("Via", via), *kept, ("To", response.header("To")), ("CSeq", f"{number} ACK")]
        self.send(Message(f"ACK {target} SIP/2.0", headers))

    async def reinvite(self, direction: str) -> int:
        """Puts the call on hold (`sendonly`, `inactive`) or takes it back (`sendrecv`)."""
        self.direction = direction
        self.number += 1
        return await self.ask("INVITE", [("Content-Type", "application/sdp")], self.sdp())
