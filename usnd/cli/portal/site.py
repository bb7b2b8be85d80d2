"""The command `usnd web portal`: the subscriber's portal, a process of its own behind nginx."""

from pathlib import Path
from typing import TYPE_CHECKING

from usnd.cli.run_site import Check, ConfigFile, When, run_site

if TYPE_CHECKING:
    from collections.abc import Callable

    from usnd.web.config import WebSection
    from usnd.web.server import Stopping
    from usnd.web.site import Site


DEFAULT = Path("/etc/usn/web-portal.toml")


def portal(config: ConfigFile = DEFAULT, *, check: Check = False, when: When = None) -> None:
    """Serve the subscriber's portal at a Unix socket until SIGTERM."""

    def made(settings: "WebSection", _stopping: "Stopping") -> "tuple[Site, Callable[[], None]]":
        from usnd.web.portal.site import Portal

        site = Portal(settings)
        return site.site, site.close

    run_site(config, made, check=check, when=when)
