"""Whether the certificate of the trunks' TLS can be used: both files there, a pair, and in its time.

`usnd check-config` asks, since Asterisk says it only in its log, and then has no TLS at all. Reads files,
connects to nothing.
"""

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

from usnd.process.os_errors import reason

_SOON = timedelta(days=30)
_STEPS = 10
"""Of a handshake in memory; three do."""
_ANY_TIME = 0x200000
"""X509_V_FLAG_NO_CHECK_TIME, which Python does not name: the time is judged here, by the clock given."""


class BadCertificate(Exception):
    """It cannot be used; the message says why, and what to do."""


def check(certificate: Path, private_key: Path, ca: Path | None, now: datetime) -> str | None:
    """What to see to before long, None if nothing. Raises BadCertificate."""
    for path in filter(None, (certificate, private_key, ca)):
        _check_readable(path)
    begins, ends = _time_of(certificate, private_key)
    if ca is not None:
        _check_authorities(ca)
    if now < begins:
        raise BadCertificate(f"{certificate}: begins on {begins:%Y-%m-%d}: is this server's clock right?")
    if now > ends:
        raise BadCertificate(f"{certificate}: ended on {ends:%Y-%m-%d}: have it renewed")
    if ends - now > _SOON:
        return None
    return f"{certificate}: the certificate ends on {ends:%Y-%m-%d}: have it renewed before"


def _check_readable(path: Path) -> None:
    try:
        with path.open("rb"):
            return
    except FileNotFoundError as error:
        raise BadCertificate(f"{path}: there is no such file: put it there, or correct its name") from error
    except OSError as error:
        raise BadCertificate(
            f"{path}: cannot be read: {reason(error)}: Asterisk's user must be able to; check as root"
        ) from error


def _check_authorities(ca: Path) -> None:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cafile=ca)
    except ssl.SSLError as error:
        raise BadCertificate(f"{ca}: holds no certificate of an authority in PEM") from error


def _time_of(certificate: Path, private_key: Path) -> tuple[datetime, datetime]:
    """From when until when it holds, as a handshake with itself shows. Raises BadCertificate."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        # An empty password, so that OpenSSL asks nobody on the terminal for it.
        server.load_cert_chain(certificate, private_key, password="")
    except ssl.SSLError as error:
        raise BadCertificate(_unusable(certificate, private_key, error)) from error
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname = False
    # It stands for itself, whoever signed it.
    client.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN | ssl.VerifyFlags(_ANY_TIME)
    client.load_verify_locations(cafile=certificate)
    try:
        found = _shake_hands(server, client)
    except ssl.SSLError as error:
        raise BadCertificate(f"{certificate}: cannot be used for TLS: {error}") from error
    return _date(found["notBefore"]), _date(found["notAfter"])


def _date(written: object) -> datetime:
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(str(written)), UTC)


def _unusable(certificate: Path, private_key: Path, error: ssl.SSLError) -> str:
    if error.reason == "KEY_VALUES_MISMATCH":
        return f"{private_key}: is not the key of {certificate}: put the one there that it was made with"
    return (
        f"{certificate} and {private_key}: cannot be used ({error.reason}): write both in PEM, the server's"
        " certificate first, the key without a password"
    )


def _shake_hands(server: ssl.SSLContext, client: ssl.SSLContext) -> dict[str, object]:
    """What the client was shown and believed, as OpenSSL reads it. Raises SSLError."""
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = (client.wrap_bio(down, up), server.wrap_bio(up, down, server_side=True))
    for _ in range(_STEPS):
        done = [_step(end) for end in ends]
        if all(done):
            break
    return dict(ends[0].getpeercert() or {})


def _step(end: ssl.SSLObject) -> bool:
    """Whether that end of the handshake is done."""
    try:
        end.do_handshake()
    except ssl.SSLWantReadError:
        return False
    return True
