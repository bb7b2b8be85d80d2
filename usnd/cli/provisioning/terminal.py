"""The commands `usnd terminal …`: who may provision, and what each may do (REQUIREMENTS P2)."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from usnd.cli.common import (
    DEFAULT_CONFIG,
    WRONG,
    ConfigFile,
    Json,
    fail,
    in_store,
    load_config,
    print_rows,
)
from usnd.control.rows import Row, second
from usnd.domain.certificates.rights import ALL, EVERY_NUMBER, BadRights, Rights, parse_rights
from usnd.domain.certificates.terminal import BadName, Terminal, meant, parse_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from usnd.ca.crl_watch import CrlWatch
    from usnd.ca.identity import Identity
    from usnd.config.sections import Config
    from usnd.store.core.transaction import Transaction

terminal = typer.Typer(
    help="Terminals of the CRM: who may provision, and what.", no_args_is_help=True, rich_markup_mode=None
)
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")]


@terminal.command(
    "designate",
    epilog="Example: usnd terminal designate crm-1 --certificate crm-1.pem --operations create,change,read "
    "--numbers +4477",
)
def designate(
    name: Annotated[str, typer.Argument(help="Yours to choose, as crm-1; a renewed certificate keeps it.")],
    certificate: Annotated[
        Path, typer.Option("--certificate", help="The terminal's certificate (PEM, DER).")
    ],
    operations: Annotated[
        str, typer.Option("--operations", help="What it may do, with commas: create,read,…; or all.")
    ],
    numbers: Annotated[
        str, typer.Option("--numbers", help="Whose: prefixes in E.164, with commas: +4477,+4478; or all.")
    ],
    config: ConfigFile = DEFAULT_CONFIG,
    *,
    dry_run: DryRun = False,
) -> None:
    """Let a certificate provision, or change what it may do. Safe to repeat.

    The certificates of one name are one client: what one has asked for is a repetition from another.
    """
    from usnd.daemon import utc_now

    settings = load_config(config)
    called, rights, now = _name(name), _rights(operations, numbers), utc_now()
    found = _checked(certificate, settings, now)
    wanted = Terminal(called, found.serial, found.issuer, found.not_after, rights)

    def unit(tx: "Transaction") -> Terminal | None:
        which = (wanted.serial, wanted.issuer)
        former = tx.terminals.find({which}).get(which)
        if not dry_run and (former is None or former.revoked_at is None):
            tx.terminals.designate(wanted, _me(), now)
        return former

    former = in_store(settings, unit)
    if former is not None and former.revoked_at is not None:
        fail(f"{certificate}: this certificate was revoked on {former.revoked_at:%Y-%m-%d}: issue a new one")
    done = "changed" if former is not None else "designated"
    typer.echo(f"{called}, serial number {found.serial}, {'would be ' if dry_run else ''}{done}")
    print_rows([terminal_row(wanted, now, _watch(settings, now))], as_json=False)


@terminal.command("list", epilog="Example: usnd terminal list --json")
def list_(
    config: ConfigFile = DEFAULT_CONFIG,
    *,
    everyone: Annotated[
        bool, typer.Option("--all", help="Also the revoked ones that were taken out.")
    ] = False,
    as_json: Json = False,
) -> None:
    """List the certificates that may provision, with what each may do and until when. Times are UTC."""
    from usnd.daemon import utc_now

    settings = load_config(config)
    found, now = in_store(settings, lambda tx: tx.terminals.list(out_too=everyone)), utc_now()
    watch = _watch(settings, now)
    print_rows((terminal_row(one, now, watch) for one in found), as_json=as_json)


Which = Annotated[str, typer.Argument(metavar="NAME|SERIAL", help="All of a name, or one certificate.")]


@terminal.command("undesignate", epilog="Example: usnd terminal undesignate crm-1")
def undesignate(which: Which, config: ConfigFile = DEFAULT_CONFIG, *, dry_run: DryRun = False) -> None:
    """Let certificates provision no more: from the next order on, also on open connections.

    What they asked for stays known for its time. They can be designated again, unless revoked.
    """

    def unit(tx: "Transaction", one: Terminal) -> None:
        tx.terminals.undesignate(one.serial, one.issuer)

    _each(which, config, unit, "undesignated", dry_run=dry_run)


@terminal.command("revoke", epilog="Example: usnd terminal revoke crm-1 --dry-run")
def revoke(which: Which, config: ConfigFile = DEFAULT_CONFIG, *, dry_run: DryRun = False) -> None:
    """Let certificates provision no more, for ever: somebody else may have their key.

    nginx hears of it by `usnd ca revoke`, where the authority is; this is for where it is not at hand.
    """
    from usnd.daemon import utc_now

    now = utc_now()

    def unit(tx: "Transaction", one: Terminal) -> None:
        tx.terminals.revoke(one.serial, one.issuer, now)

    _each(which, config, unit, "revoked", dry_run=dry_run)


def _each(
    which: str, config: Path, do: "Callable[[Transaction, Terminal], None]", done: str, *, dry_run: bool
) -> None:
    """Does it to all certificates that are meant, in one unit of work, and says so."""

    def unit(tx: "Transaction") -> list[Terminal]:
        found = meant(which, tx.terminals.list())
        for one in () if dry_run else found:
            do(tx, one)
        return found

    try:
        found = in_store(load_config(config), unit)
    except BadName as error:
        fail(str(error), WRONG)
    if not found:
        fail(f"{which}: no such certificate is designated: `usnd terminal list` names all")
    for one in found:
        typer.echo(f"{one.name}, serial number {one.serial}, {'would be ' if dry_run else ''}{done}")


def terminal_row(one: Terminal, now: datetime, watch: "CrlWatch | None") -> Row:
    """A terminal in one line; `state` as of `now`, as nginx and usnd see it."""
    prefixes = (ALL if prefix == EVERY_NUMBER else prefix for prefix in one.rights.prefixes)
    return {
        "terminal": one.name,
        "state": _state(one, now, watch),
        "ends": second(one.not_after),
        "operations": " ".join(sorted(operation.value for operation in one.rights.operations)),
        "numbers": " ".join(prefixes),
        "serial": one.serial,
        "issuer": one.issuer,
    }


def _state(one: Terminal, now: datetime, watch: "CrlWatch | None") -> str:
    """watch: the published files, None where none are named."""
    if one.revoked_at:
        return "revoked"
    if now >= one.not_after:
        return "ended"
    return "good" if watch is None else watch.standing(one.serial, one.issuer, now)


def _watch(settings: "Config", now: datetime) -> "CrlWatch | None":
    from usnd.ca.crl_watch import CrlWatch
    from usnd.ca.places import AUTHORITIES, LISTS

    published = settings.provisioning.authorities
    return None if published is None else CrlWatch(published / AUTHORITIES, published / LISTS, lambda: now)


def _checked(certificate: Path, settings: "Config", now: datetime) -> "Identity":
    from usnd.ca.designation import terminal_in
    from usnd.ca.disk import CaError

    if (watch := _watch(settings, now)) is None:
        fail(
            "provisioning.authorities is not set: it names the directory where nginx reads whom to believe",
            WRONG,
        )
    try:
        return terminal_in(certificate, watch, now)
    except CaError as error:
        fail(str(error))


def _name(written: str) -> str:
    try:
        return parse_name(written)
    except BadName as error:
        fail(str(error), WRONG)


def _rights(operations: str, numbers: str) -> Rights:
    try:
        return parse_rights(operations.split(","), numbers.split(","))
    except BadRights as error:
        fail(str(error), WRONG)


def _me() -> str:
    import getpass

    return getpass.getuser()
