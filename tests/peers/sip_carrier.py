"""A carrier's SIP by UDP, written from RFC 3261 and 7616 alone: a registrar, and a switch that calls.

It refuses calls as busy. It keeps all that it was sent, says what the test wants it to say, and knows nothing
of the product.
"""

import asyncio
import hashlib
import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

HOST = "127.0.0.1"
REALM = "carrier.example"
SDP = (
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
    "m=audio 9 RTP/AVP 8 101\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\n"
)
Headers = Mapping[str, str]


@dataclass(frozen=True)
class Message:
    """A request or an answer: its first line, and each header's first value, names in small letters."""

    line: str
    headers: Headers
    body: str = ""

    @property
    def method(self) -> str:
        return self.line.partition(" ")[0]

    @property
    def uri(self) -> str:
        return self.line.split(" ")[1]

    @property
    def status(self) -> int:
        return int(self.line.split(" ")[1]) if self.line.startswith("SIP/2.0 ") else 0

    def __getitem__(self, name: str) -> str:
        return self.headers.get(name, "")


def parse(datagram: bytes) -> Message:
    head, _, body = datagram.decode(errors="replace").partition("\r\n\r\n")
    line, *rest = head.split("\r\n")
    headers: dict[str, str] = {}
    for one in rest:
        name, _, value = one.partition(":")
        headers.setdefault(name.strip().lower(), value.strip())
    return Message(line, headers, body)


@dataclass
class Call:
    """A call of the carrier to the node: its answers so far, in order."""

    request: str
    call_id: str
    answers: list[Message] = field(default_factory=list)

    @property
    def final(self) -> int:
        return next((one.status for one in self.answers if one.status >= 200), 0)


Answer = tuple[int, str, Headers]
OK: Answer = (200, "OK", {})


class Carrier(asyncio.DatagramProtocol):
    """`async with` opens it on `port`. `registrar` answers a REGISTER, None: not at all."""

    def __init__(self, port: int = 0, password: str = "") -> None:
        self.port = port
        self.password = password
        self.heard: list[Message] = []
        self.calls: dict[str, Call] = {}
        self.registrar: Callable[[Message], Answer | None] = self.challenge
        self.contact = ""
        """Of the node, as it registered last."""
        self._transport: asyncio.DatagramTransport | None = None

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=(HOST, self.port))
        self._transport = transport
        self.port = transport.get_extra_info("sockname")[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._transport is not None:
            self._transport.close()

    def of(self, method: str) -> list[Message]:
        """All such requests, each once: a repetition has the same branch."""
        return list({one["via"]: one for one in self.heard if one.method == method}.values())

    def challenge(self, request: Message) -> Answer:
        """Asks for the password, once for each nonce, then takes it if it is right."""
        if "digest" not in request["authorization"].lower():
            return 401, "Unauthorized", {"WWW-Authenticate": _challenge()}
        return OK if self._right(request) else (403, "Forbidden", {})

    def _right(self, request: Message) -> bool:
        given = dict(re.findall(r'(\w+)="?([^",]+)"?', request["authorization"]))
        one = _md5(f"{given['username']}:{given['realm']}:{self.password}")
        two = _md5(f"{request.method}:{given['uri']}")
        middle = f"{given['nc']}:{given['cnonce']}:{given['qop']}:" if "qop" in given else ""
        right: bool = given["response"] == _md5(f"{one}:{given['nonce']}:{middle}{two}")
        return right

    # What comes.

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        message = parse(data)
        if message.line.startswith("SIP/2.0 "):
            self._answered(message, addr)
            return
        self.heard.append(message)
        answer = self._answer_to(message)
        if answer is not None:
            self._reply(message, answer, addr)

    def _answer_to(self, request: Message) -> Answer | None:
        match request.method:
            case "REGISTER":
                answer = self.registrar(request)
                if answer is not None and answer[0] == 200:
                    self.contact = request["contact"].partition(">")[0].lstrip("<")
                    return (
                        200,
                        "OK",
                        {"Contact": request["contact"], "Expires": request["expires"], **answer[2]},
                    )
                return answer
            case "ACK":
                return None
            case "INVITE":
                return 486, "Busy Here", {}
            case _:
                return OK

    def _reply(self, request: Message, answer: Answer, addr: tuple[str, int]) -> None:
        status, reason, extra = answer
        own = {name: request[name.lower()] for name in ("Via", "From", "Call-ID", "CSeq")}
        own["To"] = request["to"] if ";tag=" in request["to"] else f"{request['to']};tag=carrier"
        lines = [f"{name}: {value}" for name, value in {**own, **extra, "Content-Length": "0"}.items()]
        self._send("\r\n".join([f"SIP/2.0 {status} {reason}", *lines, "", ""]), addr)

    # What goes.

    def call(self, node_port: int, uri: str, headers: Sequence[tuple[str, str]], to: str = "") -> Call:
        """Calls the node; its answers come into the call."""
        call_id = secrets.token_hex(8)
        call = Call(uri, call_id)
        self.calls[call_id] = call
        given = {name.lower() for name, _ in headers}
        lines = [
            ("Via", f"SIP/2.0/UDP {HOST}:{self.port};rport;branch=z9hG4bK{call_id}"),
            *([] if "from" in given else [("From", f"<sip:{HOST}>;tag={call_id}")]),
            ("To", to or f"<sip:{HOST}>"),
            ("Call-ID", call_id),
            ("CSeq", "1 INVITE"),
            ("Contact", f"<sip:{HOST}:{self.port}>"),
            ("Max-Forwards", "70"),
            *((name, f"{value};tag={call_id}" if name == "From" else value) for name, value in headers),
            ("Content-Type", "application/sdp"),
            ("Content-Length", str(len(SDP))),
        ]
        text = "\r\n".join([f"INVITE {uri} SIP/2.0", *(f"{name}: {value}" for name, value in lines), "", SDP])
        self._send(text, (HOST, node_port))
        return call

    def _answered(self, answer: Message, addr: tuple[str, int]) -> None:
        call = self.calls.get(answer["call-id"])
        if call is None or not answer["cseq"].endswith("INVITE"):
            return
        repeated = call.final
        call.answers.append(answer)
        if answer.status >= 200:
            self._within(call, answer, "ACK", addr)
        if answer.status == 200 and not repeated:
            self._within(call, answer, "BYE", addr)

    def _within(self, call: Call, answer: Message, method: str, addr: tuple[str, int]) -> None:
        contact = answer["contact"].partition(">")[0].lstrip("<")
        uri = contact if answer.status == 200 and contact else call.request
        number = "2" if method == "BYE" else "1"
        branch = call.call_id if answer.status != 200 else secrets.token_hex(6)
        lines = [
            f"{method} {uri} SIP/2.0",
            f"Via: SIP/2.0/UDP {HOST}:{self.port};rport;branch=z9hG4bK{branch}",
            *(f"{name}: {answer[name.lower()]}" for name in ("From", "To", "Call-ID")),
            f"CSeq: {number} {method}",
            "Max-Forwards: 70",
            "Content-Length: 0",
        ]
        self._send("\r\n".join([*lines, "", ""]), addr)

    def _send(self, text: str, addr: tuple[str, int]) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.sendto(text.encode(), addr)


def _challenge() -> str:
    return f'Digest realm="{REALM}", nonce="{secrets.token_hex(8)}", qop="auth", algorithm=MD5'


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
