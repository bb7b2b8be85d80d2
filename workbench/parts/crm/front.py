"""What stands before a usnd for the CRM: the provisioning site, and nginx that asks for certificates.

What an operator does goes in by the command.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from usnd.ca.places import AUTHORITIES, LISTS
from workbench.parts.nginx import Nginx, Tls, nginx_tree
from workbench.parts.ports import HOST
from workbench.parts.sites.site_front import NODE_KEY, SiteFront

PATH = "/provisioning/v1"


class ProvisioningFront(SiteFront):
    """`before` says before which usnd. home, prefix: as of SiteFront."""

    def __init__(self, home: Path, prefix: Sequence[str] = ()) -> None:
        super().__init__("provisioning", home, prefix)
        self._usnd_config: Path | None = None

    def before(self, control: Path, config: Path, store_url: str) -> None:
        """Before which usnd it stands: its socket, its file, its database."""
        self._usnd_config = config
        files = f'client_ca = "{self.tls / AUTHORITIES}"\nclient_crl = "{self.tls / LISTS}"\n'
        self.configure(control, store_url, files)

    @property
    def settings(self) -> str:
        """The section of usnd.toml."""
        return f'[provisioning]\nauthorities = "{self.tls}"\ncredential_key = "{NODE_KEY}"\n'

    def make_nginx(self, certificate: Path, key: Path) -> Nginx:
        """It believes terminals of the authority."""
        files = Tls(certificate, key, self.tls / AUTHORITIES, self.tls / LISTS)
        return Nginx(nginx_tree(), files, self.socket, (self.port, self.block.spare(1)))

    @property
    def address(self) -> str:
        """Host and port."""
        return f"{HOST}:{self.port}"

    def environment(self) -> Mapping[str, str]:
        """Of a command: it finds usnd's configuration, too."""
        usnd = {} if self._usnd_config is None else {"USND_CONFIG": str(self._usnd_config)}
        return {**super().environment(), **usnd}

    async def published(self) -> None:
        """Nginx takes what the authority published, as the unit `usn-crl.path` has it done on a node."""
        if self.serves:
            self.nginx.believe(self.tls / AUTHORITIES, self.tls / LISTS)
            await self.nginx.reload()
