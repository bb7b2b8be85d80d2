"""A node on a workstation as the CRM sees it: usnd without Asterisk, the provisioning site, and nginx.

Demo and tests start it, and speak to its port by curl and openssl.
"""

import shutil
import sys

from workbench import ROOT
from workbench.parts.crm.front import ProvisioningFront
from workbench.parts.journal import Journal
from workbench.parts.ports import HOST
from workbench.parts.process import Part, PartError, Process, private_directory, until
from workbench.parts.usn import BOUND, SHORT_CODE, START_PATIENCE

NOBODY = 9
"""The discard port, in the place of Asterisk's and of an SMSC's: nobody listens."""


class ProvisioningNode(Part):
    """usnd without Asterisk, and the front. `async with` starts all and stops all, also on exceptions."""

    def __init__(self, store_url: str = "", smsc_port: int = NOBODY) -> None:
        """`store_url`: SQLite of its own if empty. `smsc_port`: of an SMSC on the loopback."""
        self.home = private_directory("usn-crm-")
        self.store_url = store_url or f"sqlite:///{self.home}/usn.db"
        self.config, self.journal = self.home / "usnd.toml", self.home / "usnd.journal"
        self.front = ProvisioningFront(self.home)
        self.front.before(self.home / "control.sock", self.config, self.store_url)
        self._said = Journal(self.journal)
        self.config.write_text(
            f'[node]\nhome_region = "GB"\nshort_code = "{SHORT_CODE}"\nruntime = "{self.home}"\n'
            f'[store]\nurl = "{self.store_url}"\n[asterisk]\nport = {NOBODY}\nsecret = "none"\n'
            f'[[smsc]]\nname = "smsc"\nhost = "{HOST}"\nport = {smsc_port}\nsystem_id = "usn"\n'
            f'password = "secret"\n{self.front.settings}[log]\nformat = "json"\n'
        )
        self.config.chmod(0o600)
        program = [sys.executable, "-m", "usnd", "run", "--config", str(self.config)]
        self.usnd = Process(program, self.journal, environment={"PYTHONPATH": str(ROOT)})

    async def start_usnd(self) -> None:
        """On a current database; returns when it can be asked. Raises PartError with its journal's end."""
        self.front.command("db", "upgrade")
        self.usnd.start()
        listens = (self.home / "control.sock").exists
        if not await until(lambda: listens() or not self.usnd.alive, START_PATIENCE, 0.05) or not listens():
            raise PartError(f"usnd did not start:\n{self.usnd.tail()}")

    async def bound(self) -> None:
        """Waits until it is bound to the SMSC. Raises PartError with the end of its journal."""

        def said() -> bool:
            return any(event["event"] == BOUND for event in self._said.events())

        if not await until(said, START_PATIENCE, 0.05):
            raise PartError(f"usnd is not bound to the SMSC:\n{self.usnd.tail()}")

    async def start(self) -> None:
        """With a new authority."""
        await self.start_usnd()
        await self.front.start()

    async def stop(self) -> None:
        """Ends all of it and removes its files."""
        try:
            await self.front.stop()
        finally:
            try:
                await self.usnd.stop()
            finally:
                shutil.rmtree(self.home, ignore_errors=True)
