"""The front of a usnd with two terminals that may do all: for whoever puts load or faults on provisioning."""

import shutil
from collections.abc import Sequence
from dataclasses import replace

from usnd.control.requests import socket_of
from workbench.parts.crm.front import ProvisioningFront
from workbench.parts.crm.terminal import Terminal
from workbench.parts.process import private_directory
from workbench.parts.usn import Usn

NAME, OTHER = "crm-1", "crm-2"
OTHER_ADDRESS = "127.0.0.2"


class Provisioning(ProvisioningFront):
    """Makes its authority at once; `async with` starts site and nginx; `prepare` comes before."""

    def __init__(self, prefix: Sequence[str] = ()) -> None:
        """`prefix`: of the site's command. Raises PartError."""
        super().__init__(private_directory("usn-crm-"), prefix)
        self.make_authority()
        self.issue_server()
        self.terminal = self._issued(NAME)
        self.other = replace(self._issued(OTHER), address=OTHER_ADDRESS)
        """A second client, that comes from another address."""

    def prepare(self, usn: Usn) -> None:
        """Once the database of that usnd is there: the site's configuration; both terminals may do all."""
        self.before(socket_of(usn.home), usn.config, usn.store_url)
        for name, terminal in ((NAME, self.terminal), (OTHER, self.other)):
            rights = ("--certificate", str(terminal.certificate), "--operations", "all", "--numbers", "all")
            self.command("terminal", "designate", name, *rights)

    async def start(self) -> None:
        """Returns when both answer. Raises PartError."""
        await self.serve()

    async def stop(self) -> None:
        """Stops both and removes their files."""
        try:
            await super().stop()
        finally:
            shutil.rmtree(self.home, ignore_errors=True)

    def _issued(self, name: str) -> Terminal:
        place = self.home / name
        self.command("ca", "issue", name, "--out", str(place))
        return Terminal(self.port, self.server_ca, place / f"{name}.pem", place / f"{name}.key")
