"""The pictures of the subscriber's manual: each is shown, none is missing, together they are small."""

import re

from workbench import ROOT
from workbench.docs.portal_pictures import FOLDER, PICTURES, WINDOWS

MANUAL = ROOT / "docs/subscriber/README.md"
MOST_OCTETS = 2_000_000


def test_the_manual_shows_each_picture_and_no_other() -> None:
    there = {path.name for path in FOLDER.iterdir()}
    shown = set(re.findall(r"\(pictures/([\w.-]+)\)", MANUAL.read_text()))
    taken = {f"{one.name}-{window}.webp" for one in PICTURES if one.in_manual for window in WINDOWS}
    assert shown == there == taken


def test_all_of_them_are_small() -> None:
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < MOST_OCTETS
