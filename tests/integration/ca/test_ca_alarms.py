"""The alarms of certificates and revocation lists: raised in time, graver nearer the end, cleared (P2)."""

import asyncio
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from ca_home import Home
from outside_authorities import CLIENT, DAY, NOW, SIGNS, made

from usnd.ca.authority import AUTHORITY_FOR, opened
from usnd.ca.crl_watch import CrlWatch
from usnd.ca.record import Kind
from usnd.ca.trust import trust
from usnd.domain.certificates.rights import Rights
from usnd.domain.certificates.terminal import Terminal
from usnd.services import certificates
from usnd.services.alarms.alarms import Alarms
from usnd.services.certificates import CertificateWatch

SECOND = timedelta(seconds=1)
CRM = Terminal("crm-1", "a1", "CN=x", NOW + 60 * DAY, Rights())


@dataclass
class Scene:
    """A server with its files, and the watch over them."""

    home: Home
    now: datetime = NOW
    terminals: list[Terminal] = field(default_factory=list)
    away: bool = False

    def __post_init__(self) -> None:
        self.alarms = Alarms(self.clock)
        tls = self.home.tls
        crl = CrlWatch(tls / "client-ca.pem", tls / "client-crl.pem", self.clock)
        self.watch = CertificateWatch(tls / "server.pem", crl, self.stored, self.alarms, self.clock)

    def clock(self) -> datetime:
        return self.now

    async def stored(self) -> list[Terminal]:
        if self.away:
            raise ConnectionError("the database is away")
        return self.terminals

    def look(self, at: datetime | None = None) -> list[tuple[str, str]]:
        """Name and object of each alarm that is raised then."""
        self.now = at or self.now + SECOND
        asyncio.run(self.watch.look())
        return sorted((alarm.kind.name, alarm.object) for alarm in self.alarms.raised)

    def renew_list(self) -> None:
        with opened(self.home.ca, self.now) as ours:
            ours.write_list()
            ours.publish()


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    home = Home(tmp_path).made()
    home.issue("usn", Kind.SERVER, ("usn.example.com",), lasts=400 * DAY)
    (home.tls / "server.pem").write_bytes(home.given("usn").read_bytes())
    return Scene(home)


def test_all_is_well(scene: Scene) -> None:
    scene.terminals = [CRM]
    assert scene.look() == []


def test_a_server_s_certificate_is_told_graver_and_graver_until_it_is_renewed(scene: Scene) -> None:
    ends = NOW + 400 * DAY
    said = {}
    for left in (30 * DAY + SECOND, 30 * DAY, 7 * DAY, timedelta(0)):
        scene.now = ends - left - SECOND
        scene.renew_list()
        said[left] = scene.look()
    assert list(said.values()) == [
        [],
        [("certificate-ends-soon", "server")],
        [("certificate-ends-in-a-week", "server")],
        [("certificate-ended", "server")],
    ]
    newer = made("usn", ca=False, begins=300 * DAY, ends=900 * DAY)
    newer.save(scene.home.tls / "server.pem")
    assert scene.look() == []


def test_a_list_that_nobody_renews_is_told_before_it_ends(scene: Scene) -> None:
    name = authority(scene)
    assert scene.look(NOW + 7 * DAY - SECOND) == []
    assert scene.look(NOW + 7 * DAY) == [("revocation-list-ends-soon", name)]
    assert scene.look(NOW + 14 * DAY) == [("revocation-list-ended", name)]
    scene.renew_list()
    assert scene.look() == []


def authority(scene: Scene) -> str:
    with opened(scene.home.ca, NOW) as ours:
        return ours.certificate.subject.rfc4514_string()


def test_the_authority_s_own_end_is_told(scene: Scene) -> None:
    scene.now = NOW + AUTHORITY_FOR - 20 * DAY
    scene.renew_list()
    made("usn", ca=False, ends=9000 * DAY).save(scene.home.tls / "server.pem")
    assert scene.look() == [("certificate-ends-soon", authority(scene))]


def test_an_outside_authority_without_a_list_has_an_alarm_until_it_is_trusted_no_more(scene: Scene) -> None:
    root = made("Outside Root", uses=SIGNS)
    before = {path: path.read_bytes() for path in scene.home.tls.glob("client-*")}
    with opened(scene.home.ca, NOW) as ours:
        trust(ours, [root.certificate], [])
        ours.publish()
    assert scene.look() == [("revocation-list-missing", root.certificate.subject.rfc4514_string())]
    for path, content in before.items():
        path.write_bytes(content)
    assert scene.look() == []


@pytest.mark.parametrize(
    ("name", "content", "alarms"),
    [
        ("server.pem", None, [("certificate-unusable", "server")]),
        ("server.pem", b"nonsense", [("certificate-unusable", "server")]),
        ("server.pem", made("usn", ca=False, purpose=CLIENT).pem, [("certificate-unusable", "server")]),
        ("server.pem", made("usn", uses=SIGNS).pem, [("certificate-unusable", "server")]),
        ("client-ca.pem", None, [("certificate-unusable", "authorities")]),
        ("client-crl.pem", None, [("revocation-list-missing", "ours")]),
        ("client-crl.pem", b"\0", [("revocation-list-missing", "ours")]),
    ],
)
def test_a_file_that_cannot_be_used_is_told_with_the_reason(
    scene: Scene, name: str, content: bytes | None, alarms: list[tuple[str, str]]
) -> None:
    path = scene.home.tls / name
    good = path.read_bytes()
    assert scene.look() == []
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    ours = authority(scene)
    assert scene.look() == [(kind, ours if of == "ours" else of) for kind, of in alarms]
    assert name in scene.alarms.raised[0].facts
    path.write_bytes(good)
    assert scene.look() == []


def test_a_server_s_certificate_that_has_not_begun_is_told(scene: Scene) -> None:
    made("usn", ca=False, begins=DAY).save(scene.home.tls / "server.pem")
    assert scene.look() == [("certificate-unusable", "server")]
    assert "begins" in scene.alarms.raised[0].facts


def test_each_designated_terminal_is_told_of_by_its_name(scene: Scene) -> None:
    soon, over = replace(CRM, not_after=NOW + 20 * DAY), replace(CRM, name="crm-2", not_after=NOW - DAY)
    scene.terminals = [soon, over, replace(over, name="crm-3", revoked_at=NOW)]
    assert scene.look() == [
        ("certificate-ended", "terminal crm-2"),
        ("certificate-ends-soon", "terminal crm-1"),
    ]
    scene.terminals = [soon, replace(CRM, serial="b2")]
    assert scene.look() == [], "the next one of crm-1 is designated, crm-2 no more"


def test_while_the_store_is_away_terminals_stay_as_they_are_and_files_are_judged(scene: Scene) -> None:
    scene.terminals = [replace(CRM, not_after=NOW + DAY)]
    raised = [("certificate-ends-in-a-week", "terminal crm-1")]
    assert scene.look() == raised
    scene.away, scene.terminals = True, []
    (scene.home.tls / "server.pem").unlink()
    assert scene.look() == [*raised, ("certificate-unusable", "server")]
    scene.away = False
    assert scene.look() == [("certificate-unusable", "server")]


def test_without_a_server_s_certificate_of_ours_only_the_others_are_judged(scene: Scene) -> None:
    tls = scene.home.tls
    crl = CrlWatch(tls / "client-ca.pem", tls / "client-crl.pem", scene.clock)
    (tls / "server.pem").unlink()
    asyncio.run(CertificateWatch(None, crl, scene.stored, scene.alarms, scene.clock).look())
    assert scene.alarms.raised == ()


async def test_a_list_that_goes_is_told_and_cleared_without_waiting_for_the_hour(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert certificates.GLANCE_EVERY <= 30
    monkeypatch.setattr(certificates, "GLANCE_EVERY", 0.01)
    running = asyncio.create_task(scene.watch.run())

    async def told(*names: str) -> None:
        async with asyncio.timeout(60):
            while tuple(alarm.kind.name for alarm in scene.alarms.raised) != names:
                scene.now += SECOND
                await asyncio.sleep(0.01)

    path = scene.home.tls / "client-crl.pem"
    for broken in (path.unlink, lambda: path.write_bytes(b"\0")):
        good = path.read_bytes()
        broken()
        await told("revocation-list-missing")
        path.write_bytes(good)
        await told()
    (scene.home.tls / "server.pem").unlink()
    await told("certificate-unusable")
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


async def test_it_looks_at_once_and_again(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(certificates, "EVERY", 0.0)
    looks = asyncio.Event()
    seen = 0

    async def counted() -> list[Terminal]:
        nonlocal seen
        seen += 1
        if seen == 3:
            looks.set()
        return []

    scene.watch._terminals = counted
    running = asyncio.create_task(scene.watch.run())
    await asyncio.wait_for(looks.wait(), 60)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
