"""Everything that this bench needs, running: the demo's stage on PostgreSQL, the portal before it, its
people.
"""

import asyncio
import os
import resource
import shutil
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import text

from usnd.control.requests import socket_of
from usnd.store.core.engine import engine_for
from workbench import ROOT
from workbench.bench.launch import UNLIMITED
from workbench.bench.portal.conferences import Rooms
from workbench.bench.portal.https import Door
from workbench.bench.portal.people import Client, furnish, number_of, signed_in
from workbench.demo.stage import EVERYBODY, Stage, stage
from workbench.parts.postgres import ROLE, Postgres, programs
from workbench.parts.process import PartError, private_directory
from workbench.parts.sites.portal import SETTINGS, PortalFront
from workbench.parts.sites.site_account import account
from workbench.parts.voice.switch import Refusal

AFTER_CALLS = 5  # nice: roles/web, usn-web@.service, and roles/nginx
_SITE = "portal_site"
FILES_A_PAGE = 2  # of nginx: towards the browser and towards the site
FILES_AT_REST = 1000


@dataclass
class Ground:
    """The parts. browsing, watching, open_: browsers that are signed in, for each use."""

    parts: Stage
    front: PortalFront
    rooms: Rooms
    browsing: list[Client]
    watching: list[Client]
    open_: list[Client]
    prefix: Sequence[str]

    @property
    def door(self) -> Door:
        """The portal's."""
        return Door(self.front.port, self.front.server_ca)

    async def client(self, module: str, *words: str) -> asyncio.subprocess.Process:
        """A process of this bench's clients; its input and output are pipes."""
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", f"workbench.bench.portal.{module}", *words),
            env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            limit=1 << 28,
        )


def allow_files(pages: int) -> None:
    """Lets what is started from now on hold so many pages open. Raises PartError."""
    need = FILES_AT_REST + FILES_A_PAGE * pages
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most < need:
        raise PartError(f"{pages} open pages need {need} open files, {most} are allowed: raise `ulimit -Hn`")
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


@asynccontextmanager
async def ground(subscribers: int, watchers: int, pages: int, rooms: int) -> AsyncIterator[Ground]:
    """Starts everything and stops it, also on exceptions. Raises PartError, DebianError."""
    allow_files(pages)
    home = private_directory("usn-portal-")
    as_on_node = os.geteuid() == 0
    prefix = ("nice", "-n", str(AFTER_CALLS)) if as_on_node else ()
    try:
        async with Postgres(programs(), settings={"fsync": "on"}) as database:
            url = database.url()
            settings = f"{SETTINGS}{UNLIMITED}"
            async with stage(settings, store_url=url, as_on_node=as_on_node) as parts:
                for number in EVERYBODY.values():
                    await parts.switch.put(parts.handset(number, ring=0.0, refusal=Refusal.BUSY))
                running = Rooms(parts, rooms)
                people = await asyncio.to_thread(
                    _furnished, url, running.numbers, subscribers, watchers, pages
                )
                front = PortalFront(home, prefix=prefix)
                front.configure(socket_of(parts.usn.home), url.replace(f"{ROLE}@", f"{_SITE}@"))
                async with front:
                    _renice(front.nginx.pids if as_on_node else ())
                    yield Ground(parts, front, running, *people, prefix)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _renice(workers: Sequence[int]) -> None:
    for worker in workers:
        os.setpriority(os.PRIO_PROCESS, worker, AFTER_CALLS)


def _furnished(
    url: str, owners: Sequence[str], subscribers: int, watchers: int, pages: int
) -> tuple[list[Client], list[Client], list[Client]]:
    """The database has its people and the site's account; the browsers of each use."""
    engine = engine_for(url)
    with engine.begin() as connection:
        for number in owners:
            connection.execute(
                text(
                    "INSERT INTO subscribers (number, created_at, changed_at) VALUES (:number, now(), now())"
                ),
                {"number": number},
            )
        for statement in account(_SITE):
            connection.execute(text(statement))
    engine.dispose()
    furnish(url, max(subscribers, pages), subscribers)
    browsing = signed_in(url, [number_of(nth) for nth in range(subscribers)])
    watching = signed_in(url, [owners[nth % len(owners)] for nth in range(watchers)], subscribers)
    open_ = signed_in(url, [number_of(nth) for nth in range(pages)], subscribers + watchers)
    return browsing, watching, open_


def place_of(ground: Ground, name: str) -> Path:
    """A file of the run."""
    return ground.front.home / name
