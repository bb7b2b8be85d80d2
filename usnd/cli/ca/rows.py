"""The rows of `usnd ca list` and `usnd ca check`."""

from collections.abc import Iterator
from datetime import datetime

from cryptography import x509

from usnd.ca.authority import Authority, fingerprint
from usnd.ca.findings import Finding
from usnd.ca.identity import period_of
from usnd.ca.outside import called
from usnd.ca.record import Issued
from usnd.control.rows import Row, second
from usnd.domain.certificates.terminal import serial_text
from usnd.domain.certificates.validity import CrlState, Period, crl_state, days_left, validity


def rows(ours: Authority) -> Iterator[Row]:
    """Authorities with their lists first, then what was issued."""
    for one in ours.authorities:
        yield _authority_row(one, ours)
        yield _list_row(one, ours)
    for issued in ours.record.issued:
        yield _issued_row(issued, ours)


def finding_row(one: Finding, now: datetime) -> Row:
    return {
        "of": one.of,
        "kind": "revocation list" if one.is_list else "certificate",
        "until": second(one.ends) if one.ends else "",
        "days_left": days_left(one.ends, now) if one.ends else "",
        "state": one.state,
    }


def _row(name: str, serial: str, kind: str, ends: datetime | None, state: str, now: datetime) -> Row:
    return {
        "name": name,
        "serial": serial,
        "kind": kind,
        "until": second(ends) if ends else "",
        "days_left": days_left(ends, now) if ends else "",
        "state": state,
    }


def _authority_row(one: x509.Certificate, ours: Authority) -> Row:
    period = period_of(one)
    kind = "authority" if one is ours.certificate else "outside authority"
    state = validity(period, ours.now).value
    row = _row(called(one), serial_text(one.serial_number), kind, period.ends, state, ours.now)
    return {**row, "fingerprint": fingerprint(one)}


def _list_row(one: x509.Certificate, ours: Authority) -> Row:
    found = ours.list_of(one)
    period = None if found is None else period_of(found)
    state = CrlState.MISSING if period is None else crl_state(period, ours.now)
    return _row(called(one), "", "revocation list", period.ends if period else None, state.value, ours.now)


def _issued_row(one: Issued, ours: Authority) -> Row:
    row = _row(one.name, one.serial, one.kind.value, one.ends, _state(one, ours.now), ours.now)
    return {
        **row,
        "issuer": called(ours.certificate),
        "hosts": list(one.hosts),
        "begins": second(one.begins),
        "revoked_at": second(one.revoked_at) if one.revoked_at else "",
        "reason": one.reason.value if one.reason else "",
    }


def _state(one: Issued, now: datetime) -> str:
    if one.revoked_at is not None:
        return "revoked"
    if not one.handed_out:
        return "not handed out"
    return validity(Period(one.begins, one.ends), now).value
