"""The nginx of a node on the loopback, without root: Debian's, with the very configuration of role nginx.

It listens in front of the Unix socket of a provisioning site or of the portal's, and of /health. Used by
tests, and by whoever shows either on a workstation.
"""

import os
import pwd
import shutil
import signal
import socket
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import jinja2

from workbench import ROOT
from workbench.parts import debian
from workbench.parts.ports import HOST
from workbench.parts.process import Part, PartError, Process, private_directory, until
from workbench.release.asterisk_deb import SUITE

ROLE = ROOT / "roles/nginx"
# Not unpacked: nginx's own scripts want it, nginx does not.
SKIP = ("iproute2", "libbpf", "debconf", "krb5", "libdb5")
START_PATIENCE = 5.0


def nginx_tree() -> Path:
    """The unpacked nginx of the release that nodes have. Raises DebianError."""
    return debian.tree(SUITE, ["nginx"], skip=SKIP)


@dataclass(frozen=True)
class Tls:
    """Files in PEM: the server's chain and key; the authority of terminals, and its list of revoked ones.

    The last two only for provisioning.
    """

    certificate: Path
    key: Path
    client_ca: Path | None = None
    client_crl: Path | None = None


@dataclass(frozen=True)
class PortalServer:
    """The portal behind it: its Unix socket, the name it is reached by, how much one address may ask for.

    recordings, videos: their directories, where there are any.
    """

    socket: Path
    name: str = HOST
    tries_per_minute: int = 20
    requests_per_second: int = 20
    recordings: Path | None = None
    videos: Path | None = None
    streams_per_address: int = 200


class Nginx(Part):
    """One instance. `async with` starts it and stops it, also on exceptions."""

    def __init__(
        self,
        tree: Path,
        tls: Tls,
        site: Path | None,
        ports: tuple[int, int],
        portal: PortalServer | None = None,
    ) -> None:
        """`site`: the Unix socket of provisioning, if there is any. `ports`: TCP, of terminals and of people.

        The files of `tls` are copied: `believe` brings others.
        """
        self.home = private_directory("usn-nginx-")
        self.port, self.people_port = ports
        self._place = self.home / "tls"
        self._place.mkdir()
        self.error_log = self.home / "log"
        pages = ("portal-busy.html", "portal-away.html", "portal-refused.html")
        for name in ("provisioning-errors.conf", *pages):
            shutil.copy(ROLE / "files" / name, self._place)
        shutil.copy(tls.certificate, self._place / "certificate.pem")
        shutil.copy(tls.key, self._place / "key.pem")
        if tls.client_ca is not None and tls.client_crl is not None:
            self.believe(tls.client_ca, tls.client_crl)
        settings = self.home / "nginx.conf"
        settings.write_text(rendered(self._variables(site, portal)))
        program = [*debian.loader(tree), str(tree / "usr/sbin/nginx")]
        more = f"daemon off; pid {self.home}/pid;"
        if os.geteuid() == 0:  # else its workers would be another user, who may not enter private directories
            more += f" user {pwd.getpwuid(0).pw_name};"
        self._nginx = Process([*program, "-e", "stderr", "-c", str(settings), "-g", more], self.error_log)

    @property
    def pid(self) -> int:
        """Of the master process."""
        return self._nginx.pid

    @property
    def pids(self) -> list[int]:
        """Of the master and its workers."""
        return [self.pid, *map(int, sorted(self._workers()))]

    @property
    def status_file(self) -> Path:
        """While this file is there, /health says that the server serves."""
        return self.home / "health.json"

    def believe(self, client_ca: Path, client_crl: Path) -> None:
        """From the next `reload` on it has these for terminals."""
        shutil.copy(client_ca, self._place / "client-ca.pem")
        shutil.copy(client_crl, self._place / "client-crl.pem")

    async def start(self) -> None:
        """Returns when it accepts connections. Raises PartError with the end of its log."""
        self._nginx.start()

        def settled() -> bool:
            return self._listens() or not self._nginx.alive

        if not await until(settled, START_PATIENCE) or not self._nginx.alive:
            raise PartError(f"nginx did not start:\n{self.log()}")

    async def reload(self) -> None:
        """As the role's `systemctl reload nginx`. Returns when only workers with the new files accept."""
        before = self._workers()
        os.kill(self.pid, signal.SIGHUP)

        def taken() -> bool:
            return bool(self._workers() - before) and all(map(_leaves, before))

        if not await until(taken, START_PATIENCE):
            raise PartError(f"nginx did not take the new files:\n{self.log()}")

    def kill(self) -> None:
        """SIGKILL to master and workers: `start` brings it back, as systemd would."""
        self._nginx.kill()

    async def stop(self) -> None:
        """Ends it at once and removes its files."""
        try:
            await self._nginx.stop(signal.SIGTERM)
        finally:
            shutil.rmtree(self.home, ignore_errors=True)

    def log(self) -> str:
        """The end of what it said."""
        return self._nginx.tail()

    def requests(self) -> list[str]:
        """The access log, a line a request that was answered."""
        return (self.home / "access.log").read_text().splitlines()

    def _workers(self) -> set[str]:
        return set(Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split())

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex((HOST, self.people_port)) == 0

    def _variables(self, site: Path | None, portal: PortalServer | None) -> Mapping[str, object]:
        return {
            "ansible_managed": "by the workbench",
            "inventory_hostname": "workbench",
            "nginx_port": self.people_port,
            "nginx_status_file": self.status_file,
            "nginx_provisioning": None if site is None else {"port": self.port, "socket": site},
            "nginx_portal": None if portal is None else asdict(portal),
            "nginx_recordings": "" if portal is None else portal.recordings or "",
            "__nginx_videos": "" if portal is None else portal.videos or "",
            "__nginx_listen": f"{HOST}:",
            "__nginx_place": self._place,
            "__nginx_terminals": self._place,
            "__nginx_state": self.home,
            "__nginx_access_log": self.home / "access.log",
        }


def _leaves(worker: str) -> bool:
    """A worker that was told to end says so in its title."""
    try:
        return b"shutting down" in Path(f"/proc/{worker}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):  # it has left
        return True


def rendered(variables: Mapping[str, object]) -> str:
    """The role's configuration, as Ansible renders it."""
    environment = jinja2.Environment(  # noqa: S701 (it is no page)
        undefined=jinja2.StrictUndefined, trim_blocks=True, keep_trailing_newline=True
    )
    return environment.from_string((ROLE / "templates/nginx.conf.j2").read_text()).render(variables)
