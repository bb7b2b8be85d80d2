"""How the commands `usnd web …` run a site: a process of its own behind nginx.

Exit status 0: stopped as asked. 1: not possible now. 2: wrong configuration. 3: the site runs already.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from usnd.cli.common import ANOTHER, WRONG, fail

if TYPE_CHECKING:
    from collections.abc import Callable

    from usnd.web.config import WebSection
    from usnd.web.server import Stopping
    from usnd.web.site import Site

ConfigFile = Annotated[Path, typer.Option("--config", "-c", help="The site's configuration (TOML).")]
Check = Annotated[
    bool, typer.Option("--check", help="Only look whether the file, and all that it names, can be used.")
]

When = Annotated[
    Path | None,
    typer.Option(help="Load everything, then serve when this file is there: on one server of a pair."),
]


def run_site(
    config: Path,
    make: "Callable[[WebSection, Stopping], tuple[Site, Callable[[], None]]]",
    *,
    check: bool,
    when: Path | None,
) -> None:
    """Serves what `make` gives, the site and how it is closed; or only looks whether the file can be used.

    With `when` it is loaded, and serves when that file is there.
    """
    import structlog

    from usnd.cli.provisioning.checks import of_site
    from usnd.config_file.values import ConfigError
    from usnd.process import journal
    from usnd.process.single_instance import AlreadyRunning, claim
    from usnd.web.clock import utc_now
    from usnd.web.config import load
    from usnd.web.server import CannotListen, Stopping, serve

    try:
        settings = load(config)
    except ConfigError as error:
        fail(str(error), WRONG)
    troubles = [f"{config}: web.{one}" for one in of_site(settings.web, utc_now())]
    if check:
        _say(config, troubles)
        return
    journal.set_up(settings.log.format, settings.log.level)
    for trouble in troubles:
        structlog.get_logger("usnd.web").warning(trouble)
    stopping = Stopping()
    try:
        with claim(f"web://{settings.web.socket}"):
            site, close = make(settings.web, stopping)
            try:
                serve(site, settings.web, stopping, when)
            finally:
                close()
    except AlreadyRunning as error:
        fail(f"this site runs already (process {error.process}): stop that one first", ANOTHER)
    except CannotListen as error:
        fail(str(error))


def _say(config: Path, troubles: list[str]) -> None:
    """Ends the program where there are any."""
    for one in troubles[:-1]:
        typer.echo(f"usnd: {one}", err=True)
    if troubles:
        fail(troubles[-1], WRONG)
    typer.echo(f"{config}: good")
