"""A process of its own: HTML on standard input, a PDF on standard output. pdf.py starts it.

It loads nothing from anywhere, and dies of too much memory before the node suffers.
"""

import hashlib
import resource
import sys
from contextlib import suppress

MOST_MEMORY = 1 << 30
"""Octets of address space."""


def main() -> None:
    """Ends with an exception, whose last line is the reason."""
    with suppress(OSError):  # systemd forbids it where the unit has a limit of its own
        resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    from weasyprint import HTML  # noqa: PLC0415 # they take a second, and need the limit before them
    from weasyprint.urls import URLFetcher  # noqa: PLC0415

    pages = sys.stdin.buffer.read()
    identifier = hashlib.sha256(pages).digest()[:16]
    document = HTML(string=pages.decode(), url_fetcher=URLFetcher(allowed_protocols=()))
    sys.stdout.buffer.write(document.write_pdf(pdf_identifier=identifier))


if __name__ == "__main__":
    main()
