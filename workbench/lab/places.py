"""What the lab is made of: directories, all of them fetched before anything enters the lab's network.

Called by `workbench.lab` outside, read by the process inside the namespaces, which nothing leaves.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

from workbench.lab.bare import bare_root
from workbench.parts.node_js import packages
from workbench.parts.voice.asterisk import asterisk_tree


@dataclass(frozen=True)
class Places:
    """bare: the servers' file system. finished: layers over it, of a former run; None: bare servers.

    asterisk: of the mobile switch. smsc: node-smpp and what it needs.
    """

    bare: Path
    asterisk: Path
    smsc: Path
    finished: Path | None = None

    def as_json(self) -> str:
        """For a command line."""
        return json.dumps({name: str(place) for name, place in asdict(self).items() if place})

    @classmethod
    def from_json(cls, text: str) -> Self:
        """What `as_json` gave."""
        return cls(**{name: Path(place) for name, place in json.loads(text).items()})


def fetched(finished: Path | None) -> Places:
    """Into the cache, where it is not yet. Raises DebianError, NodeError."""
    return Places(bare_root(), asterisk_tree(), packages(), finished)
