"""The command `usnd cdr reconcile`: the switch's log, CDRs, files and receipts, compared call by call."""

import socket
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

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
from usnd.process import journal, os_errors

if TYPE_CHECKING:
    from usnd.config.sections import Config
    from usnd.control.rows import Row
    from usnd.domain.billing.switch_log import Log
    from usnd.services.billing.reconcile import Account, Found, Period

LONGEST = timedelta(days=7)
_EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
"""There was none of us before."""
_Moment = Annotated[
    datetime | None,
    typer.Option(formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M"], help="UTC; if not given, of yesterday."),
]


def reconcile(
    config: ConfigFile = DEFAULT_CONFIG,
    since: _Moment = None,
    until: _Moment = None,
    *,
    everything: Annotated[bool, typer.Option("--all", help="Also calls of which all agree.")] = False,
    as_json: Json = False,
) -> None:
    """Compare the switch's own log with CDRs, files and receipts, for calls that ended in a period.

    It ends with status 0 when all tie. Of the time in which the other server was active its log is there:
    run it on both. Changes nothing.
    """
    settings = load_config(config)
    journal.set_up_command(settings.log.format, settings.log.level)
    _period(since, until)
    check_store(settings)
    log, account, period = _compared(settings, since, until)
    shown = account.found if everything else [one for one in account.found if not _agrees(one)]
    print_rows(map(_row, shown), as_json=as_json)
    _sum_up(account, period, log.broken)
    if account.records and (log.since is None or log.since >= period.until):
        directory = settings.billing.switch_log
        fail(f"{directory} has no log of the switch of that time: nothing was compared with it")
    if account.differences:
        fail(f"{len(account.differences)} differences: see docs/integrator/billing.md for what each means")


def _compared(
    settings: "Config", since: datetime | None, until: datetime | None
) -> "tuple[Log, Account, Period]":
    from usnd.domain.billing.switch_log import read
    from usnd.services.billing.reconcile import Reconciliation
    from usnd.services.billing.switch_files import lines
    from usnd.store.core.engine import reading
    from usnd.store.core.transaction import Transaction
    from usnd.store.core.trouble import DatabaseTrouble, in_words

    directory = settings.billing.switch_log
    try:
        with in_words(settings.store.url), reading(settings.store.url) as connection:
            tx = Transaction(connection)
            tx.ask()  # all is read as of now; of the log nothing later counts
            period = _period(since, until)
            names = [one.name for one in settings.cdr_destination]
            node = settings.billing.node or socket.gethostname()
            try:
                log = read(lines(directory), period.since, period.until)
                account = Reconciliation(tx, settings.billing.directory, names, node).run(log, period)
            except OSError as error:  # of a file, not of the database
                fail(os_errors.in_words(error, directory))
    except DatabaseTrouble as error:
        fail(str(error))
    return log, account, period


def _period(since: datetime | None, until: datetime | None) -> "Period":
    from usnd.services.billing.reconcile import Period

    now = datetime.now(UTC)
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    begin = today - timedelta(days=1) if since is None else since.replace(tzinfo=UTC)
    if not _EARLIEST <= begin < now:
        fail(f"--since must be between {_EARLIEST:%Y-%m-%d} and now (UTC)", WRONG)
    end = begin + timedelta(days=1) if until is None else until.replace(tzinfo=UTC)
    if not timedelta(0) < end - begin <= LONGEST:
        fail(f"--until must be after --since, by {LONGEST.days} days at most", WRONG)
    return Period(begin, min(end, now))


def _agrees(one: "Found") -> bool:
    from usnd.domain.billing.reconciliation import Finding

    return one.finding is Finding.TIED


def _row(one: "Found") -> "Row":
    from usnd.domain.billing.reconciliation import SAYS

    return {
        "call": one.call,
        "finding": one.finding.value,
        "differs": one.finding.differs,
        "sequence": one.sequence or "",
        "destination": one.destination,
        "leg_s": round(one.leg_s, 3),
        "record_s": round(one.record_s, 3),
        "says": SAYS[one.finding],
    }


def _sum_up(account: "Account", period: "Period", broken: int) -> None:
    told = (
        f"{period.since:%Y-%m-%dT%H:%M}Z to {period.until:%Y-%m-%dT%H:%M}Z: {account.legs} legs of the switch"
    )
    told += f", {account.calls} calls, {account.records} CDRs"
    for name, count in account.lines.items():
        told += f"; {name}: {count} lines, {account.confirmed[name]} confirmed"
    typer.echo(told + (f"; {broken} lines of the log say nothing" if broken else ""), err=True)
