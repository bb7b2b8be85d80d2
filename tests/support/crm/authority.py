"""A certificate authority for one test, by openssl: a server's certificate and those of terminals.

An authority is a directory: `ca.pem`, `ca.key`, `ca.crl`, and of each name that was issued `.pem` and `.key`.
"""

import subprocess
from collections.abc import Sequence
from pathlib import Path

SETTINGS = """\
[ca]
default_ca = ours
[ours]
dir = .
database = index
serial = serial
new_certs_dir = .
certificate = ca.pem
private_key = ca.key
default_md = sha256
default_days = 2
default_crl_days = 2
policy = any
copy_extensions = copy
x509_extensions = issued
unique_subject = no
[any]
organizationName = optional
commonName = supplied
[req]
distinguished_name = name
x509_extensions = authority
[name]
[authority]
basicConstraints = critical,CA:true
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
[issued]
basicConstraints = CA:false
authorityKeyIdentifier = keyid
"""
KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
LONG_AGO = ("20200101000000Z", "20200102000000Z")
LONG_HENCE = ("20990101000000Z", "20990102000000Z")


class Authority:
    """One authority in a directory of its own."""

    def __init__(self, place: Path, name: str = "authority", above: "Authority | None" = None) -> None:
        """Makes it, with an empty list of revoked certificates. `above`: who signs it, else itself."""
        self.place = place
        (place / "settings").write_text(SETTINGS)
        (place / "index").touch()
        (place / "serial").write_text("01\n")
        own = ("-keyout", str(place / "ca.key"), "-subj", f"/CN={name}")
        if above is None:
            self._openssl("req", "-x509", *KEY, *own, "-out", "ca.pem", "-days", "2")
        else:
            asked, made = str(place / "ca.csr"), str(place / "ca.pem")
            self._openssl("req", "-new", *KEY, *own, "-out", asked)
            above._openssl("ca", "-batch", "-notext", "-extensions", "authority", "-in", asked, "-out", made)
        self.list_revoked()

    @classmethod
    def with_key_of(cls, place: Path, certificate: Path, key: Path) -> "Authority":
        """An authority that is there already, to issue what it would not: of odd dates, by an odd name."""
        place.mkdir()
        one = cls.__new__(cls)
        one.place = place
        (place / "settings").write_text(f"{SETTINGS}extendedKeyUsage = clientAuth\n")
        (place / "index").touch()
        (place / "serial").write_text("0DD0\n")
        (place / "ca.pem").write_bytes(certificate.read_bytes())
        (place / "ca.key").write_bytes(key.read_bytes())
        return one

    def issue(
        self,
        name: str,
        subject: str | None = None,
        between: tuple[str, str] | None = None,
        more: Sequence[str] = (),
    ) -> None:
        """`name`.pem and .key. `subject`: else the name. `between`: from and until, else from now on."""
        files = ("-keyout", f"{name}.key", "-out", f"{name}.csr")
        self._openssl("req", "-new", *KEY, *files, "-utf8", "-subj", subject or f"/CN={name}", *more)
        dates = () if between is None else ("-startdate", between[0], "-enddate", between[1])
        self._openssl("ca", "-batch", "-notext", *dates, "-in", f"{name}.csr", "-out", f"{name}.pem")

    def revoke(self, name: str, to: str = "ca.crl") -> None:
        """It is on the list from now on, which is written to that file."""
        self._openssl("ca", "-revoke", f"{name}.pem")
        self.list_revoked(to=to)

    def list_revoked(self, between: tuple[str, str] | None = None, to: str = "ca.crl") -> None:
        """Writes the list of revoked certificates anew; `between`: from and until when it counts."""
        dates = () if between is None else ("-crl_lastupdate", between[0], "-crl_nextupdate", between[1])
        self._openssl("ca", "-gencrl", *dates, "-out", to)

    def serial(self, name: str) -> str:
        """Of a certificate, in hexadecimal digits."""
        said = self._openssl("x509", "-in", f"{name}.pem", "-noout", "-serial")
        return said.strip().partition("=")[2]

    def self_signed(self, name: str) -> None:
        """`name`.pem and .key, of no authority at all."""
        files = ("-keyout", f"{name}.key", "-out", f"{name}.pem", "-subj", f"/CN={name}")
        self._openssl("req", "-x509", *KEY, *files, "-days", "2")

    def _openssl(self, word: str, *words: str) -> str:
        config = () if word == "x509" else ("-config", "settings")
        done = subprocess.run(
            ["openssl", word, *config, *words], cwd=self.place, check=True, capture_output=True, text=True
        )
        return done.stdout


def make(place: Path, addresses: Sequence[str]) -> Authority:
    """An authority with `server` at the addresses, `terminal`, and `revoked`, which is.

    `leaver` is revoked by the list in `later.crl`.
    """
    authority = Authority(place)
    names = ",".join(f"IP:{address}" for address in addresses)
    authority.issue("server", more=("-addext", f"subjectAltName={names}"))
    authority.issue("terminal")
    authority.issue("revoked")
    authority.issue("leaver")
    authority.revoke("revoked")
    authority.revoke("leaver", "later.crl")
    return authority
