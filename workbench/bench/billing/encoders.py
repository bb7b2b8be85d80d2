"""What a record costs as CSV, in BER by our encoder, and in BER by asn1tools.

`python -m workbench.bench.billing.encoders`. Processor time, without database and disk; the result is
build/bench/cdr-encoders.json.
"""

import sys
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import asn1tools

from usnd.domain.billing.cdr import Cdr
from usnd.domain.billing.fields import FIELDS, LAYOUT
from usnd.domain.billing.formats import FORMATS
from usnd.domain.billing.ts32297.module import identifier, module
from workbench.bench.results import write_result
from workbench.docs.cdr_samples import CDR

RECORDS = 5_000
ROUNDS = 5
Page = list[tuple[int, Cdr]]


def cost(encode: Callable[[], object]) -> float:
    """Microseconds a record: the best of some rounds."""
    best = float("inf")
    for _ in range(ROUNDS):
        begin = time.process_time()
        encode()
        best = min(best, time.process_time() - begin)
    return round(best / RECORDS * 1e6, 1)


def by_asn1tools(page: Page) -> Callable[[], object]:
    """The values are taken from the record as our encoder takes them."""
    asn1 = asn1tools.compile_string(module(), "der")
    named = [(identifier(field), field.of) for field in FIELDS]

    def encode() -> None:
        for sequence, cdr in page:
            values = {name: of(sequence, cdr) for name, of in named}
            given = {name: value for name, value in values.items() if value is not None and value != ""}
            given["ring-ms"] = round(cdr.rang.total_seconds() * 1000)
            given["billable-ms"] = round(cdr.charged.total_seconds() * 1000)
            asn1.encode("CallRecord", given)

    return encode


def main() -> int:
    """Prints and writes the figures."""
    page = [(number, replace(CDR, call_id=f"usn-7-{number}")) for number in range(RECORDS)]
    begin = time.process_time()
    peer = by_asn1tools(page)
    compiled = time.process_time() - begin
    costs = {name: cost(partial(form.records, LAYOUT, page)) for name, form in FORMATS.items()}
    result = {
        "microseconds a record": {**costs, "asn1tools": cost(peer)},
        "octets a record": {
            name: round(len(form.records(LAYOUT, page)) / RECORDS) for name, form in FORMATS.items()
        },
        "asn1tools reads the module in ms": round(compiled * 1000),
    }
    print(write_result("cdr-encoders", result), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
