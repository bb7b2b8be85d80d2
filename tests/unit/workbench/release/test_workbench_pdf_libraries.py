"""A node gets what the PDF of a usage summary is made with from the release, as it gets all packages."""

from workbench.release.packages import PACKAGES
from workbench.release.pdf_libraries import packages


def test_the_release_brings_what_the_role_installs_for_it() -> None:
    assert "libpango-1.0-0" in packages()
    assert set(packages()) <= set(PACKAGES)
