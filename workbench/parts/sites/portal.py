"""The subscriber's portal on a workstation: its site, and nginx with TLS before it.

The certificate is of an authority made for it, which no browser knows. Play and tests start it.
"""

from collections.abc import Sequence
from pathlib import Path

from workbench.parts.nginx import Nginx, PortalServer, Tls, nginx_tree
from workbench.parts.ports import HOST
from workbench.parts.sites.site_front import NODE_KEY, SiteFront

SETTINGS = f'[provisioning]\ncredential_key = "{NODE_KEY}"\n'
"""Of usnd.toml, for a node with a portal."""


class PortalFront(SiteFront):
    """`configure` says before which usnd. recordings, videos and the limits: see PortalServer."""

    def __init__(
        self,
        home: Path,
        tries_per_minute: int = 20,
        requests_per_second: int = 20,
        recordings: Path | None = None,
        videos: Path | None = None,
        prefix: Sequence[str] = (),
    ) -> None:
        super().__init__("portal", home, prefix)
        self._recordings, self.videos = recordings, videos
        self._server = PortalServer(
            self.socket,
            tries_per_minute=tries_per_minute,
            requests_per_second=requests_per_second,
            recordings=recordings,
            videos=videos,
        )

    def configure(self, control: Path, store_url: str, more: str = "") -> None:
        """The site's configuration, with the recordings and the videos."""
        places = {"recordings": self._recordings, "videos": self.videos}
        where = "".join(f'{name} = "{place}"\n' for name, place in places.items() if place)
        super().configure(control, store_url, more + where)

    @property
    def address(self) -> str:
        """What a person types."""
        return f"https://{HOST}:{self.port}/"

    def make_nginx(self, certificate: Path, key: Path) -> Nginx:
        """It asks browsers for no certificate."""
        ports = (self.block.spare(1), self.port)
        return Nginx(nginx_tree(), Tls(certificate, key), None, ports, self._server)
