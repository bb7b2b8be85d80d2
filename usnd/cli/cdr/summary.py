"""The command `usnd cdr summary`: makes and delivers usage summaries, or prints one (REQUIREMENTS B4).

It runs in this process, with a writer of its own in the store: the running usnd does not notice it.
"""

import asyncio
import sys
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from usnd.cli.cdr.delivery import deliver
from usnd.cli.cdr.rows import change_object, summary_object, user_object
from usnd.cli.common import (
    DEFAULT_CONFIG,
    WRONG,
    ConfigFile,
    Json,
    check_store,
    fail,
    load_config,
    print_rows,
)
from usnd.process import journal

if TYPE_CHECKING:
    from usnd.config.sections import Config
    from usnd.domain.billing.summary.figures import Summary
    from usnd.services.billing.summary.contents import Pages
    from usnd.services.billing.summary.gathering import Node

WRITER = "usnd-summary"
PREVIEW = "preview"
"""In place of a destination's name."""
_Day = Annotated[
    datetime | None,
    typer.Option(
        "--date",
        formats=["%Y-%m-%d"],
        help="A local day that is over. If not given: all that are due; with --dry-run yesterday.",
    ),
]


def summary(
    config: ConfigFile = DEFAULT_CONFIG,
    day: _Day = None,
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Change and send nothing: print the summary, as CSV.")
    ] = False,
    patient: Annotated[
        bool, typer.Option("--patient", help="Leave alone what waits for its next try, as the timer does.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Make the usage summaries of days that are over, and send what is not confirmed. Safe to repeat.

    A day is one of `[billing] time_zone`. Its summary is made at `[billing] summary_at` of the next day, or
    before that with --date. It goes as CSV and as PDF to each [[summary_destination]], as CDR files do:
    `usnd cdr files` shows how far it has come, `usnd cdr resend` sends it again. --json is for --dry-run.
    docs/integrator/billing.md says what each line means.
    """
    settings = load_config(config)
    journal.set_up_command(settings.log.format, settings.log.level)
    wanted = None if day is None else day.date()
    if wanted is not None:
        _check_over(settings, wanted)
    if as_json and not dry_run:
        fail("--json needs --dry-run: `usnd cdr files --json` shows what is sent", WRONG)
    if dry_run:
        check_store(settings)
        asyncio.run(_print(settings, wanted, as_json=as_json))
        return
    if not settings.summary_destination:
        typer.echo("no [[summary_destination]] is configured: nothing is sent. --dry-run prints a summary")
        return
    check_store(settings)
    if not asyncio.run(_export(settings, wanted, patient=patient)):
        fail("not all is delivered: `usnd cdr files` shows what waits")


def _check_over(settings: "Config", day: date) -> None:
    from usnd.daemon import utc_now
    from usnd.domain.billing.rhythm import GRACE
    from usnd.domain.billing.summary.days import day_of

    if day_of(day, settings.billing.nightly()).until + GRACE > utc_now():
        zone, minutes = settings.billing.time_zone, int(GRACE.total_seconds()) // 60
        fail(f"{day} is not over in {zone}, or for less than {minutes} minutes: wait for that", WRONG)


def _node(settings: "Config") -> "Node":
    from usnd.services.billing.summary.gathering import Node

    names = tuple(one.name for one in settings.cdr_destination)
    return Node(names, settings.billing.time_zone, settings.node.home_region)


async def _export(settings: "Config", early: date | None, *, patient: bool) -> bool:
    from usnd.services.billing.clients import summary_clients_of
    from usnd.services.billing.pages import RecordsMissing
    from usnd.services.billing.summary.contents import Asked, Summaries
    from usnd.store.core.writer import Store

    def contents(store: Store) -> Summaries:
        asked = Asked(settings.billing.nightly(), early)
        return Summaries(store, settings.store.url, _node(settings), asked)

    try:
        return await deliver(settings, WRITER, contents, summary_clients_of(settings), patient=patient)
    except RecordsMissing as error:
        fail(f"the summary cannot be made: {error}")


async def _print(settings: "Config", wanted: date | None, *, as_json: bool) -> None:
    """The summary that is kept, or as it would be made now: from a connection that only reads."""
    from usnd.daemon import utc_now
    from usnd.services.billing.pages import RecordsMissing
    from usnd.services.billing.summary.preview import Spool, preview
    from usnd.store.core.engine import reading
    from usnd.store.core.transaction import Transaction
    from usnd.store.core.trouble import DatabaseTrouble, in_words

    now, nightly = utc_now(), settings.billing.nightly()
    day = wanted or now.astimezone(nightly.zone).date() - timedelta(days=1)
    try:
        with in_words(settings.store.url), reading(settings.store.url) as connection, Spool() as spool:
            found = await preview(Transaction(connection), _node(settings), nightly, day, now, spool)
            if found is None:
                fail(f"a CDR file of {day} is not closed yet: `usnd cdr export` does that")
            await (_print_json(*found) if as_json else _print_csv(*found))
    except DatabaseTrouble as error:
        fail(str(error))
    except RecordsMissing as error:
        fail(f"the summary cannot be made: {error}")


async def _print_csv(made: "Summary", pages: "Pages") -> None:
    from usnd.services.billing.summary.contents import Hashed, put_csv

    await put_csv(made, pages, Hashed(sys.stdout.buffer.write), PREVIEW, 0)
    sys.stdout.buffer.flush()


async def _print_json(made: "Summary", pages: "Pages") -> None:
    from usnd.services.billing.summary.contents import all_pages

    print_rows([summary_object(made)], as_json=True)
    async for page in all_pages(made, pages):
        print_rows(map(change_object, page.changes), as_json=True)
        print_rows(map(user_object, page.lines), as_json=True)
