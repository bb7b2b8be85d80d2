"""The commands `usnd ca …`: the certificate authority of the provisioning interface (REQUIREMENTS P2).

They work where the authority's directory is, on a workstation or on a server, and need no running usnd and no
usnd.toml. Each that changes something publishes what nginx and usnd read, and says of each place whether it
is there.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from usnd.ca.record import Issued, Kind, Reason
from usnd.cli.common import NOT_NOW, WRONG, Json, fail, print_rows
from usnd.domain.certificates.terminal import BadName, meant, parse_name

if TYPE_CHECKING:
    from usnd.ca.authority import Authority, Order

DEFAULT = Path("/etc/usn/ca")
TLS = Path("/etc/usn/tls")
MOST_DAYS = 3650
_MOST_NAMED = 10

Directory = Annotated[
    Path, typer.Option("--directory", "-d", help="The authority's own directory.", envvar="USND_CA")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")]
Out = Annotated[Path, typer.Option("--out", help="The directory to make for it; it must not be there.")]
RequestFile = Annotated[
    Path | None,
    typer.Option("--request", help="The owner's request (PKCS#10), so that the key never leaves the owner."),
]
Days = Annotated[int, typer.Option("--days", min=1, max=MOST_DAYS, help="How long it holds.")]

ca = typer.Typer(
    help="Certificates: who may talk to the provisioning interface.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@ca.command(epilog="Example: usnd ca init --publish /etc/usn/tls --publish ssh://root@192.0.2.12/etc/usn/tls")
def init(
    directory: Directory = DEFAULT,
    name: Annotated[
        str | None, typer.Option("--name", help="Its name in certificates; by default one of its own.")
    ] = None,
    into: Annotated[
        list[str] | None,
        typer.Option("--publish", help="Where nginx reads whom to believe: a directory, here or by ssh."),
    ] = None,
) -> None:
    """Make an authority: key, certificate, an empty revocation list. An authority is never replaced."""
    from usnd.ca.authority import init as make
    from usnd.ca.places import parse_place

    with _in_words():
        places = tuple(dict.fromkeys(map(parse_place, into or ())))
        make(directory, None if name is None else _authority_name(name), places, _now())
    with _opened(directory) as ours:
        typer.echo(f"{directory}: an authority until {ours.certificate.not_valid_after_utc:%Y-%m-%d}")
        typer.echo("Keep a copy where nobody else can read it: who has it can make terminals.")
        _publish(ours)


@ca.command(epilog="Example: usnd ca issue crm-1 --request crm-1.csr --out /root/crm-1")
def issue(
    out: Out,
    name: Annotated[str, typer.Argument(help="The terminal's name, as crm-1.")] = "",
    server: Annotated[
        list[str] | None,
        typer.Option("--server", help="For a server instead: a name or address it is reached by. Repeat it."),
    ] = None,
    request: RequestFile = None,
    days: Days = 730,
    directory: Directory = DEFAULT,
) -> None:
    """Issue a certificate for a new terminal, or for the server itself.

    Without --request a key is made too, and both also as PKCS#12, with its password in a file of its own.
    """
    from usnd.ca.authority import Order

    with _opened(directory) as ours:
        kind = Kind.SERVER if server else Kind.TERMINAL
        hosts = tuple(map(_host, server or ()))
        called = _name(name or (hosts[0] if hosts else ""))
        if present := [one for one in ours.record.named(called) if one.ends > ours.now]:
            fail(
                f"{called} has a certificate until {present[-1].ends:%Y-%m-%d}: `usnd ca renew {called}`, "
                f"or `usnd ca revoke {called}` first"
            )
        _issue(ours, Order(called, kind, out.absolute(), hosts, lasts=timedelta(days=days)), request)


@ca.command(epilog="Example: usnd ca renew crm-1 --out /root/crm-1-new")
def renew(
    name: Annotated[str, typer.Argument(help="The name of the terminal or server.")] = "",
    out: Annotated[
        Path | None, typer.Option("--out", help="The directory to make for it; it must not be there.")
    ] = None,
    request: RequestFile = None,
    days: Days = 730,
    directory: Directory = DEFAULT,
    *,
    authority: Annotated[
        bool, typer.Option("--authority", help="Renew the authority's own certificate instead.")
    ] = False,
    dry_run: DryRun = False,
) -> None:
    """Issue the next certificate of that name. The former stays good until it ends or is revoked.

    With --authority: a new certificate of the same key, so that everything issued stays good.
    """
    from usnd.ca.authority import Order

    with _opened(directory) as ours:
        if authority:
            _renew_authority(ours, name, dry_run=dry_run)
            return
        former = ours.record.named(_name(name))
        if not former:
            names = {one.name for one in ours.record.issued if one.revoked_at is None}
            fail(
                f"{name}: has no certificate that is not revoked: `usnd ca issue` makes the first one. "
                f"{_known(names)}"
            )
        if out is None:
            fail("say with --out where to put it: a directory that is not there yet", WRONG)
        last = former[-1]
        if dry_run:
            typer.echo(f"would issue the next certificate of {last.kind.value} {name} into {out}")
            return
        _issue(ours, Order(name, last.kind, out.absolute(), last.hosts, lasts=timedelta(days=days)), request)
        if last.kind is Kind.TERMINAL:
            typer.echo("To the node it is another certificate: designate it before the terminal uses it.")


@ca.command(epilog="Example: usnd ca revoke crm-1 --reason key-compromise")
def revoke(
    which: Annotated[str, typer.Argument(metavar="NAME|SERIAL", help="All of a name, or one certificate.")],
    reason: Annotated[Reason, typer.Option("--reason", help="What stands in the list.")] = Reason.UNSPECIFIED,
    directory: Directory = DEFAULT,
    *,
    dry_run: DryRun = False,
) -> None:
    """Revoke certificates for ever, publish the list. Their open connections are refused within seconds."""
    with _opened(directory) as ours:
        gone = _meant(ours, which)
        if not dry_run:
            ours.revoke(gone, reason)
        for one in gone:
            what = f"{one.kind.value} {one.name}, serial number {one.serial}, until {one.ends:%Y-%m-%d}"
            typer.echo(f"would revoke {what}" if dry_run else f"revoked {what}")
        if not dry_run:
            _publish(ours)


@ca.command("list", epilog="Example: usnd ca list --json")
def show(directory: Directory = DEFAULT, *, as_json: Json = False) -> None:
    """List the authorities, their revocation lists, and every certificate that was issued."""
    from usnd.ca.authority import Authority
    from usnd.ca.disk import Disk
    from usnd.cli.ca.rows import rows

    with _in_words():
        found = list(rows(Authority(directory, _now(), Disk())))
    if not as_json:
        found = [{key: value for key, value in row.items() if key in _SHOWN} for row in found]
    print_rows(found, as_json=as_json)


_SHOWN = ("name", "serial", "kind", "until", "days_left", "state")


@ca.command(epilog="Example, in a timer, daily: usnd ca crl")
def crl(directory: Directory = DEFAULT) -> None:
    """Write a new revocation list now, which holds for 14 days, and publish it. Safe to repeat."""
    with _opened(directory) as ours:
        made = ours.write_list()
        typer.echo(f"revocation list {ours.record.crl_number}: until {made.next_update_utc:%Y-%m-%d}")
        _publish(ours)


@ca.command(epilog="Example: usnd ca publish ssh://root@192.0.2.12/etc/usn/tls")
def publish(
    places: Annotated[list[str] | None, typer.Argument(metavar="PLACE", help="A further place.")] = None,
    forget: Annotated[list[str] | None, typer.Option("--forget", help="A place to leave out.")] = None,
    directory: Directory = DEFAULT,
) -> None:
    """Publish the authorities and their lists again, to every place; name places to add them."""
    from usnd.ca.places import MOST_PLACES, parse_place

    with _opened(directory) as ours:
        for place in forget or ():
            if place not in ours.record.places:
                fail(f"{place}: is not published to, so nothing was done. {_known(ours.record.places)}")
        kept = [place for place in ours.record.places if place not in (forget or ())]
        wanted = tuple(dict.fromkeys([*kept, *map(parse_place, places or ())]))
        if len(wanted) > MOST_PLACES:
            fail(f"{len(wanted)} places are too many: {MOST_PLACES} at most", WRONG)
        ours.publish_to(wanted)
        _publish(ours)


@ca.command(epilog="Example: usnd ca trust issuing.pem root.pem --crl issuing.crl --crl root.crl")
def trust(
    files: Annotated[
        list[Path] | None, typer.Argument(metavar="FILE", help="Certificates, up to the self-signed one.")
    ] = None,
    lists: Annotated[
        list[Path] | None, typer.Option("--crl", help="A revocation list of such an authority. Repeat it.")
    ] = None,
    directory: Directory = DEFAULT,
) -> None:
    """Trust the authority of somebody else, so that its certificates can be designated; renew its list."""
    from usnd.ca import trust as others
    from usnd.ca.pem import certificates_in, lists_of

    if not files and not lists:
        fail("name the authority's certificates, or its newest list with --crl", WRONG)
    with _opened(directory) as ours:
        certificates = [one for path in files or () for one in certificates_in(path)]
        found = [one for path in lists or () for one in lists_of(path)]
        others.trust(ours, certificates, found)
        typer.echo(f"trusted: {len(certificates)} certificates, {len(found)} lists")
        for name in others.without_list(ours):
            typer.echo(f"warning: {name}: has no list here, so nobody of it is heard: use --crl", err=True)
        _publish(ours)


@ca.command(epilog="Example: usnd ca untrust 'CN=Example Issuing CA,O=Example' --dry-run")
def untrust(
    which: Annotated[str, typer.Argument(help="As `usnd ca list` names it.")],
    directory: Directory = DEFAULT,
    *,
    dry_run: DryRun = False,
) -> None:
    """Trust the authority of somebody else no more: none of its terminals is heard from now on."""
    from usnd.ca import trust as others

    with _opened(directory) as ours:
        gone = others.outside(ours, which)
        others.check_untrusted(ours, gone)
        if dry_run:
            typer.echo(f"would no longer trust {which}")
            return
        others.untrust(ours, gone)
        typer.echo(f"no longer trusted: {which}")
        _publish(ours)


@ca.command(epilog="Example, on a server: usnd ca check --server /etc/nginx/usn/certificate.pem")
def check(
    tls: Annotated[Path, typer.Option("--tls", help="Where the authority publishes to.")] = TLS,
    server: Annotated[
        Path | None, typer.Option("--server", help="The server's own certificate, if it is to be looked at.")
    ] = None,
    *,
    as_json: Json = False,
) -> None:
    """On a server: say until when what nginx reads there holds. Exit status 1: something is to be done."""
    from usnd.ca.crl_watch import CrlWatch
    from usnd.ca.findings import of_files
    from usnd.ca.places import AUTHORITIES, LISTS
    from usnd.cli.ca.rows import finding_row

    watch = CrlWatch(tls / AUTHORITIES, tls / LISTS, _now)
    found = of_files(server, watch, _now())
    print_rows([finding_row(one, _now()) for one in found], as_json=as_json)
    wrong = [one for one in found if one.alarm is not None]
    for one in wrong:
        typer.echo(f"{one.of}: {one.trouble or one.state}. {one.alarm.remedy if one.alarm else ''}", err=True)
    if wrong:
        raise typer.Exit(NOT_NOW)


def _issue(ours: "Authority", order: "Order", request: Path | None) -> None:
    from usnd.ca.pem import request_in

    if request is not None:
        order = replace(order, key=request_in(request))
    one = ours.issue(order)
    typer.echo(
        f"{one.out}: {one.kind.value} {one.name}, serial number {one.serial}, until {one.ends:%Y-%m-%d}"
    )
    if one.ends < ours.now + order.lasts - timedelta(days=1):
        typer.echo("It ends with the authority's own certificate: `usnd ca renew --authority` before.")
    if request is None and one.kind is Kind.TERMINAL:
        typer.echo(f"Send {one.name}.p12 and its password by two different ways, then remove {one.out}.")
    _publish(ours)


def _renew_authority(ours: "Authority", name: str, *, dry_run: bool) -> None:
    from usnd.ca.outside import called

    own = called(ours.certificate)
    if name and name not in (own, own.removeprefix("CN=")):
        fail(
            f"{name}: is not the authority here, which is {own}: nothing was done. Leave --authority out to "
            "renew a terminal or server, or leave the name out"
        )
    if dry_run:
        typer.echo("would renew the authority's certificate, of the same name and key, and publish it")
        return
    ours.renew_authority()
    typer.echo(f"the authority's certificate: until {ours.certificate.not_valid_after_utc:%Y-%m-%d}")
    typer.echo("Give the new ca.pem to each terminal that checks the server by it.")
    _publish(ours)


def _meant(ours: "Authority", which: str) -> list[Issued]:
    """By name or serial number. Ends the program where there is none, or it is revoked already."""
    try:
        found = meant(which, ours.record.issued)
    except BadName as error:
        fail(str(error), WRONG)
    if not found:
        fail(
            f"{which}: no certificate of that name or serial number was issued here. `usnd ca list` names "
            "all; one of another authority is revoked there"
        )
    gone = [one for one in found if one.revoked_at is None]
    if not gone:
        fail(f"{which}: is revoked already; `usnd ca publish` brings the list to every place again")
    return gone


def _known(names: Iterable[str]) -> str:
    """What there is instead, as a sentence."""
    found = sorted(names)
    more = f" and {len(found) - _MOST_NAMED} more, see `usnd ca list`" if len(found) > _MOST_NAMED else ""
    return f"Known: {', '.join(found[:_MOST_NAMED])}{more}" if found else "None is known"


def _publish(ours: "Authority") -> None:
    """Exit status 1 where a place has not got it."""
    for why in ours.unusable_lists():
        typer.echo(f"warning: nginx refuses all terminals of {why}: ask for the full list", err=True)
    done = ours.publish()
    for one in done:
        trouble = f"NOT published: {one.place}: {one.trouble}"
        typer.echo(f"published: {one.place}" if one.trouble is None else trouble)
    if any(one.trouble is not None for one in done):
        fail("what was done is done, but not every server knows it: mend that, then run `usnd ca publish`")


@contextmanager
def _opened(directory: Path) -> "Iterator[Authority]":
    from usnd.ca.authority import opened

    with _in_words(), opened(directory.absolute(), _now()) as ours:
        yield ours


@contextmanager
def _in_words() -> Iterator[None]:
    from usnd.ca.disk import CaError

    try:
        yield
    except CaError as error:
        fail(str(error))


def _name(written: str) -> str:
    try:
        return parse_name(written)
    except BadName as error:
        fail(str(error) if written else "name the terminal, or the server's hosts with --server", WRONG)


def _authority_name(written: str) -> str:
    if not written.isprintable() or not 0 < len(written) <= 64:  # noqa: PLR2004 # X.520
        fail("the authority's name has 1 to 64 characters", WRONG)
    return written


def _host(written: str) -> str:
    from usnd.domain.network.hosts import Host, Unusable

    try:
        return str(Host(written))
    except Unusable as error:
        fail(str(error), WRONG)


def _now() -> datetime:
    from usnd.daemon import utc_now

    return utc_now()
