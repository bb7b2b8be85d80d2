"""Documents that are to cost much more than they are long, or to make the site open or ask something."""

from collections.abc import Callable, Iterator, Sequence

from workbench.parts.crm.terminal import NAMESPACE, about, create, number

NESTED = 100_000
NAMES = 10_000
LARGE = 100 * 1024 * 1024
_PIECE = 1024 * 1024
_ROOT = f'<request xmlns="{NAMESPACE}" id="bomb">'
_READ = about("read", number(1))


def entity_bombs() -> Sequence[bytes]:
    """Entities that multiply, or are elsewhere; inclusions; style sheets."""
    laughs = '<!ENTITY a0 "ha">' + "".join(
        f'<!ENTITY a{nth} "{f"&a{nth - 1};" * 10}">' for nth in range(1, 30)
    )
    quadratic = f'<!ENTITY a "{"ha" * 50_000}">'
    return [
        _with(laughs, "&a29;"),
        _with(quadratic, "&a;" * 50_000),
        *(
            _with(f'<!ENTITY a SYSTEM "{place}">', "&a;")
            for place in ("file:///etc/passwd", "http://127.0.0.1:9/", "ftp://127.0.0.1:9/", "/dev/zero", "a")
        ),
        _with('<!ENTITY % p SYSTEM "file:///etc/hostname"> %p;', ""),
        f'<!DOCTYPE request SYSTEM "http://127.0.0.1:9/x.dtd">{_ROOT}{_READ}</request>'.encode(),
        f'<!DOCTYPE request PUBLIC "-//x" "file:///etc/passwd">{_ROOT}{_READ}</request>'.encode(),
        f'<?xml-stylesheet href="file:///etc/passwd"?>{_ROOT}{_READ}</request>'.encode(),
        (
            f'<request xmlns="{NAMESPACE}" id="bomb" xmlns:xi="http://www.w3.org/2001/XInclude">'
            '<xi:include href="file:///etc/passwd" parse="text"/></request>'
        ).encode(),
        (
            f'<request xmlns="{NAMESPACE}" id="bomb" xmlns:s="http://www.w3.org/2001/XMLSchema-instance"'
            f' s:schemaLocation="{NAMESPACE} file:///etc/passwd">{_READ}</request>'
        ).encode(),
    ]


def _with(declared: str, name: str) -> bytes:
    inner = create(number(1), f"<name>{name}</name>")
    return f"<?xml version='1.0'?><!DOCTYPE request [{declared}]>{_ROOT}{inner}</request>".encode()


def nested_documents() -> Sequence[bytes]:
    """Elements within elements."""
    return [
        _ROOT.encode() + b"<read>" * NESTED,
        _ROOT.encode() + b"<create><subscriber>" * NESTED,
        (b"<a>" * NESTED) + (b"</a>" * NESTED),
        b"".join(f'<a xmlns:n{nth}="u">'.encode() for nth in range(NESTED // 2)),
    ]


def new_names(turn: int) -> Sequence[bytes]:
    """Names that no document had before: of elements, attributes, prefixes and entities."""
    names = [f"n{turn}x{nth}" for nth in range(NAMES)]
    return [
        _ROOT.encode() + "".join(f"<{name}/>" for name in names).encode() + b"</request>",
        (f"{_ROOT}<read" + "".join(f' {name}="1"' for name in names) + "/></request>").encode(),
        (_ROOT[:-1] + "".join(f' xmlns:{name}="u:{name}"' for name in names) + ">").encode(),
        _bulk_of("".join(f"<{name}/>" for name in names)),
    ]


def _bulk_of(rows: str) -> bytes:
    return f'<bulk xmlns="{NAMESPACE}" id="bomb">{rows}</bulk>'.encode()


Pieces = Callable[[], Iterator[bytes]]
_BULK = f'<bulk xmlns="{NAMESPACE}" id="large">'.encode()


def large_bodies() -> Sequence[tuple[str, int, Pieces]]:
    """Of each: what it is, how long it says it is, and its octets a piece at a time."""
    return [
        ("blanks", LARGE, lambda: _filled(_BULK, b" " * _PIECE, LARGE)),
        ("one tag", LARGE, lambda: _filled(_BULK + b"<create ", b"a" * _PIECE, LARGE)),
        ("one comment", LARGE, lambda: _filled(_BULK + b"<!--", b"c" * _PIECE, LARGE)),
        ("one text", LARGE, lambda: _filled(_BULK + b"<read><number>", b"7" * _PIECE, LARGE)),
        ("more rows than may be", LARGE, lambda: _filled(_BULK, b"<poll/>" * (_PIECE // 7), LARGE)),
        ("too long", LARGE + 1, lambda: _filled(_BULK, b" " * _PIECE, LARGE + 1)),
        ("far too long", 1 << 40, lambda: iter((_BULK,))),
    ]


def _filled(head: bytes, piece: bytes, octets: int) -> Iterator[bytes]:
    yield head
    left = octets - len(head)
    while left > 0:
        yield piece[:left]
        left -= len(piece)
