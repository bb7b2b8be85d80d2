"""A node as a subscriber's browser sees it: usnd without Asterisk, the portal's site, and nginx."""

import json
import shutil
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from portal.browser import Browser

from usnd.domain.subscribers.credentials import CredentialKey, stored
from usnd.domain.subscribers.orders import Credentials
from workbench import ROOT
from workbench.parts.postgres import ROLE as DATABASE_ROLE
from workbench.parts.postgres import Postgres
from workbench.parts.process import Process, private_directory, until
from workbench.parts.sites.portal import SETTINGS, PortalFront
from workbench.parts.sites.site_account import account
from workbench.parts.sites.site_front import NODE_KEY

NOBODY = 9
"""The discard port: nobody listens."""
FIRST = "abcd-efgh-ijkl-mnop-qrst-uvwx-yz23-4567"
CHOSEN = "a quiet sunday walk"


@dataclass
class PortalNode:
    """The parts, and the database as its operator sees it."""

    home: Path
    front: PortalFront
    usnd: Process
    config: Path
    sql: Callable[[str], list[Any]]
    recordings: Path
    _numbers: int = 0

    def browser(self, source: str = "127.0.0.1") -> Browser:
        return Browser(self.front.port, self.front.server_ca, source)

    def subscriber(self, *, conferences: int = 0) -> str:
        """A new one, who has a first password, and a user Bob."""
        self._numbers += 1
        number = f"+4477009{self._numbers:05}"
        kept = stored(CredentialKey(bytes.fromhex(NODE_KEY)), Credentials(number, FIRST))
        self.sql(
            f"INSERT INTO subscribers (number, created_at, credential) VALUES ('{number}', now(), '{kept}')"
        )
        self.sql(
            "INSERT INTO users (subscriber_id, nick_key, nick, number, first, last) SELECT id, 'bob', 'Bob',"
            f" '+447700900998', '', '' FROM subscribers WHERE number = '{number}'"
        )
        for nth in range(1, conferences + 1):
            self.sql(
                "WITH one AS (INSERT INTO instant_conferences (subscriber_id, number)"
                f" SELECT id, {nth} FROM subscribers WHERE number = '{number}' RETURNING id)"
                " INSERT INTO instant_conference_members (instant_conference_id, position, number)"
                " SELECT id, 0, '+447700900999' FROM one"
            )
        return number

    def signed_in(self, number: str, source: str = "127.0.0.1") -> Browser:
        """A browser of somebody who has chosen their password just now."""
        browser = self.browser(source)
        browser.get("/sign-in")
        browser.follow(browser.send("/sign-in", number=number, password=FIRST))
        browser.follow(browser.send("/password", password=CHOSEN, again=CHOSEN))
        return browser

    def signed_in_again(self, number: str) -> Browser:
        """Another browser of somebody who has chosen their password before."""
        browser = self.browser()
        browser.get("/sign-in")
        browser.follow(browser.send("/sign-in", number=number, password=CHOSEN))
        return browser

    def code(self, number: str) -> str:
        """That of the last SMS to a number."""
        rows = self.sql(f"SELECT body FROM mt_texts WHERE recipient = '{number}' ORDER BY id DESC LIMIT 1")
        return str(rows[0][0].split()[0]) if rows else ""

    def audit(self, number: str) -> list[str]:
        rows = self.sql(f"SELECT what FROM portal_audit WHERE number = '{number}' ORDER BY id")
        return [row[0] for row in rows]

    def requests(self) -> list[dict[str, Any]]:
        """The site's lines of requests."""
        lines = (json.loads(line) for line in self.front.journal.read_text().splitlines())
        return [line for line in lines if line["event"] == "request"]

    def written(self) -> str:
        """All that any part of it has said."""
        return "".join(
            (
                (self.home / "usnd.journal").read_text(),
                self.front.journal.read_text(),
                *self.front.nginx.requests(),
                self.front.nginx.error_log.read_text(),
            )
        )


@contextmanager
def portal_database(
    server: Postgres, admin: Callable[[str, str], list[Any]], template: str, name: str
) -> Iterator[tuple[str, str]]:
    """A database on PostgreSQL, as usnd and as the site reach it: its account has what role web gives."""
    admin(server.url(), f"CREATE DATABASE {name} TEMPLATE {template}")
    url, site = server.url(name), f"portal_site_{name}"
    try:
        for statement in account(site):
            admin(url, statement)
        yield url, url.replace(f"{DATABASE_ROLE}@", f"{site}@")
    finally:
        admin(server.url(), f"DROP DATABASE {name} WITH (FORCE)")
        admin(server.url(), f"DROP ROLE {site}")


@asynccontextmanager
async def portal_node(
    store_url: str, site_url: str, sql: Callable[[str], list[Any]]
) -> AsyncIterator[PortalNode]:
    """On that database; the site's own URL of it has the rights of its account."""
    home = private_directory("usn-portal-")
    config = home / "usnd.toml"
    config.write_text(
        f'[node]\nhome_region = "GB"\nshort_code = "52272"\nruntime = "{home}"\n'
        f'call_back_number = "+442079460000"\n[store]\nurl = "{store_url}"\n'
        f'[asterisk]\nport = {NOBODY}\nsecret = "none"\n[[smsc]]\nname = "smsc"\nhost = "127.0.0.1"\n'
        f'port = {NOBODY}\nsystem_id = "usn"\npassword = "secret"\n'
        f'[dial_in]\ncommon = "52270"\nconferences = ["52271", "52273"]\n{SETTINGS}[log]\nformat = "json"\n'
    )
    recordings = home / "recordings"
    recordings.mkdir()
    front = PortalFront(home, tries_per_minute=6000, requests_per_second=6000, recordings=recordings)
    front.configure(home / "control.sock", site_url)
    program = [sys.executable, "-m", "usnd", "run", "--config", str(config)]
    usnd = Process(program, home / "usnd.journal", environment={"PYTHONPATH": str(ROOT)})
    usnd.start()
    try:
        assert await until(lambda: (home / "control.sock").exists() or not usnd.alive, 30)
        assert usnd.alive, usnd.tail()
        async with front:
            yield PortalNode(home, front, usnd, config, sql, recordings)
    finally:
        await usnd.stop()
        shutil.rmtree(home, ignore_errors=True)
