"""A certificate authority for one test: a server's certificate, a terminal's, and one that is revoked."""

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
[any]
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


def make(place: Path, addresses: Sequence[str]) -> None:
    """`ca.pem`, `ca.crl`; `.pem` and `.key` of `server` at the addresses, `terminal` and `revoked`."""
    (place / "settings").write_text(SETTINGS)
    (place / "index").touch()
    (place / "serial").write_text("01\n")

    def openssl(*words: str) -> None:
        subprocess.run(
            ["openssl", words[0], "-config", "settings", *words[1:]],
            cwd=place,
            check=True,
            capture_output=True,
        )

    own = ("-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=authority")
    openssl("req", "-x509", *KEY, *own, "-days", "2")
    names = ",".join(f"IP:{address}" for address in addresses)
    for who, more in (
        ("server", ("-addext", f"subjectAltName={names}")),
        ("terminal", ()),
        ("revoked", ()),
    ):
        files = ("-keyout", f"{who}.key", "-out", f"{who}.csr")
        openssl("req", "-new", *KEY, *files, "-subj", f"/CN={who}", *more)
        openssl("ca", "-batch", "-notext", "-in", f"{who}.csr", "-out", f"{who}.pem")
    openssl("ca", "-revoke", "revoked.pem")
    openssl("ca", "-gencrl", "-out", "ca.crl")
