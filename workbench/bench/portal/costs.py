"""The processor time of each page, in the site and in nginx: asked for by themselves, one after the other.

It says the same on a busy machine, where times do not.
"""

from collections.abc import Mapping, Sequence

from workbench.bench.portal.browsing import PAGES
from workbench.bench.portal.https import Connection, Door
from workbench.bench.portal.people import Client
from workbench.bench.vitals import vitals
from workbench.parts.process import PartError

OTHERS = {"user": "/user/ann1"}
_OK = 200


def cpu(pids: Mapping[str, Sequence[int]]) -> dict[str, float]:
    """Seconds of processor time by now, of each by its name."""
    return {name: sum(vitals(pid).cpu_s for pid in those) for name, those in pids.items()}


async def page_costs(
    door: Door, clients: Sequence[Client], pids: Mapping[str, Sequence[int]]
) -> dict[str, dict[str, float]]:
    """Milliseconds a page, by its kind and by process. Each client asks once. Raises PartError, OSError."""
    context = door.context()
    connections = [Connection(door, context, one.source, one.cookie) for one in clients]
    paths = {one: one for one in PAGES if one.startswith("/")} | OTHERS
    found = dict[str, dict[str, float]]()
    try:
        for connection in connections:  # their connections, and what is made once, are not counted
            await connection.ask("GET", "/")
        for kind, path in paths.items():
            before = cpu(pids)
            for connection in connections:
                if (reply := await connection.ask("GET", path)).status != _OK:
                    raise PartError(f"{path}: {reply.status}")
            after = cpu(pids)
            found[kind] = {
                name: round(1000 * (after[name] - before[name]) / len(clients), 2) for name in pids
            }
    finally:
        for connection in connections:
            connection.close()
    return found
