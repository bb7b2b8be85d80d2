"""The commands `usnd subscriber show`, `list`, `history` and `changes`: they look, and change nothing.

However many subscribers there are, one page of them is in memory. commands.py puts them among its commands.
"""

from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from usnd.cli.common import (
    DEFAULT_CONFIG,
    WRONG,
    ConfigFile,
    Json,
    e164_of,
    fail,
    in_store,
    load_config,
    print_rows,
)
from usnd.cli.tables import change_row, columns, seen, subscriber_object, subscriber_row

if TYPE_CHECKING:
    from collections.abc import Iterator

    from usnd.config.sections import Config
    from usnd.domain.directory.model import Subscriber
    from usnd.store.core.transaction import Transaction
    from usnd.store.subscriber_changes import StoredChange

PAGE = 5_000
"""Subscribers that are read at once where all are wanted."""
SHOWN = 1_000
"""That people see unless they say how many."""
MOST = 10_000
HISTORY_SHOWN = 100
Number = Annotated[str, typer.Argument(help="The registered mobile's number.")]
Limit = Annotated[int | None, typer.Option(help="So many at most.", min=1, max=MOST)]


def show(number: Number, config: ConfigFile = DEFAULT_CONFIG, *, as_json: Json = False) -> None:
    """Show all that is set for a registered mobile, and what was changed lately (UTC)."""
    settings = load_config(config)
    e164 = e164_of(number, settings)
    found, made = in_store(settings, partial(_with_history, number=e164))
    if found is None:
        fail(f"{e164} is not registered: usnd subscriber add {e164}")
    rows = [change_row(one) for one in made]
    if as_json:
        print_rows([{**subscriber_object(found), "changes": rows}], as_json=True)
        return
    told = ({"what": name, "is": value} for name, value in subscriber_object(found).items())
    typer.echo(f"{columns(told)}\n\n{columns(rows)}")


def list_(
    config: ConfigFile = DEFAULT_CONFIG,
    after: Annotated[str, typer.Option(help="Only those behind this number.")] = "",
    limit: Annotated[
        int | None, typer.Option(help=f"So many; if not given {SHOWN}, with --json all.", min=1, max=MOST)
    ] = None,
    changed_since: Annotated[
        str, typer.Option(help="Only who was changed then or later, as 2026-03-01T12:00 (UTC).")
    ] = "",
    *,
    as_json: Json = False,
) -> None:
    """List the registered mobiles, in the order of their numbers.

    --changed-since also lists who was changed by a former release: when, is not known.
    """
    settings = load_config(config)
    since = _time(changed_since) if changed_since else None
    behind = e164_of(after, settings) if after else ""
    if as_json and limit is None:
        for page in _pages(settings, behind, since):
            print_rows(map(subscriber_object, page), as_json=True)
        return
    most = limit or SHOWN
    found = in_store(settings, partial(_page, after=behind, limit=most, since=since))
    print_rows(map(subscriber_object if as_json else subscriber_row, found), as_json=as_json)
    if limit is None and len(found) == most:
        typer.echo(f"not more than {most} are shown: see --limit, --after and --json", err=True)


def history(
    number: Number, config: ConfigFile = DEFAULT_CONFIG, limit: Limit = None, *, as_json: Json = False
) -> None:
    """List what was changed about a number, by whom and when (UTC), also before it was registered anew.

    `attributes`: which were changed. `taken`: when a CRM said that it knows. What is older than a year is not
    kept.
    """
    settings = load_config(config)
    e164 = e164_of(number, settings)
    made = in_store(settings, lambda tx: tx.subscriber_changes.of(e164, limit or HISTORY_SHOWN))
    print_rows(map(change_row, made), as_json=as_json)


def changes(config: ConfigFile = DEFAULT_CONFIG, limit: Limit = None, *, as_json: Json = False) -> None:
    """List the changes that wait until a CRM takes them: those that no CRM made, the oldest first (UTC)."""
    most = limit or SHOWN
    waiting, count = in_store(load_config(config), partial(_waiting, limit=most))
    print_rows(map(change_row, waiting), as_json=as_json)
    if count > most:
        typer.echo(f"{most} of {count} are shown: see --limit", err=True)


def _with_history(tx: "Transaction", *, number: str) -> "tuple[Subscriber | None, tuple[StoredChange, ...]]":
    return tx.subscribers.by_number(number), tx.subscriber_changes.of(number, HISTORY_SHOWN)


def _waiting(tx: "Transaction", *, limit: int) -> "tuple[tuple[StoredChange, ...], int]":
    return tx.subscriber_changes.waiting(limit), tx.subscriber_changes.count_waiting()


def _pages(settings: "Config", after: str, since: datetime | None) -> "Iterator[tuple[Subscriber, ...]]":
    """All behind that number, each page a unit of work of its own."""
    while page := in_store(settings, partial(_page, after=after, limit=PAGE, since=since)):
        yield page
        after = page[-1].number
        if len(page) < PAGE:
            return


def _page(tx: "Transaction", *, after: str, limit: int, since: datetime | None) -> "tuple[Subscriber, ...]":
    return tx.subscribers.page(after, limit, since)


def _time(written: str) -> datetime:
    try:
        time = datetime.fromisoformat(written)
    except ValueError:
        fail(f"--changed-since: {seen(written)} is no time: write it as 2026-03-01T12:00 (UTC)", WRONG)
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time
