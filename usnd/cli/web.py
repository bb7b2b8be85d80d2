"""The commands `usnd web`: the sites behind nginx."""

import typer

from usnd.cli.portal.site import portal
from usnd.cli.provisioning.site import provisioning

web = typer.Typer(help="The sites behind nginx.", no_args_is_help=True, rich_markup_mode=None)
web.command(epilog="Example: usnd web provisioning --config web-provisioning.toml")(provisioning)
web.command(epilog="Example: usnd web portal --config web-portal.toml")(portal)


@web.callback()
def sites() -> None:
    """Each site is a process of its own, with a user of its own."""
