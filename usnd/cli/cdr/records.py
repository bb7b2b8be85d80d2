"""The commands `usnd cdr list` and `explain`: the call detail records, by their sequence (REQUIREMENTS B1).

People see the last ones; a program reads on from the sequence number it knows. However many there are, one
page of them is in memory.
"""

from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from usnd.cli.cdr.rows import cdr_object, cdr_row, story_of
from usnd.cli.common import (
    DEFAULT_CONFIG,
    LARGEST,
    ConfigFile,
    Json,
    fail,
    in_store,
    load_config,
    print_rows,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from usnd.config.sections import Config
    from usnd.domain.billing.cdr_file import CdrFile
    from usnd.store.billing.cdrs import Numbered
    from usnd.store.core.transaction import Transaction

PAGE = 5_000
"""Records that are read at once where all are wanted."""
SHOWN = 20
"""Records that people see unless they say how many."""
MOST = 10_000


def list_records(
    config: ConfigFile = DEFAULT_CONFIG,
    conference: Annotated[
        int | None, typer.Option(help="Only of this conference.", min=1, max=LARGEST)
    ] = None,
    after: Annotated[
        int | None,
        typer.Option(
            help="The first ones behind this sequence number, not the last ones.", min=0, max=LARGEST
        ),
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option(help=f"So many at most; if not given {SHOWN}, with --json all.", min=1, max=MOST),
    ] = None,
    *,
    as_json: Json = False,
) -> None:
    """Print the last call detail records, or those behind a sequence number, the oldest first.

    Times are UTC; rang_s and talked_s are seconds. docs/integrator/billing.md has each field.
    """
    settings = load_config(config)
    if as_json and limit is None:
        for page in _pages(settings, after or 0, conference):
            print_rows((cdr_object(*one) for one in page), as_json=True)
        return
    most = limit or (SHOWN if conference is None else MOST)
    if after is None:
        found = in_store(settings, lambda tx: tx.cdrs.last(most, conference))
    else:
        found = in_store(settings, lambda tx: tx.cdrs.after(after, most, conference))
    row = cdr_object if as_json else cdr_row
    print_rows((row(*one) for one in found), as_json=as_json)
    if limit is None and len(found) == most:
        typer.echo(f"not more than {most} are shown: see --limit, --after and --json", err=True)


def explain(
    call: Annotated[str, typer.Argument(metavar="CALL", help="As `call` in a record names it: usn-7-2.")],
    config: ConfigFile = DEFAULT_CONFIG,
) -> None:
    """Tell the story of one call: what happened when, what is charged, in which files billing got it."""

    def read(tx: "Transaction") -> "tuple[Numbered, list[CdrFile]]":
        found = tx.cdrs.of_call(call)
        return found, [file for sequence, _ in found for file in tx.cdr_files.having(sequence)]

    found, files = in_store(load_config(config), read)
    if not found:
        fail(f"{call} has no record: it goes on, was never made, or is older than what is kept")
    for line in story_of(found, files):
        typer.echo(line)


def _pages(settings: "Config", after: int, conference: int | None) -> "Iterator[Numbered]":
    """All records behind that one, each page a unit of work of its own."""
    while page := in_store(settings, partial(_page, after=after, conference=conference)):
        yield page
        after = page[-1][0]
        if len(page) < PAGE:
            return


def _page(tx: "Transaction", after: int, conference: int | None) -> "Numbered":
    return tx.cdrs.after(after, PAGE, conference)
