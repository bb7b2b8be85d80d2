"""The parts of a live page as they are now, each with the version of its last change.

hub.py has one of these for each subscriber and language that somebody looks on in. A page is sent the parts
that have changed since what it was sent last, however long ago that was; a page that has just come, all.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import tzinfo

import msgspec

from usnd.domain.conference.picture import Picture
from usnd.web.portal.live.rows import head_of, row_of

Render = Callable[[str, Mapping[str, object]], str]
"""A template's name and its values; the HTML."""
HEAD = "conference"


@dataclass(slots=True)
class _Part:
    made_of: object
    html: str
    version: int


class Parts:
    """Of one subscriber in one language. zone: theirs."""

    def __init__(self, render: Render, zone: tzinfo) -> None:
        self._render, self._zone = render, zone
        self._parts = dict[str, _Part]()
        self._whole = 0
        """The version since when it is about the same conference."""
        self._about: int | None = -1
        self.version = 0

    def show(self, picture: Picture | None) -> bool:
        """How it is now, None: no conference runs. Whether anything is another than before."""
        before, self.version = self.version, self.version + 1
        about = None if picture is None else picture.conference
        if about != self._about:
            self._about, self._whole = about, self.version
            self._parts.clear()
        head = None if picture is None else head_of(picture, self._zone)
        self._keep(HEAD, head, "live_conference.html", {"head": head})
        for nth in range(0 if picture is None else len(picture.people)):
            assert picture is not None
            row = row_of(picture, nth, self._zone)
            self._keep(row.id, row, "live_person.html", {"row": row})
        if all(part.version < self.version for part in self._parts.values()):
            self.version = before
        return self.version != before

    def _keep(self, name: str, made_of: object, template: str, values: Mapping[str, object]) -> None:
        part = self._parts.get(name)
        if part is None or part.made_of != made_of:
            self._parts[name] = _Part(made_of, self._render(template, values), self.version)

    def since(self, version: int) -> bytes:
        """The message for a page that was sent that version last; 0: that was sent none."""
        whole = version < self._whole
        changed = [(name, part.html) for name, part in self._parts.items() if whole or part.version > version]
        said = msgspec.json.encode({"whole": whole, "parts": changed}).decode()
        return f"event: parts\nid: {self.version}\ndata: {said}\n\n".encode()
