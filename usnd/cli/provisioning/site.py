"""The command `usnd web provisioning`: the site of the XML interface."""

from pathlib import Path
from typing import TYPE_CHECKING

from usnd.cli.run_site import Check, ConfigFile, When, run_site

if TYPE_CHECKING:
    from collections.abc import Callable

    from usnd.web.config import WebSection
    from usnd.web.server import Stopping
    from usnd.web.site import Site

DEFAULT = Path("/etc/usn/web-provisioning.toml")


def provisioning(config: ConfigFile = DEFAULT, *, check: Check = False, when: When = None) -> None:
    """Serve XML provisioning at a Unix socket until SIGTERM."""

    def made(settings: "WebSection", stopping: "Stopping") -> "tuple[Site, Callable[[], None]]":
        from usnd.web.provisioning.site import Provisioning

        site = Provisioning(settings, lambda: bool(stopping))
        return site.site, site.close

    run_site(config, made, check=check, when=when)
