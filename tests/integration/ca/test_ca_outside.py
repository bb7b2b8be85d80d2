"""Authorities of others: what is refused, in words, is what the real OpenSSL would refuse in silence (P2)."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from ca_home import Home
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from outside_authorities import (
    CLIENT,
    DAY,
    NOW,
    SERVER,
    SIGNS,
    Made,
    listed,
    made,
    openssl,
    signed_with_sha1,
    verdict,
)

from usnd.ca.authority import fingerprint, opened
from usnd.ca.crl_watch import CrlWatch
from usnd.ca.designation import terminal_in
from usnd.ca.disk import CaError, read
from usnd.ca.findings import Finding, of_files
from usnd.ca.pem import certificates_in, lists_in, lists_of, pem
from usnd.ca.trust import outside, trust, untrust, without_list

ROOT = made("Outside Root", uses=SIGNS)
ISSUING = made("Outside Issuing", ROOT, uses=SIGNS, below=0)
CRM = made("crm", ISSUING, ca=False, purpose=CLIENT)
LISTS = [listed(ISSUING), listed(ROOT)]
CHAIN = [ISSUING.certificate, ROOT.certificate]


def believed(home: Home, certificates: list[x509.Certificate], lists: list[Any]) -> None:
    with opened(home.ca, NOW) as ours:
        trust(ours, certificates, lists)
    home.publish()


def refused(home: Home, certificates: list[x509.Certificate], lists: list[Any]) -> str:
    """Why; nothing may have changed by it."""
    with opened(home.ca, NOW) as ours:
        before = ours.record, sorted(path.name for path in home.ca.iterdir())
        with pytest.raises(CaError) as caught:
            trust(ours, certificates, lists)
        assert (ours.record, sorted(path.name for path in home.ca.iterdir())) == before
    return str(caught.value)


def said(home: Home, terminal: Made, *sent: Made) -> str:
    """Of a terminal that sends these certificates behind its own."""
    path = home.home / "terminal.pem"
    path.write_bytes(b"".join(one.pem for one in (terminal, *sent)))
    return verdict(home.tls, path)


def test_a_whole_chain_with_a_list_of_each_is_believed(home: Home) -> None:
    home.issue()
    believed(home, CHAIN, LISTS)
    assert said(home, CRM) == "OK"
    assert verdict(home.tls, home.given()) == "OK"


def test_an_intermediate_without_its_root_is_refused_since_openssl_believes_nobody_below(home: Home) -> None:
    assert "whose certificate is not here. nginx believes nobody below it" in refused(home, CHAIN[:1], [])
    (home.tls / "client-ca.pem").write_bytes((home.tls / "client-ca.pem").read_bytes() + ISSUING.pem)
    assert said(home, CRM) == "unable to get issuer certificate"


def test_without_any_of_its_lists_nobody_is_heard_and_it_is_said(home: Home) -> None:
    believed(home, CHAIN, LISTS[:1])
    assert said(home, CRM) == "unable to get certificate CRL"
    with opened(home.ca, NOW) as ours:
        assert without_list(ours) == ["O=Example\\, Ltd,CN=Outside Root"]
    believed(home, [], LISTS[1:])
    assert said(home, CRM) == "OK"


def test_a_revoked_terminal_of_theirs_is_refused_by_their_next_list(home: Home) -> None:
    believed(home, CHAIN, LISTS)
    believed(home, [], [listed(ISSUING, [CRM.certificate], begins=-timedelta(minutes=1))])
    assert said(home, CRM) == "certificate revoked"
    why = refused(home, [], LISTS)
    assert "older than the one that is in force" in why


@pytest.mark.parametrize(
    ("terminal", "why"),
    [
        (made("crm", made("Outside Root", uses=SIGNS), ca=False), "certificate signature failure"),
        (made("crm", made("Else", uses=SIGNS), ca=False), "unable to get local issuer certificate"),
        (made("crm", ROOT, ca=False, ends=-timedelta(minutes=1)), "certificate has expired"),
        (made("crm", ROOT, ca=False, purpose=SERVER), "unsuitable certificate purpose"),
    ],
    ids=["other-key-same-name", "other-authority", "expired", "wrong-purpose"],
)
def test_a_bad_terminal_is_not_believed(home: Home, terminal: Made, why: str) -> None:
    believed(home, CHAIN, LISTS)
    assert said(home, terminal) == why


def test_a_terminal_vouches_for_nobody(home: Home) -> None:
    """Neither one of theirs, nor one of ours that has its own key."""
    believed(home, CHAIN, LISTS)
    assert said(home, made("crm-2", CRM, ca=False), CRM) == "invalid CA certificate"
    home.issue()
    key = load_pem_private_key(home.given().with_suffix(".key").read_bytes(), None)
    ours = Made(x509.load_pem_x509_certificate(home.given().read_bytes()), key)
    assert said(home, made("crm-2", ours, ca=False), ours) == "invalid CA certificate"


@pytest.mark.parametrize(
    ("authority", "words"),
    [
        (made("X", ca=False), "is no authority's certificate"),
        (made("X", ca=None), "is no authority's certificate"),
        (made("X", uses={"crl_sign": True}), "may not sign certificates, by its key usage"),
        (made("X", uses={"key_cert_sign": True}), "may not sign revocation lists"),
        (made("X", ends=-DAY / 2), "ended on"),
        (made("X", begins=DAY), "begins on"),
        (made("X", key=rsa.generate_private_key(65537, 1024)), "an RSA key of 1024 bits is too short"),
        (made("X", key=ec.generate_private_key(ec.SECP192R1())), "too short: take P-256 at least"),
    ],
    ids=["ca-false", "no-constraints", "no-signing", "no-lists", "ended", "not-begun", "rsa-1024", "p-192"],
)
def test_what_is_no_usable_authority_is_refused(home: Home, authority: Made, words: str) -> None:
    assert words in refused(home, [authority.certificate], [])


def test_what_is_signed_with_sha1_is_refused_in_plain_words(home: Home, tmp_path: Path) -> None:
    weak = signed_with_sha1(
        ROOT.save(tmp_path / "root.pem"), tmp_path / "weak.pem", "basicConstraints=critical,CA:TRUE"
    )
    why = refused(home, [*certificates_in(weak), ROOT.certificate], [])
    assert "is signed with SHA-1, which is forged too easily" in why
    assert why.endswith("Ask whoever signed it for the same, signed with SHA-256")


def test_a_root_that_signed_itself_with_sha1_is_trusted_and_its_list_by_sha1_is_not(
    home: Home, tmp_path: Path
) -> None:
    root, key = tmp_path / "root.pem", tmp_path / "root.key"
    new = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=Old Root")
    openssl("req", "-x509", *new, "-sha1", "-days", 100, "-keyout", key, "-out", root)
    (tmp_path / "index.txt").touch()
    settings = tmp_path / "ca.cnf"
    settings.write_text(f"[ca]\ndefault_ca=x\n[x]\ndatabase={tmp_path}/index.txt\ndefault_crl_days=5\n")
    lists = tmp_path / "root.crl"
    openssl(
        "ca", "-config", settings, "-gencrl", "-cert", root, "-keyfile", key, "-md", "sha1", "-out", lists
    )
    with opened(home.ca, NOW + DAY) as ours:  # OpenSSL's certificate begins now
        trust(ours, certificates_in(root), [])
        with pytest.raises(CaError, match="a list of CN=Old Root: is signed with SHA-1"):
            trust(ours, [], lists_of(lists))


def test_an_authority_too_far_below_is_refused(home: Home) -> None:
    deep = made("Deep", ISSUING)
    assert "allows no authority so far below it" in refused(home, [deep.certificate, *CHAIN], [])


def test_two_authorities_of_one_name_cannot_be_told_apart_and_ours_is_never_theirs(home: Home) -> None:
    believed(home, [ROOT.certificate], LISTS[1:])
    other = made("Outside Root")
    assert "another authority of that name with another key" in refused(home, [other.certificate], [])
    both = [made("Same").certificate, made("Same").certificate]
    assert "another authority of that name with another key" in refused(home, both, [])
    with opened(home.ca, NOW) as ours:
        ourselves = made(ours.certificate.subject)
    assert "is our own" in refused(home, [ourselves.certificate], [])


def test_a_renewed_certificate_of_theirs_takes_the_place_of_the_former(home: Home) -> None:
    believed(home, CHAIN, LISTS)
    newer = made("Outside Root", uses=SIGNS, key=ROOT.key, ends=900 * DAY)
    believed(home, [newer.certificate], [])
    with opened(home.ca, NOW) as ours:
        assert sorted(one.not_valid_after_utc for one in ours.outside) == [NOW + 365 * DAY, NOW + 900 * DAY]
        assert without_list(ours) == []
    assert said(home, CRM) == "OK"


def delta() -> tuple[x509.ExtensionType, bool]:
    return x509.DeltaCRLIndicator(1), True


def some_reasons() -> tuple[x509.ExtensionType, bool]:
    return point(only_some_reasons=frozenset({x509.ReasonFlags.key_compromise}))


def point(**scope: Any) -> tuple[x509.ExtensionType, bool]:
    """An issuing distribution point of that scope."""
    flags = ("user_certs", "ca_certs", "attribute_certs")
    fields = {f"only_contains_{one}": False for one in flags} | {"indirect_crl": False}
    names = dict.fromkeys(("full_name", "relative_name", "only_some_reasons"))
    return x509.IssuingDistributionPoint(**{**fields, **names, **scope}), True


AT = [x509.UniformResourceIdentifier("http://192.0.2.9/1.crl")]


@pytest.mark.parametrize(
    ("issuer", "more", "words"),
    [
        (ROOT, point(only_contains_user_certs=True), "is only for certificates of users"),
        (ROOT, point(full_name=AT), "is only for certificates that name its distribution point"),
        (ROOT, point(indirect_crl=True), "or what others revoked"),
        (ISSUING, point(only_contains_user_certs=True), None),
        (ROOT, point(only_contains_ca_certs=True), None),
    ],
    ids=["users", "point", "indirect", "users-below", "authorities-above"],
)
def test_a_list_is_taken_if_openssl_judges_the_authorities_by_it(
    home: Home, issuer: Made, more: tuple[x509.ExtensionType, bool], words: str | None
) -> None:
    one, other = listed(issuer, more=[more]), listed(ROOT if issuer is ISSUING else ISSUING)
    if words is None:
        believed(home, CHAIN, [one, other])
        assert said(home, CRM) == "OK"
        assert {row.state for row in findings(home) if row.is_list} == {"good"}
        return
    assert words in refused(home, CHAIN, [one, other])
    believed(home, CHAIN, [other])
    path = home.tls / "client-crl.pem"
    path.write_bytes(path.read_bytes() + pem(one))
    assert said(home, CRM) != "OK"
    (bad,) = [row for row in findings(home) if row.alarm]
    assert words in str(bad.trouble)


def findings(home: Home) -> list[Finding]:
    return of_files(None, CrlWatch(home.tls / "client-ca.pem", home.tls / "client-crl.pem", lambda: NOW), NOW)


@pytest.mark.parametrize(
    ("issuer", "more", "why"),
    [
        (ISSUING, point(full_name=AT), "is only for certificates that name its distribution point"),
        (ISSUING, point(only_contains_ca_certs=True), "is only for certificates of authorities"),
    ],
)
def test_a_terminal_that_its_list_is_not_for_is_not_designated(
    home: Home, issuer: Made, more: tuple[x509.ExtensionType, bool], why: str
) -> None:
    believed(home, CHAIN, [listed(issuer, more=[more]), listed(ROOT)])
    assert said(home, CRM) == "different CRL scope"
    watch = CrlWatch(home.tls / "client-ca.pem", home.tls / "client-crl.pem", lambda: NOW)
    with pytest.raises(CaError, match=why):
        terminal_in(home.home / "terminal.pem", watch, NOW)


def test_a_list_out_of_a_former_release_that_nginx_cannot_use_is_told(home: Home) -> None:
    believed(home, CHAIN, LISTS)
    with opened(home.ca, NOW) as ours:
        bad = listed(ROOT, more=[point(only_contains_user_certs=True)])
        ours.list_file(ROOT.certificate).write_bytes(pem(bad))
        assert "is only for certificates of users" in ours.unusable_lists()[0]


@pytest.mark.parametrize(
    ("one", "words"),
    [
        (listed(made("Nobody")), "that authority is not trusted here: give its certificate too"),
        (listed(ROOT, signer=ISSUING), "is not signed by that authority"),
        (listed(ROOT, begins=-9 * DAY, ends=-DAY), "ended on"),
        (listed(ROOT, begins=DAY), "begins on"),
        (listed(ROOT, more=[delta()]), "has only what changed since another one (delta): ask for the full"),
        (listed(ROOT, more=[some_reasons()]), "has only a part of what is revoked"),
    ],
    ids=["nobodys", "forged", "ended", "not-begun", "delta", "partial"],
)
def test_a_list_that_nginx_could_not_use_is_refused(home: Home, one: Any, words: str) -> None:
    assert words in refused(home, CHAIN, [one])


def test_who_is_trusted_no_more_is_not_believed_and_a_root_goes_last(home: Home) -> None:
    believed(home, CHAIN, LISTS)
    with opened(home.ca, NOW) as ours:
        with pytest.raises(CaError, match=r"is signed by .*, without which nobody is believed"):
            untrust(ours, outside(ours, fingerprint(ROOT.certificate)))
        untrust(ours, outside(ours, "O=Example\\, Ltd,CN=Outside Issuing"))
        untrust(ours, outside(ours, "O=Example\\, Ltd,CN=Outside Root"))
        with pytest.raises(CaError, match="is no authority that is trusted here"):
            outside(ours, "O=Example\\, Ltd,CN=Outside Root")
    home.publish()
    assert said(home, CRM) == "unable to get local issuer certificate"
    assert list(home.ca.glob("outside-*")) == []


def test_files_may_be_der_or_several_in_one_and_others_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(ROOT.certificate.public_bytes(Encoding.DER))
    assert certificates_in(path) == [ROOT.certificate]
    path.write_bytes(ROOT.pem + b"between\n" + ISSUING.pem)
    assert certificates_in(path) == [ROOT.certificate, ISSUING.certificate]
    path.write_bytes(LISTS[0].public_bytes(Encoding.DER))
    assert lists_in(read(path), path) == LISTS[:1]
    path.write_bytes(b"".join(one.public_bytes(Encoding.PEM) for one in LISTS))
    assert lists_in(read(path), path) == LISTS
    with pytest.raises(CaError, match="holds no certificate"):
        certificates_in(path)
    for content in (ROOT.pem, b"", b"nonsense", LISTS[0].public_bytes(Encoding.PEM)[:-40]):
        path.write_bytes(content)
        with pytest.raises(CaError, match=r"holds no revocation list|cannot be read"):
            lists_of(path)
    for content in (b"", b"nonsense", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"):
        path.write_bytes(content)
        with pytest.raises(CaError, match="holds no certificate, or one that cannot be read"):
            certificates_in(path)
    path.write_bytes(ROOT.pem * 101)
    with pytest.raises(CaError, match="has 101 certificates: at most 100"):
        certificates_in(path)
