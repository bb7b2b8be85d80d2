"""An nginx as nodes have it, before a site of these tests, and terminals with certificates of all kinds."""

from collections.abc import AsyncIterator, Iterator

import pytest
from crm.authority import LONG_AGO, LONG_HENCE, Authority
from crm.terminals import Authorities, Showing, Terminal
from recording_site import RecordingSite

from workbench.parts.nginx import Nginx, nginx_tree
from workbench.parts.ports import HOST, PortBlock
from workbench.parts.process import private_directory


@pytest.fixture(scope="session")
def authorities(tmp_path_factory: pytest.TempPathFactory) -> Authorities:
    ours = Authority(tmp_path_factory.mktemp("ours"))
    ours.issue("server", more=("-addext", f"subjectAltName=IP:{HOST}"))
    for name in ("terminal", "other", "revoked"):
        ours.issue(name)
    ours.issue("expired", between=LONG_AGO)
    ours.issue("early", between=LONG_HENCE)
    ours.issue("umlaut", '/O=Bücher\u2028, Ltd./CN=CRM <1> "a"')
    ours.issue("long", "/CN=" + "n" * 64 + "".join(f"/O={letter * 64}" for letter in "abcdefghij"))
    ours.self_signed("self-signed")
    ours.revoke("revoked")
    ours.list_revoked(LONG_AGO, "ended.crl")
    ours.list_revoked(LONG_HENCE, "early.crl")
    foreign = Authority(tmp_path_factory.mktemp("foreign"))
    foreign.issue("terminal")
    foreign.list_revoked(to=str(ours.place / "foreign.crl"))
    elsewhere = Authority(tmp_path_factory.mktemp("elsewhere"), "elsewhere")
    elsewhere.list_revoked(to=str(ours.place / "missing.crl"))
    return Authorities(ours, foreign)


@pytest.fixture
def ports() -> Iterator[tuple[int, int]]:
    with PortBlock(0) as block:
        yield block.spare(0), block.spare(1)


@pytest.fixture
async def site() -> AsyncIterator[RecordingSite]:
    place = private_directory("usn-site-")
    async with RecordingSite(place / "http.sock") as site:
        yield site
    place.rmdir()


@pytest.fixture
async def nginx(
    site: RecordingSite, authorities: Authorities, ports: tuple[int, int]
) -> AsyncIterator[Nginx]:
    async with Nginx(nginx_tree(), authorities.tls(), site.path, ports) as nginx:
        yield nginx


@pytest.fixture
def showing(nginx: Nginx, authorities: Authorities) -> Showing:
    """A terminal that shows one of our certificates, or none."""
    place = authorities.ours.place
    return lambda name: Terminal(nginx.port, place / "ca.pem", place, name)


@pytest.fixture
def terminal(showing: Showing) -> Terminal:
    return showing("terminal")


@pytest.fixture
def foreign(nginx: Nginx, authorities: Authorities) -> Terminal:
    return Terminal(nginx.port, authorities.ours.place / "ca.pem", authorities.foreign.place)
