"""Libraries and fonts that the PDF of a usage summary is made with on a node, for a machine without them.

The packages are those that the role installs. Used by tests, and by whoever shows a summary on a workstation.
"""

import re
from pathlib import Path

from workbench.parts import debian

_ROLE = Path(__file__).parents[2] / "roles/usnd/vars/main.yml"
_OF_HOST = ("libc6_", "libgcc-s1_", "libstdc++6_")
"""The Python that loads the others has its own."""
_FONTS = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>{fonts}</dir><cachedir>{cache}</cachedir></fontconfig>
"""


def packages() -> list[str]:
    """That the role installs for it."""
    listed = re.search(r"^__usnd_pdf_packages:\n((?:  - \S+\n)+)", _ROLE.read_text(), re.MULTILINE)
    assert listed is not None, _ROLE
    return re.findall(r"  - (\S+)\n", listed[1])


def pdf_tree() -> Path:
    """The unpacked packages, of this machine's release. Raises DebianError."""
    return debian.tree(debian.host_suite(), packages(), skip=_OF_HOST)


def environment(place: Path) -> dict[str, str]:
    """What the process that makes the PDF needs. place: a directory for it. Raises DebianError."""
    tree = pdf_tree()
    settings = place / "fonts.conf"
    settings.write_text(_FONTS.format(fonts=tree / "usr/share/fonts", cache=place / "fonts"))
    return {**debian.libraries(tree), "FONTCONFIG_FILE": str(settings)}
