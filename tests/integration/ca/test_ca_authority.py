"""What the authority issues, renews and revokes, by the word of the real OpenSSL (P2)."""

import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from ca_home import Home
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, pkcs12
from outside_authorities import DAY, NOW, openssl, verdict

from usnd.ca.authority import AUTHORITY_FOR, Order, init, opened
from usnd.ca.disk import CaError, alone
from usnd.ca.pem import request_in
from usnd.ca.record import Kind, Reason

EC_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1")


def request(home: Path, name: str = "crm", *key: str, subject: str = "/CN=anything") -> Path:
    path = home / f"{name}.csr"
    more = ("-nodes", "-keyout", home / f"{name}.key", "-out", path, "-subj", subject)
    openssl("req", "-new", *(key or EC_KEY), *more)
    return path


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_the_authority_is_its_owner_s_and_signs_no_other_authority(home: Home) -> None:
    assert mode(home.ca) == 0o700
    assert mode(home.ca / "ca.key") == mode(home.ca / "record.json") == 0o600
    said = openssl("x509", "-in", home.ca / "ca.pem", "-noout", "-text")
    assert "CA:TRUE, pathlen:0" in said
    assert "Certificate Sign, CRL Sign" in said
    assert "Digital Signature" not in said
    assert "ASN1 OID: prime256v1" in said


def test_a_terminal_s_certificate_is_believed_as_a_client_only(home: Home) -> None:
    home.issue()
    assert verdict(home.tls, home.given()) == "OK"
    assert "purpose" in verdict(home.tls, home.given(), purpose="sslserver")
    said = openssl("x509", "-in", home.given(), "-noout", "-text")
    assert "TLS Web Client Authentication" in said
    assert "CA:FALSE" in said


def test_serial_numbers_have_twenty_random_octets(home: Home) -> None:
    serials = [int(home.issue(f"crm-{one}").serial, 16) for one in range(5)]
    assert len(set(serials)) == 5
    assert all(serial.bit_length() <= 159 for serial in serials)
    assert max(serial.bit_length() for serial in serials) > 150


def test_what_is_handed_out_is_whole_and_for_its_owner_only(home: Home) -> None:
    home.issue()
    given = home.home / "crm-1"
    assert mode(given) == 0o700
    names = {path.name: mode(path) for path in given.iterdir()}
    files = ("ca.pem", "crm-1.key", "crm-1.p12", "crm-1.p12.password", "crm-1.pem")
    assert names == dict.fromkeys(files, 0o600)
    password = ("-passin", f"file:{given / 'crm-1.p12.password'}")
    said = openssl("pkcs12", "-in", given / "crm-1.p12", *password, "-info", "-nokeys")
    assert "AES-256-CBC" in said
    assert said.count("BEGIN CERTIFICATE") == 2
    secret = (given / "crm-1.p12.password").read_bytes().strip()
    key, certificate, _more = pkcs12.load_key_and_certificates((given / "crm-1.p12").read_bytes(), secret)
    assert key is not None
    assert certificate is not None
    assert key.public_key() == certificate.public_key()


@pytest.mark.parametrize(
    "key", [EC_KEY, ("-newkey", "rsa:2048"), ("-newkey", "ed25519")], ids=["P-256", "RSA", "Ed25519"]
)
def test_a_request_gets_a_certificate_of_our_name_and_its_key_stays_away(
    home: Home, tmp_path: Path, key: tuple[str, ...]
) -> None:
    csr = request(tmp_path, "crm", *key, subject="/O=Somebody/CN=admin")
    with opened(home.ca, NOW) as ours:
        ours.issue(Order("crm-1", Kind.TERMINAL, tmp_path / "out", key=request_in(csr)))
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["ca.pem", "crm-1.pem"]
    assert verdict(home.tls, tmp_path / "out/crm-1.pem") == "OK"
    subject = openssl("x509", "-in", tmp_path / "out/crm-1.pem", "-noout", "-subject", "-nameopt", "RFC2253")
    assert subject.strip() == "subject=CN=crm-1"


def test_a_server_s_certificate_has_its_names_and_addresses(home: Home) -> None:
    home.issue("usn", Kind.SERVER, ("usn.example.com", "192.0.2.10", "2001:db8::1"))
    assert verdict(home.tls, home.given("usn"), purpose="sslserver") == "OK"
    assert "purpose" in verdict(home.tls, home.given("usn"))
    for check in (("-checkhost", "usn.example.com"), ("-checkip", "192.0.2.10"), ("-checkip", "2001:db8::1")):
        assert "does match" in openssl("x509", "-in", home.given("usn"), "-noout", *check)


def test_a_revoked_certificate_is_on_the_published_list_and_no_other(home: Home) -> None:
    home.issue()
    home.issue("crm-2")
    home.revoke("crm-1", Reason.KEY_COMPROMISE)
    assert verdict(home.tls, home.given()) == "certificate revoked"
    assert verdict(home.tls, home.given("crm-2")) == "OK"
    said = openssl("crl", "-in", home.tls / "client-crl.pem", "-noout", "-text")
    assert "Key Compromise" in said
    assert said.count("Serial Number:") == 1


def test_a_list_holds_for_14_days_and_has_the_next_number(home: Home) -> None:
    with opened(home.ca, NOW) as ours:
        first, second = ours.write_list(), ours.write_list()
    assert second.next_update_utc == NOW + 14 * DAY
    numbers = [
        one.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number for one in (first, second)
    ]
    assert numbers == [2, 3]


def test_a_renewed_authority_still_vouches_for_what_it_issued(home: Home) -> None:
    home.issue(lasts=3650 * DAY)
    late = NOW + AUTHORITY_FOR - 5 * DAY
    with opened(home.ca, late) as ours:
        ours.renew_authority()
        ours.write_list()
        ours.publish()
    assert verdict(home.tls, home.given(), NOW + 3649 * DAY) == "OK"


def test_a_certificate_does_not_outlive_the_authority(home: Home) -> None:
    with opened(home.ca, NOW + AUTHORITY_FOR - DAY) as ours:
        one = ours.issue(Order("crm-1", Kind.TERMINAL, home.home / "crm-1"))
        assert one.ends == ours.certificate.not_valid_after_utc
    with (
        opened(home.ca, NOW + AUTHORITY_FOR + DAY) as ours,
        pytest.raises(CaError, match="renew --authority"),
    ):
        ours.issue(Order("crm-2", Kind.TERMINAL, home.home / "crm-2"))


def test_a_stolen_key_gets_no_certificate_again(home: Home, tmp_path: Path) -> None:
    key = request_in(request(tmp_path))
    with opened(home.ca, NOW) as ours:
        ours.issue(Order("crm-1", Kind.TERMINAL, tmp_path / "one", key=key))
        ours.revoke(ours.record.named("crm-1"), Reason.KEY_COMPROMISE)
        with pytest.raises(CaError, match="was revoked as stolen: make one with a new key"):
            ours.issue(Order("crm-1", Kind.TERMINAL, tmp_path / "two", key=key))
    assert not (tmp_path / "two").exists()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is no certificate request"),
        (
            b"-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n",
            "is no certificate",
        ),
        (b"x" * 70_000, "is larger than 65536 octets"),
        (None, "there is no such file"),
    ],
)
def test_what_is_no_request_is_said(tmp_path: Path, content: bytes | None, words: str) -> None:
    path = tmp_path / "crm.csr"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(CaError, match=words):
        request_in(path)


def test_a_request_with_a_weak_key_or_a_wrong_signature_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CaError, match="an RSA key of 1024 bits is too short"):
        request_in(request(tmp_path, "weak", "-newkey", "rsa:1024"))
    good = request(tmp_path)
    der = bytearray(x509.load_pem_x509_csr(good.read_bytes()).public_bytes(Encoding.DER))
    der[der.index(b"anything")] ^= 1
    good.write_bytes(der)
    with pytest.raises(CaError, match="is not signed with its own key"):
        request_in(good)


def test_an_authority_is_never_replaced(home: Home) -> None:
    before = (home.ca / "ca.pem").read_bytes()
    with pytest.raises(CaError, match="is not empty: an authority is never replaced"):
        init(home.ca, None, (), NOW)
    assert (home.ca / "ca.pem").read_bytes() == before


def test_one_that_others_can_read_signs_nothing(home: Home) -> None:
    for path in (home.ca / "ca.key", home.ca):
        before = mode(path)
        path.chmod(before | 0o040)
        with pytest.raises(CaError, match="others than its owner may read it: `chmod"), opened(home.ca, NOW):
            pass
        path.chmod(before)


def test_what_is_missing_or_broken_is_said(home: Home, tmp_path: Path) -> None:
    with (
        pytest.raises(CaError, match="there is no authority: make one with `usnd ca init`"),
        opened(tmp_path / "other", NOW),
    ):
        pass
    (home.ca / "record.json").write_text("{")
    with pytest.raises(CaError, match=r"record\.json: cannot be understood"), opened(home.ca, NOW):
        pass


def test_an_authority_with_the_key_of_another_signs_nothing(home: Home, tmp_path: Path) -> None:
    init(tmp_path / "other", None, (), NOW)
    (home.ca / "ca.key").write_bytes((tmp_path / "other/ca.key").read_bytes())
    with opened(home.ca, NOW) as ours, pytest.raises(CaError, match=r"is not the key of ca\.pem"):
        ours.write_list()


def test_a_spoilt_list_is_written_anew_with_all_that_are_revoked(home: Home) -> None:
    home.issue()
    home.revoke()
    (home.ca / "crl.pem").write_text("spoilt")
    home.publish()
    assert verdict(home.tls, home.given()) == "certificate revoked"


def test_many_commands_at_once_lose_nothing(home: Home) -> None:
    names = [f"crm-{number}" for number in range(12)]
    with ThreadPoolExecutor(len(names)) as pool:
        serials = {one.serial for one in pool.map(home.issue, names)}
    with opened(home.ca, NOW) as ours:
        assert {one.serial for one in ours.record.issued} == serials
        assert all(one.handed_out for one in ours.record.issued)
    assert len(serials) == len(names)


def test_a_command_waits_for_another_one_and_says_so_in_the_end(home: Home) -> None:
    with alone(home.ca), pytest.raises(CaError, match="another `usnd ca` works on"), alone(home.ca, 0.1):
        pass


def test_a_certificate_is_kept_for_a_year_behind_its_end_and_then_forgotten(home: Home) -> None:
    home.issue()
    late = NOW + timedelta(days=730 + 366)
    with opened(home.ca, late) as ours:
        ours.issue(Order("crm-2", Kind.TERMINAL, home.home / "crm-2"))
        assert [one.name for one in ours.record.issued] == ["crm-2"]


@pytest.mark.parametrize(
    ("out", "words"), [("there", "is there already"), ("no/where", "there is no such directory: make it")]
)
def test_a_place_that_cannot_be_made_is_refused_before_anything_is_issued(
    home: Home, out: str, words: str
) -> None:
    (home.home / "there").mkdir()
    with opened(home.ca, NOW) as ours:
        with pytest.raises(CaError, match=words):
            ours.issue(Order("crm-1", Kind.TERMINAL, home.home / out))
        assert ours.record.issued == ()
