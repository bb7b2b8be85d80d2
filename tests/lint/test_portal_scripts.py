"""The portal's scripts stay small: a telephone on a poor line has them at once (W2)."""

import gzip

from workbench import ROOT

MOST = 60_000
"""Octets of all together, compressed."""


def test_all_scripts_together_are_small() -> None:
    scripts = [path.read_bytes() for path in (ROOT / "usnd/web/portal/static").glob("*.js")]
    assert scripts
    assert sum(len(gzip.compress(script)) for script in scripts) <= MOST
