"""Who is revoked as of this second, and that in doubt everybody is (P2)."""

import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import pytest
from ca_home import Home
from cryptography.hazmat.primitives.serialization import Encoding
from outside_authorities import CLIENT, DAY, NOW, SIGNS, listed, made

from usnd.ca import crl_watch
from usnd.ca.authority import opened
from usnd.ca.crl_watch import CrlWatch
from usnd.ca.disk import CaError
from usnd.ca.identity import identity, identity_of
from usnd.ca.trust import trust
from usnd.domain.certificates.validity import CrlState, Listing

SECOND = timedelta(seconds=1)


@dataclass
class Clock:
    now: datetime = field(default=NOW)

    def __call__(self) -> datetime:
        return self.now

    def later(self, passed: timedelta = SECOND) -> None:
        self.now += passed


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def watch(home: Home, clock: Clock) -> CrlWatch:
    return CrlWatch(home.tls / "client-ca.pem", home.tls / "client-crl.pem", clock)


def is_revoked(watch: CrlWatch, path: Path) -> bool:
    one = identity(path.read_bytes())
    return watch.revoked(one.serial, one.issuer)


def escaped(pem: bytes) -> str:
    """As nginx does."""
    return quote(pem)


def test_a_revocation_is_known_within_a_second(home: Home, watch: CrlWatch, clock: Clock) -> None:
    home.issue()
    home.issue("crm-2")
    assert not is_revoked(watch, home.given())
    home.revoke()
    assert not is_revoked(watch, home.given()), "not looked at twice in a second"
    clock.later()
    assert is_revoked(watch, home.given())
    assert not is_revoked(watch, home.given("crm-2"))
    assert watch.state(clock.now) is CrlState.GOOD


def test_a_clock_that_is_set_back_does_not_stop_it(home: Home, watch: CrlWatch, clock: Clock) -> None:
    home.issue()
    assert not is_revoked(watch, home.given())
    home.revoke()
    clock.later(-timedelta(minutes=30))
    assert is_revoked(watch, home.given())


@pytest.mark.parametrize(
    ("passed", "state", "revoked"),
    [
        (7 * DAY - SECOND, CrlState.GOOD, False),
        (7 * DAY, CrlState.ENDS_SOON, False),
        (14 * DAY - SECOND, CrlState.ENDS_SOON, False),
        (14 * DAY, CrlState.ENDED, True),
        (-2 * timedelta(hours=1), CrlState.UNREADABLE, True),
    ],
)
def test_a_list_that_is_over_or_of_the_future_revokes_everybody(
    home: Home, watch: CrlWatch, clock: Clock, passed: timedelta, state: CrlState, *, revoked: bool
) -> None:
    home.issue()
    assert not is_revoked(watch, home.given())
    clock.later(passed)
    assert watch.state(clock.now) is state
    assert is_revoked(watch, home.given()) is revoked


@pytest.mark.parametrize("name", ["client-ca.pem", "client-crl.pem"])
def test_a_file_that_is_missing_or_nonsense_revokes_everybody(
    home: Home, watch: CrlWatch, clock: Clock, name: str
) -> None:
    home.issue()
    assert not is_revoked(watch, home.given())
    good = (home.tls / name).read_bytes()
    for content in (None, b"-----BEGIN nothing", b"\0\1\2", good[: len(good) // 2]):
        (home.tls / name).unlink()
        if content is not None:
            (home.tls / name).write_bytes(content)
        clock.later()
        assert watch.state(clock.now) in {CrlState.MISSING, CrlState.UNREADABLE}
        assert is_revoked(watch, home.given())
        (home.tls / name).write_bytes(good)
        clock.later()
        assert not is_revoked(watch, home.given())


def test_a_list_that_its_authority_did_not_sign_revokes_everybody(
    home: Home, watch: CrlWatch, clock: Clock
) -> None:
    home.issue()
    with opened(home.ca, NOW) as ours:
        forger = made(ours.certificate.subject)
    forged = listed(forger).public_bytes(Encoding.PEM)
    good = (home.tls / "client-crl.pem").read_bytes()
    for content in (forged, good + forged):
        (home.tls / "client-crl.pem").write_bytes(content)
        clock.later()
        assert watch.state(clock.now) is CrlState.UNREADABLE
        assert is_revoked(watch, home.given())


def test_each_authority_has_its_own_list(home: Home, watch: CrlWatch, clock: Clock) -> None:
    root = made("Outside Root", uses=SIGNS)
    crm, other = (identity_of(made(name, root, ca=False).certificate) for name in ("crm", "other"))
    home.issue()
    with opened(home.ca, NOW) as ours:
        trust(ours, [root.certificate], [])
    home.publish()
    clock.later()
    assert watch.revoked(crm.serial, crm.issuer), "no list says that it is not"
    assert not is_revoked(watch, home.given())
    assert watch.state(clock.now) is CrlState.MISSING
    with opened(home.ca, NOW) as ours:
        trust(ours, [], [listed(root, ends=2 * DAY)])
    home.publish()
    clock.later()
    assert not watch.revoked(crm.serial, crm.issuer)
    clock.later(3 * DAY)
    assert watch.revoked(other.serial, other.issuer)
    assert not is_revoked(watch, home.given()), "theirs has ended, ours has not"


def test_who_is_of_no_authority_or_has_no_number_is_revoked(home: Home, watch: CrlWatch) -> None:
    home.issue()
    one = identity(home.given().read_bytes())
    assert not watch.revoked(one.serial, one.issuer)
    assert watch.revoked(one.serial, "CN=nobody")
    assert watch.listing(one.serial, "CN=nobody") is Listing.NO_LIST
    assert watch.listing("not hexadecimal", one.issuer) is Listing.LISTED
    assert watch.revoked("not hexadecimal", one.issuer)
    assert watch.revoked("", one.issuer)


def test_a_certificate_that_nginx_saw_is_named_as_a_designation_names_it(home: Home, watch: CrlWatch) -> None:
    issued = home.issue()
    pem = home.given().read_bytes()
    found = watch.identify(escaped(pem))
    assert found == identity(pem)
    assert found is not None
    assert found.serial == issued.serial
    assert found.not_after == issued.ends


def test_a_certificate_by_somebody_below_an_authority_cannot_take_another_s_name(
    home: Home, watch: CrlWatch, clock: Clock
) -> None:
    """Whoever can make an authority below a trusted one could else give any issuer and serial number."""
    issued = home.issue()
    real = identity(home.given().read_bytes())
    root = made("Outside Root", uses=SIGNS)
    with opened(home.ca, NOW) as ours:
        false = made(ours.certificate.subject, root, uses=SIGNS)
        trust(ours, [root.certificate], [listed(root)])
    home.publish()
    clock.later()
    forged = made("crm-1", false, ca=False, purpose=CLIENT, serial=int(issued.serial, 16))
    assert identity(forged.pem) == (identity_of(forged.certificate))
    assert identity(forged.pem).issuer == real.issuer
    assert identity(forged.pem).serial == real.serial
    assert watch.identify(escaped(forged.pem)) is None


@pytest.mark.parametrize("shown", ["", "nonsense", "%", "-----BEGIN CERTIFICATE-----", "x" * 200_000])
def test_what_is_no_certificate_is_nobody_s(watch: CrlWatch, shown: str) -> None:
    assert watch.identify(shown) is None


def test_who_was_known_is_not_known_any_more_when_the_authority_goes(
    home: Home, watch: CrlWatch, clock: Clock
) -> None:
    root = made("Outside Root", uses=SIGNS)
    crm = escaped(made("crm", root, ca=False).pem)
    published = (home.tls / "client-ca.pem").read_bytes()
    (home.tls / "client-ca.pem").write_bytes(published + root.pem)
    assert watch.identify(crm) is not None
    assert watch.identify(crm) is watch.identify(crm), "remembered"
    (home.tls / "client-ca.pem").write_bytes(published)
    clock.later()
    assert watch.identify(crm) is None


def test_what_is_remembered_is_bounded(home: Home, watch: CrlWatch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crl_watch, "MOST_REMEMBERED", 2)
    for name in ("crm-1", "crm-2", "crm-3"):
        home.issue(name)
        assert watch.identify(escaped(home.given(name).read_bytes())) is not None
    assert len(watch._loaded.shown) == 1


def test_the_files_are_looked_at_once_a_second_and_read_when_they_changed(
    home: Home, watch: CrlWatch, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    loads: list[None] = []
    looks: list[None] = []
    load, mark = crl_watch._load, crl_watch.mark
    monkeypatch.setattr(crl_watch, "_load", lambda *given: (loads.append(None), load(*given))[1])
    monkeypatch.setattr(crl_watch, "mark", lambda path: (looks.append(None), mark(path))[1])
    home.issue()
    one = identity(home.given().read_bytes())
    for _ in range(10):
        for _ in range(1_000):
            watch.revoked(one.serial, one.issuer)
        clock.later()
    assert len(loads) == 1
    assert len(looks) == 20


def test_many_threads_may_ask_while_the_file_is_exchanged(home: Home, watch: CrlWatch, clock: Clock) -> None:
    home.issue()
    one = identity(home.given().read_bytes())
    wrong: list[bool] = []
    done = threading.Event()

    def ask() -> None:
        while not done.is_set():
            wrong.append(watch.revoked(one.serial, one.issuer))

    askers = [threading.Thread(target=ask) for _ in range(4)]
    for asker in askers:
        asker.start()
    content = (home.tls / "client-crl.pem").read_bytes()
    for _ in range(50):
        new = home.tls / "new"
        new.write_bytes(content)
        new.replace(home.tls / "client-crl.pem")
        clock.later()
    done.set()
    for asker in askers:
        asker.join()
    assert wrong
    assert not any(wrong)


def test_what_is_no_certificate_has_no_identity() -> None:
    with pytest.raises(CaError, match="that is no certificate in PEM"):
        identity(b"nothing")
