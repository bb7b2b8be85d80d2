"""A certificate is designated only if nginx would believe it: what OpenSSL refuses is refused here (P2)."""

from datetime import timedelta
from pathlib import Path

import pytest
from ca_home import Home
from cryptography.hazmat.primitives.asymmetric import ec
from outside_authorities import CLIENT, DAY, NOW, SERVER, Made, made, openssl, signed_with_sha1, verdict

from usnd.ca.crl_watch import CrlWatch
from usnd.ca.designation import terminal_in
from usnd.ca.disk import CaError
from usnd.ca.places import AUTHORITIES, LISTS
from usnd.ca.record import Kind


def watch(home: Home) -> CrlWatch:
    return CrlWatch(home.tls / AUTHORITIES, home.tls / LISTS, lambda: NOW)


def refusal(home: Home, path: Path) -> str:
    with pytest.raises(CaError) as refused:
        terminal_in(path, watch(home), NOW)
    return str(refused.value)


def test_a_terminal_of_ours_is_named_by_serial_number_and_issuer(home: Home) -> None:
    issued = home.issue()
    found = terminal_in(home.given(), watch(home), NOW)
    assert (found.serial, found.not_after) == (issued.serial, issued.ends)
    assert verdict(home.tls, home.given()) == "OK"


def test_what_openssl_refuses_is_refused_with_the_reason(home: Home) -> None:
    home.issue("usn.example.com", Kind.SERVER, ("usn.example.com",))
    server = home.given("usn.example.com")
    assert verdict(home.tls, server) != "OK"
    assert "is a server's (no clientAuth" in refusal(home, server)
    home.issue("crm-2")
    home.revoke("crm-2")
    assert verdict(home.tls, home.given("crm-2")) == "certificate revoked"
    assert "is revoked, or its authority has no list in force" in refusal(home, home.given("crm-2"))
    home.issue("crm-3", lasts=timedelta(days=1))
    with pytest.raises(CaError, match=r"ended on .*: designate the newer one"):
        terminal_in(home.given("crm-3"), watch(home), NOW + 2 * DAY)


@pytest.mark.parametrize(
    ("one", "why"),
    [
        (made("crm", ca=False, purpose=CLIENT), "which is not trusted here"),
        (made("crm", ca=False), "does not say that it is a client's"),
        (made("crm", ca=True, purpose=CLIENT), "is an authority's"),
        (made("crm", ca=False, purpose=SERVER), "is a server's"),
        (made("crm", ca=False, purpose=CLIENT, begins=DAY), "is our clock right?"),
        (
            made("crm", ca=False, purpose=CLIENT, key=ec.generate_private_key(ec.SECP256K1())),
            "a key on secp256k1 is not taken in TLS",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_nobody_here_issued_is_refused_by_what_is_wrong_with_it(
    home: Home, tmp_path: Path, one: Made, why: str
) -> None:
    assert why in refusal(home, one.save(tmp_path / "crm.pem"))


def test_one_that_is_signed_with_sha1_is_refused_as_nginx_would(home: Home, tmp_path: Path) -> None:
    root = made("Outside Root").save(tmp_path / "root.pem")
    crm = signed_with_sha1(root, tmp_path / "crm.pem", "extendedKeyUsage=clientAuth")
    assert "digest algorithm too weak" in openssl(
        "verify", "-auth_level", 1, "-CAfile", root, crm, check=False
    )
    assert "is signed with SHA-1, which is forged too easily" in refusal(home, crm)


def test_without_the_published_files_nobody_is_designated(home: Home) -> None:
    home.issue()
    (home.tls / AUTHORITIES).unlink()
    assert "whom nginx believes cannot be read: " in refusal(home, home.given())
