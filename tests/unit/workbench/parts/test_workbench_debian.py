"""Proves what is read from apt's own answers."""

from workbench.parts.debian import Deb, debs_in, mirror_in

UPDATE = """\
'http://third.example/apt/dists/stable/InRelease' third.example_apt_dists_stable_InRelease 0
'http://mirror.example/debian-security/dists/bookworm-security/InRelease' x 0
'http://mirror.example/debian/dists/bookworm-updates/InRelease' y 0
'http://mirror.example/debian/dists/bookworm/InRelease' z 0
'http://mirror.example/debian/dists/bookworm/main/binary-amd64/Packages.xz' p 0
"""
INSTALL = """\
Reading package lists...
'http://mirror.example/debian/pool/main/a/a/a_1%2b2_amd64.deb' a_1+2_amd64.deb 1024 SHA256:00
'http://mirror.example/debian/pool/main/b/b/b_1_all.deb' b_1_all.deb 2048 SHA256:11
"""


def test_the_mirror_is_the_main_archive_of_the_release_not_security_nor_a_third_party() -> None:
    assert mirror_in(UPDATE, "bookworm") == "http://mirror.example/debian"


def test_no_mirror_where_apt_knows_none() -> None:
    assert mirror_in(UPDATE, "trixie") is None
    assert mirror_in("", "bookworm") is None


def test_the_package_files_and_their_sizes_are_read() -> None:
    assert debs_in(INSTALL) == [Deb("a_1+2_amd64.deb", 1024), Deb("b_1_all.deb", 2048)]
    assert debs_in("Reading package lists...\n") == []
