"""From a terminal's TLS to the database and back: a real nginx as nodes have it, the real site and usnd."""

import asyncio
import http.client
import ssl
from collections.abc import Iterator

import pytest
from crm.stage import BULK, ONE, Answer, Stage, about, bulk, create, request, stage

from usnd.domain.provisioning.codes import Code
from workbench.parts.nginx import Nginx, Tls, nginx_tree
from workbench.parts.ports import HOST, PortBlock
from workbench.parts.process import until

C = Code


@pytest.fixture
def ports() -> Iterator[tuple[int, int]]:
    with PortBlock(0) as block:
        yield block.spare(0), block.spare(1)


def connection(here: Stage, port: int, name: str) -> http.client.HTTPSConnection:
    context = ssl.create_default_context(cafile=str(here.ca))
    context.check_hostname = False
    context.load_cert_chain(here.home / f"{name}.pem", here.home / f"{name}.key")
    return http.client.HTTPSConnection(HOST, port, context=context, timeout=60)


def ask(on: http.client.HTTPSConnection, body: bytes, path: str = ONE, **fields: str) -> Answer:
    on.request("POST", path, body, {"Content-Type": "application/xml", **fields})
    got = on.getresponse()
    return Answer(got.status, {name.lower(): value for name, value in got.getheaders()}, got.read())


async def test_a_terminal_provisions_through_nginx(ports: tuple[int, int]) -> None:
    async with stage() as here:
        server = here.authority.issue("server").save(here.home / "server.pem")
        leaver = here.authority.issue("crm-2")
        await here.designate("crm-2", leaver)
        tls = Tls(server, server.with_suffix(".key"), here.ca, here.crl)
        async with Nginx(nginx_tree(), tls, here.socket, ports):
            own, leaving = (connection(here, ports[0], name) for name in ("crm-1", "crm-2"))
            forged = {"X-Usn-Terminal-Certificate": "forged", "X-Usn-Request": "forged"}
            created = await asyncio.to_thread(ask, own, request("a", create(1)), **forged)
            assert created.code == C.DONE
            assert len(created.tree.get("server")) == 32, "nginx's, not the client's"
            assert (await asyncio.to_thread(ask, leaving, request("a", about("read", 1)))).code == C.DONE
            here.revoke(leaver)

            def refused() -> bool:
                return ask(leaving, request("b", create(2))).code == C.CERTIFICATE_REVOKED

            assert await until(refused, 20, 0.2), "on the connection that is open"
            rows = [create(nth) for nth in range(10, 310)]
            answer = await asyncio.to_thread(ask, own, bulk("b-1", rows), BULK)
            assert answer.tree.find("{*}summary").get("done") == "300"
            long = await asyncio.to_thread(ask, own, request("c", create(2)) + b" " * 1024 * 1024)
            assert (long.code, long.status) == (C.TOO_LARGE, 413)
            own.close()
            leaving.close()
