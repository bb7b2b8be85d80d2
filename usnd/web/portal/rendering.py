"""Pages of HTML out of the templates, in the reader's language; and the files that go with them.

Whatever is shown is escaped; a value that a template names and nobody gave is an error, not an empty place.
Style, script and icons are served by us alone, under a name that has their digest, so that browsers may keep
them.
"""

import hashlib
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

import jinja2
from jinja2 import Environment, PackageLoader, StrictUndefined

from usnd.web.portal.navigation import PLACES
from usnd.web.portal.words import Language

PACKAGE = "usnd.web.portal"
HTML = "text/html; charset=utf-8"
_KINDS = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


class Static:
    """The files in static/, read once."""

    def __init__(self) -> None:
        found = {one.name: one.read_bytes() for one in (files(PACKAGE) / "static").iterdir()}
        digest = hashlib.sha256(b"".join(found[name] for name in sorted(found))).hexdigest()
        self.version = digest[:16]
        self._files = {name: octets for name, octets in found.items() if self._kind(name)}

    def path(self, name: str) -> str:
        """Where a page finds it."""
        if name not in self._files:
            raise LookupError(f"there is no static/{name}")
        return f"/static/{self.version}/{name}"

    def get(self, name: str) -> tuple[bytes, str] | None:
        """Its octets and what they are."""
        octets = self._files.get(name)
        return None if octets is None else (octets, self._kind(name))

    @staticmethod
    def _kind(name: str) -> str:
        return _KINDS.get(name[name.rfind(".") :], "")


class Pages:
    """Of all languages."""

    def __init__(self, static: Static) -> None:
        self._static = static
        self._of: dict[str, Environment] = {}

    def render(self, template: str, language: Language, values: Mapping[str, object]) -> bytes:
        """The whole page."""
        return self.text(template, language, values).encode("utf-8", "replace")

    def text(self, template: str, language: Language, values: Mapping[str, object]) -> str:
        """A page, or a part of one."""
        return self._environment(language).get_template(template).render(values)

    def _environment(self, language: Language) -> Environment:
        if language.code not in self._of:
            self._of[language.code] = self._made(language)
        return self._of[language.code]

    def _made(self, language: Language) -> Environment:
        environment: Any = Environment(
            loader=PackageLoader(PACKAGE),
            autoescape=True,
            undefined=StrictUndefined,
            extensions=["jinja2.ext.i18n"],
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        environment.install_gettext_callables(language.gettext, language.ngettext, newstyle=True)
        environment.globals.update(
            say=language.say,
            lang=language.code,
            dir=language.direction,
            static=self._static.path,
            places=PLACES,
        )
        made: jinja2.Environment = environment
        return made
