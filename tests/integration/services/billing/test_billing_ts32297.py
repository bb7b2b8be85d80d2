"""Files by TS 32.297 reach a destination by the real rsync; a receiver without our code reads them there."""

import hashlib
import re
import subprocess
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import asn1tools
from ts32297_decoder import decode, sha256_of

from usnd.domain.billing.cdr_file import FileState
from usnd.services.billing.export import Client, Export
from usnd.services.billing.rsync import Destination, Rsync
from usnd.store.core.writer import Store
from workbench.docs.cdr_samples import CDR, FORM, NOON
from workbench.parts.receiver import Receiver

ROOT = Path(__file__).parents[4]
RECORDS = 300
HOURS = 3
ASN1 = asn1tools.compile_files(str(ROOT / "docs/integrator/usn-cdr.asn1"), "ber")


async def test_hours_of_records_are_there_and_each_is_read_by_the_published_module(
    receiver: Receiver, store: Store, tmp_path: Path
) -> None:
    there = Destination(
        "mediation", receiver.host, receiver.port, receiver.user, ".", receiver.key, receiver.host_key
    )
    form = replace(FORM, format="ts32297", node_address="192.0.2.1")
    client = Client("mediation", form, Rsync(there, tmp_path / "place"))
    for hour in range(HOURS):
        now = NOON + timedelta(hours=hour, seconds=1)
        for number in range(RECORDS * bool(hour)):  # the first hour has none
            cdr = replace(CDR, call_id=f"usn-{hour}-{number}")
            await store.run(lambda tx, cdr=cdr: tx.cdrs.add(cdr))
        assert await Export(store, tmp_path / "files", lambda now=now: now).run([client], patient=True)
    file = await store.run(lambda tx: tx.cdr_files.get("mediation", HOURS))
    assert file is not None
    assert (file.state, file.node_address) == (FileState.CONFIRMED, "192.0.2.1")
    paths = sorted(receiver.inbox.glob("*.ts32297"))
    assert file.digest == hashlib.sha256(paths[-1].read_bytes()).hexdigest()
    assert len(paths) == HOURS
    assert receiver.litter() == []
    check_there(paths)


def check_there(paths: list[Path]) -> None:
    numbers, seconds = [], 0
    for number, path in enumerate(paths, 1):
        octets = path.read_bytes()
        found = decode(octets)
        assert (found.file_length, found.file_sequence_number) == (len(octets), number)
        told, true = sha256_of(octets)
        assert told == true
        assert by_the_page(path) == [told.hex()] * 2
        records = [ASN1.decode("CallRecord", cdr.content) for cdr in found.cdrs]
        assert len(records) == found.number_of_cdrs
        numbers += [record["sequence"] for record in records]
        seconds += sum(record["billable-ms"] for record in records)
    assert numbers == list(range(1, (HOURS - 1) * RECORDS + 1))
    assert seconds == (HOURS - 1) * RECORDS * 30_012


def by_the_page(path: Path) -> list[str]:
    """The two sums that the commands of cdr-fields.md give: of the file, and as its header tells it."""
    page = (ROOT / "docs/integrator/cdr-fields.md").read_text()
    commands = re.search(r"(    H=.*?\n)\n", page, re.DOTALL)
    assert commands is not None
    said = subprocess.check_output(["bash", "-ec", commands[1].replace("FILE", str(path))], text=True)
    first, second = said.splitlines()
    return [first.split()[0], second.replace(" ", "")]
