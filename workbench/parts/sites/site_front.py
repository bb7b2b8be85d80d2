"""A site of the product before a usnd, with nginx and TLS before the site: what all sites have in common.

Each is the product's own, a process as on a node, without root, on the loopback: `usnd ca` issues the
certificates, nginx has the configuration of its role.
"""

import os
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path

from workbench import ROOT
from workbench.parts.nginx import Nginx
from workbench.parts.ports import HOST, PortBlock
from workbench.parts.process import Part, PartError, Process, until
from workbench.parts.usn import START_PATIENCE

SERVER = "usn"
"""The name of the server's certificate."""
COMMAND_PATIENCE = 120.0
NODE_KEY = "5a" * 32
"""`credential_key` of usnd.toml."""


class SiteFront(Part):
    """Authority, site and nginx. `async with` starts them before a usnd that runs, and stops them.

    name: as `usnd web` calls the site. home: a private directory that somebody else removes. prefix: of the
    site's command, as strace.
    """

    def __init__(self, name: str, home: Path, prefix: Sequence[str] = ()) -> None:
        self.name, self.home = name, home
        self.authority, self.tls = home / "ca", home / "tls"
        self.journal = home / "site.journal"
        self.block = PortBlock(0)
        self.socket = home / "site.sock"
        self._has_nginx = False
        self.config = home / "web.toml"
        words = ("-m", "usnd", "web", name, "--config", str(self.config))
        program = [*prefix, sys.executable, *words]
        self.site = Process(program, self.journal, environment={"PYTHONPATH": str(ROOT)})

    def configure(self, control: Path, store_url: str, more: str = "") -> None:
        """The site's configuration: usnd's socket, its database; more of the section `[web]`."""
        self.config.write_text(
            f'[web]\nsocket = "{self.socket}"\ncontrol = "{control}"\nstore = "{store_url}"\n{more}'
            f'spool = "{self.home}"\n[log]\nformat = "json"\n'
        )

    @cached_property
    def nginx(self) -> Nginx:
        """With the role's configuration; not started. Raises DebianError."""
        return self.make_nginx(self.home / SERVER / f"{SERVER}.pem", self.home / SERVER / f"{SERVER}.key")

    def make_nginx(self, certificate: Path, key: Path) -> Nginx:
        """The site's own nginx, with that certificate of the server."""
        raise NotImplementedError

    @property
    def port(self) -> int:
        """Where clients come to, by TLS."""
        return self.block.spare(0)

    @property
    def server_ca(self) -> Path:
        """By whose certificate the server is known."""
        return self.authority / "ca.pem"

    def environment(self) -> Mapping[str, str]:
        """Of a command: it finds the authority by it, and nothing else of usnd's."""
        own = {"USND_CA": str(self.authority), "COLUMNS": "200", "PYTHONPATH": str(ROOT)}
        return {**os.environ, **own}

    def command(self, *words: str, within: Path | None = None) -> str:
        """What `usnd <words>` prints. `within`: the directory it is typed in. Raises PartError."""
        done = subprocess.run(
            [sys.executable, "-m", "usnd", *words],
            capture_output=True,
            text=True,
            timeout=COMMAND_PATIENCE,
            check=False,
            env=self.environment(),
            cwd=within or self.home,
        )
        if done.returncode != 0:
            raise PartError(f"usnd {' '.join(words)}: {done.stderr.strip() or done.stdout.strip()}")
        return done.stdout

    def make_authority(self) -> str:
        """`usnd ca init`; what it says. Raises PartError."""
        self.tls.mkdir()
        return self.command("ca", "init", "--publish", str(self.tls))

    def issue_server(self) -> str:
        """The server's own certificate; what the command says. Raises PartError."""
        hosts = ("--server", HOST, "--server", "localhost")
        return self.command("ca", "issue", SERVER, *hosts, "--out", str(self.home / SERVER))

    async def start_site(self) -> None:
        """Returns when it answers. Raises PartError with the end of its journal."""
        self.site.start()

        def settled() -> bool:
            return self._listens() or not self.site.alive

        if not await until(settled, START_PATIENCE, 0.02) or not self.site.alive:
            raise PartError(f"the site {self.name} did not start:\n{self.site.tail()}")

    def _listens(self) -> bool:
        with socket.socket(socket.AF_UNIX) as probe:
            return probe.connect_ex(str(self.socket)) == 0

    async def start_nginx(self) -> None:
        """Raises PartError, DebianError."""
        await self.nginx.start()
        self._has_nginx = True

    async def start(self) -> None:
        """All of it, with a new authority."""
        self.make_authority()
        self.issue_server()
        await self.serve()

    async def serve(self) -> None:
        """Site and nginx, when the authority has made its certificates."""
        await self.start_site()
        await self.start_nginx()

    async def stop(self) -> None:
        """Ends both."""
        try:
            if self._has_nginx:
                await self.nginx.stop()
        finally:
            await self.site.stop()
            self.block.close()

    @property
    def serves(self) -> bool:
        """Whether nginx was started."""
        return self._has_nginx
