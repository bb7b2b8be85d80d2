"""Whether a file by TS 32.297 is whole and says what the description of it says: by the file alone. Pure.

`usnd cdr verify` gives it the file, also a copy that came back from a destination. One record is in memory.
"""

import hashlib
from typing import BinaryIO

from usnd.domain.billing.checked import Checked, Findings
from usnd.domain.billing.fields import BY_NAME, layout_trouble
from usnd.domain.billing.ts32297 import header
from usnd.domain.billing.ts32297.ber import NotBer
from usnd.domain.billing.ts32297.file import FRAME, BreaksOff, frames, is_ours
from usnd.domain.billing.ts32297.record import values

_TIME = "%Y-%m-%dT%H:%M:%SZ"


def check(source: BinaryIO) -> Checked:
    """Reads it from its beginning to its end."""
    findings = Findings()
    findings.place = "the header"
    try:
        said, octets = header.read(source)
    except header.NoHeader as error:
        findings.fault(str(error))
        return findings.found
    _check_header(findings, said)
    if findings.found.faults:
        return findings.found
    digest = hashlib.sha256(header.written(header.unsealed(said)))
    length = len(octets)
    try:
        for frame in frames(source):
            findings.found.records += 1
            findings.place = f"record {findings.found.records}"
            digest.update(frame)
            length += len(frame)
            _check_frame(findings, frame)
            if findings.enough:
                return findings.found
    except BreaksOff as error:
        findings.place = f"record {findings.found.records + 1}"
        findings.fault(str(error))
        return findings.found
    findings.place = "the header"
    if said.length != min(length, header.UNKNOWN):
        findings.fault(f"says {said.length} octets, and there are {length}")
    findings.end(str(said.records), unchanged=said.digest == digest.digest())
    return findings.found


def _check_header(findings: Findings, said: header.Header) -> None:
    named = {
        "version": str(said.version),
        "destination": said.destination,
        "number": str(said.number),
        "since": f"{said.since:{_TIME}}",
        "until": f"{said.until:{_TIME}}",
        "first": str(said.first),
        "last": str(said.last),
    }
    findings.header(named, header.VERSION)
    if trouble := layout_trouble(said.layout):
        findings.fault(trouble)
    findings.found.layout = said.layout


def _check_frame(findings: Findings, frame: bytes) -> None:
    if not is_ours(frame):
        findings.fault("has another release, version, format or TS number than ours")
        return
    try:
        found = values(frame[FRAME.size :])
    except NotBer as error:
        findings.fault(f"cannot be read: {error}")
        return
    layout = findings.found.layout
    if more := [name for name in found if name not in layout]:
        findings.fault(f"has {more[0]}, which is not among the file's fields")
    findings.record([BY_NAME[name] for name in layout], [found.get(name, "") for name in layout])
