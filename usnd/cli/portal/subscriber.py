"""The commands `usnd subscriber sign-ins`, `sign-out` and `unlock`: what operators do about the portal.

Each is a unit of work in the store; usnd need not run, and finds what changed at the next request.
"""

from functools import partial
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from usnd.cli.common import (
    DEFAULT_CONFIG,
    ConfigFile,
    Json,
    asker,
    e164_of,
    fail,
    in_store,
    load_config,
    print_rows,
)
from usnd.cli.subscriber.lists import Number

if TYPE_CHECKING:
    from collections.abc import Callable

    from usnd.config.sections import Config
    from usnd.store.core.transaction import Transaction
    from usnd.store.portal.audit import AuditLine

T = TypeVar("T")
SHOWN, MOST = 50, 10_000
Limit = Annotated[int, typer.Option(help="So many at most, the last ones.", min=1, max=MOST)]


def sign_ins(
    number: Number, config: ConfigFile = DEFAULT_CONFIG, limit: Limit = SHOWN, *, as_json: Json = False
) -> None:
    """Show what happened at the portal about a number, from where (UTC), the oldest first; three months."""
    settings = load_config(config)
    e164 = e164_of(number, settings)
    lines = in_store(settings, lambda tx: tx.portal_audit.of(e164, limit))
    print_rows(map(_row, lines), as_json=as_json)


def sign_out(number: Number, config: ConfigFile = DEFAULT_CONFIG) -> None:
    """Sign a subscriber out of the portal, on all devices, at once. Safe to repeat."""
    from usnd.daemon import utc_now
    from usnd.services.portal.operator import sign_out_everywhere

    settings = load_config(config)
    e164 = e164_of(number, settings)
    ended = _of_registered(settings, partial(sign_out_everywhere, number=e164, by=asker(), now=utc_now()))
    typer.echo(f"{e164} signed out: {ended} session{'' if ended == 1 else 's'} ended")


def unlock(number: Number, config: ConfigFile = DEFAULT_CONFIG) -> None:
    """Let a subscriber try again who tried too often, or for whom somebody else did. Safe to repeat."""
    from usnd.daemon import utc_now
    from usnd.services.portal import operator

    settings = load_config(config)
    e164 = e164_of(number, settings)
    _of_registered(settings, partial(operator.unlock, number=e164, by=asker(), now=utc_now()))
    typer.echo(f"{e164} may try again")


def _of_registered(settings: "Config", unit: "Callable[[Transaction], T]") -> T:
    from usnd.services.subscribers import NotRegistered

    try:
        return in_store(settings, unit)
    except NotRegistered as error:
        fail(f"{error.number} is not registered: usnd subscriber add {error.number}")


def _row(line: "AuditLine") -> dict[str, object]:
    at = line.at.strftime("%Y-%m-%dT%H:%M:%SZ")
    return {"at": at, "from": line.source, "what": line.what, "about": line.about}
