"""The commands `usnd provisioning …`: what the CRM asked for lately, and how far its bulks are."""

from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from usnd.cli.common import DEFAULT_CONFIG, ConfigFile, Json, in_store, load_config, print_rows
from usnd.control.rows import Row, second

if TYPE_CHECKING:
    from usnd.store.provisioning.answers import StoredAnswer, StoredBulk

MOST_SHOWN = 10_000
provisioning = typer.Typer(help="What the CRM asked for.", no_args_is_help=True, rich_markup_mode=None)
Last = Annotated[int, typer.Option("--last", help="How many, the newest first.", min=1, max=MOST_SHOWN)]


@provisioning.command("requests", epilog="Example: usnd provisioning requests --request 2026-03-01-17")
def requests(
    config: ConfigFile = DEFAULT_CONFIG,
    last: Last = 50,
    request: Annotated[
        str | None, typer.Option("--request", help="Only those of that request id, row by row.")
    ] = None,
    *,
    as_json: Json = False,
) -> None:
    """List what was answered in the last 30 days. Times are UTC; row 0 is a request of its own."""
    found = in_store(load_config(config), lambda tx: tx.provisioning.last(last, request))
    print_rows(map(request_row, found), as_json=as_json)


@provisioning.command("bulks", epilog="Example: usnd provisioning bulks --json")
def bulks(config: ConfigFile = DEFAULT_CONFIG, last: Last = 20, *, as_json: Json = False) -> None:
    """List the bulks of the last 30 days, with how many of their rows are done and refused. Times are UTC."""
    found = in_store(load_config(config), lambda tx: tx.provisioning.bulks(last))
    print_rows(map(bulk_row, found), as_json=as_json)


def request_row(one: "StoredAnswer") -> Row:
    """An answer in one line. `server`: the id of the request that was carried out."""
    result = msgspec.json.decode(one.result)
    return {
        "at": second(one.at),
        "terminal": one.key.client,
        "request": one.key.request,
        "row": one.key.row,
        "number": result.get("number", ""),
        "code": result["code"],
        "text": result.get("text", ""),
        "server": one.server,
    }


def bulk_row(one: "StoredBulk") -> Row:
    """A bulk in one line; `left`: rows that have no answer yet."""
    return {
        "started": second(one.started_at),
        "terminal": one.client,
        "request": one.request,
        "rows": one.rows,
        "done": one.done,
        "refused": one.answered - one.done,
        "left": one.rows - one.answered,
        "finished": second(one.finished_at) if one.finished_at else "",
        "server": one.server,
    }
