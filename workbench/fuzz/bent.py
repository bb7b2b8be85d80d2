"""What is almost HTTP: requests that two readers may understand differently, or nobody.

hostile.py sends each as it is, over TLS with a good certificate.
"""

from collections.abc import Sequence

from workbench.parts.crm.terminal import BULK, ONE, about, number, request

_BODY = request("bent", about("read", number(1)))
_SECOND = b"POST /provisioning/v1 HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"


def _post(*fields: str, body: bytes = _BODY, path: str = ONE, line: str = "") -> bytes:
    head = line or f"POST {path} HTTP/1.1"
    return "\r\n".join((head, "Host: usn", "Content-Type: application/xml", *fields, "", "")).encode() + body


_LENGTH = f"Content-Length: {len(_BODY)}"


def bent_requests() -> Sequence[bytes]:
    """All of them."""
    return [*_bent_bodies(), *_bent_heads(), *_bent_lines()]


def _bent_bodies() -> Sequence[bytes]:
    """Of no length, two, or another than is told."""
    length, chunked = _LENGTH, "Transfer-Encoding: chunked"
    chunks = f"{len(_BODY):x}\r\n".encode() + _BODY + b"\r\n0\r\n\r\n"
    return [
        _post(length, "Content-Length: 1"),
        _post(length, chunked, body=chunks),
        _post(chunked, body=b"ffffffffffffffff\r\nx"),
        _post(chunked, body=b"-1\r\nx\r\n"),
        _post(chunked, body=b"5;" + b"e" * 9000 + b"\r\nhello\r\n0\r\n\r\n"),
        _post(chunked, body=b"0\r\nX-Trailer: y\r\n\r\n"),
        _post("Transfer-Encoding: gzip, chunked", body=chunks),
        _post("Transfer-Encoding: xchunked", body=chunks),
        _post("Transfer-Encoding : chunked", body=chunks),
        _post("Content-Length: -1"),
        _post("Content-Length: +5"),
        _post("Content-Length: 0x10"),
        _post("Content-Length: 99999999999999999999"),
        _post("Content-Length: 5, 5"),
        _post("Content-Length:", body=b""),
        _post(),
        _post("Content-Length: 3", body=b"abc" + _SECOND),
        _post(length, body=_BODY + _SECOND * 50),
        _post("Content-Length: 10", path=BULK, body=b"<bulk"),
    ]


def _bent_heads() -> Sequence[bytes]:
    length = _LENGTH
    return [
        _post(length, "Expect: 100-continue", body=b""),
        _post(length, "Expect: nonsense"),
        _post(length, "Content-Encoding: gzip"),
        _post(length, "Upgrade: websocket", "Connection: upgrade"),
        _post(length, "X-Nul: a\0b"),
        _post(length, "X-Bad\x01: 1"),
        _post(length, " folded: 1"),
        _post(length, "NoColonHere"),
        _post(length, "X-Long: " + "y" * 70_000),
        _post(length, *(f"X-{nth}: 1" for nth in range(3_000))),
        _post(length, "X-Usn-Terminal-Certificate: forged", "X_Usn_Terminal_Certificate: forged"),
        _post(length, "X-Usn-Request: ../../etc/passwd", "Usn-Request-Id: <x>"),
        _post(length, line=f"POST {ONE} HTTP/9.9"),
        _post(length, line=f"POST {ONE}"),
        _post(length, line=f"pOsT {ONE} HTTP/1.1"),
        _post(length, line=f"{'A' * 300} {ONE} HTTP/1.1"),
        _post(length, path="/provisioning/../../etc/passwd"),
        _post(length, path="/provisioning/%00v1"),
        _post(length, path="http://127.0.0.1:9/provisioning/v1"),
        _post(length, path=f"{ONE}?{'q' * 8000}"),
        _post(length, path="/provisioning/v1/" + "a/" * 3000),
    ]


def _bent_lines() -> Sequence[bytes]:
    """No request of the site's at all."""
    length = _LENGTH
    return [
        _post(length).replace(b"\r\n", b"\n"),
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0",
        b"GET / HTTP/0.9\r\n\r\n",
        b"\r\n" * 5_000,
        b"\0" * 5_000,
        b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n",
        b"TRACE /provisioning/v1 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"CONNECT 127.0.0.1:9 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"HEAD /provisioning/v1/schema HTTP/1.1\r\nHost: x\r\n\r\n",
        b"PUT /provisioning/v1 HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx",
    ]
