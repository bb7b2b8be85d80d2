"""The training videos that a release brings: those of build/videos/, if they show the portal of this tree.

`make videos` records them, which takes minutes, so that a release is not made to wait for them: it goes
without, and says so.
"""

import hashlib
from collections.abc import Callable
from pathlib import Path

from workbench import ROOT

PLACE = ROOT / "build/videos"
STAMP = "recorded-from"
"""In the directory, written last: the key of the portal that they show."""
SHOWN = ("usnd/web/portal/**/*", "workbench/videos/*.py")
KINDS = (".webm", ".jpg", ".vtt")
Report = Callable[[str], None]


def portal_key(root: Path = ROOT) -> str:
    """Of what the videos show, and of their script."""
    digest = hashlib.sha256()
    for pattern in SHOWN:
        for path in sorted(root.glob(pattern)):
            if path.is_file() and "__pycache__" not in path.parts:
                digest.update(f"{path.relative_to(root)}\n".encode())
                digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def current(report: Report, place: Path = PLACE) -> list[Path]:
    """The files for the release; none where they are not there, or show another portal."""
    stamp = place / STAMP
    if not stamp.is_file():
        report("the release has no training videos: `make videos` records them")
        return []
    if stamp.read_text().strip() != portal_key():
        report("the release has no training videos: the portal has changed since; `make videos` records them")
        return []
    return sorted(path for path in place.iterdir() if path.suffix in KINDS)
