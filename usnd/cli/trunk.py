"""The commands `usnd trunk …`: how they are, and Asterisk's configuration of them (REQUIREMENTS V1, C10)."""

import typer

from usnd.cli.common import (
    DEFAULT_CONFIG,
    WRONG,
    ConfigFile,
    Json,
    fail,
    load_config,
    print_rows,
    snapshot_of,
)
from usnd.cli.status import foreign_line, trunk_object, trunk_row

trunk = typer.Typer(help="The trunks to the switches.", no_args_is_help=True, rich_markup_mode=None)


@trunk.command("status", epilog="Example: usnd trunk status --json")
def trunk_status(config: ConfigFile = DEFAULT_CONFIG, *, as_json: Json = False) -> None:
    """Show each trunk of the running daemon: state, channels in use, calls, those not answered by cause."""
    snapshot = snapshot_of(config)
    trunks = map(trunk_object, snapshot.trunks.trunks)
    print_rows(trunks if as_json else map(trunk_row, trunks), as_json=as_json)
    if not as_json and (foreign := foreign_line(snapshot)):
        typer.echo(foreign)


@trunk.command("pjsip", epilog="Example: usnd trunk pjsip > /etc/asterisk/pjsip.conf")
def trunk_pjsip(config: ConfigFile = DEFAULT_CONFIG) -> None:
    """Print Asterisk's pjsip.conf for the configured trunks. It holds their passwords."""
    from usnd.config.pjsip_conf import NoHost, pjsip_conf

    settings = load_config(config)
    try:
        typer.echo(pjsip_conf(settings.trunk, settings.trunks), nl=False)
    except NoHost as error:
        fail(str(error), WRONG)
