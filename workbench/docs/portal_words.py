"""Brings the portal's translations up to date with its pages: `python -m workbench.docs.portal_words`.

What is marked in code and templates is what has to be translated. A text that is new stands in each file with
an empty translation, to be filled in; one that is gone is taken out.
"""

from io import BytesIO

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from usnd.web.portal.pages.own.help import TEXTS
from usnd.web.portal.words import DOMAIN, ENGLISH, LANGUAGES
from workbench import ROOT

PORTAL = ROOT / "usnd/web/portal"
_METHODS = [("**.py", "python"), ("templates/**.html", "jinja2.ext:babel_extract")]
_OPTIONS = {"templates/**.html": {"trimmed": "false", "newstyle_gettext": "true"}}
_KEYWORDS = {"N_": None, "NN_": (1, 2), "gettext": None, "ngettext": (1, 2)}


def marked() -> Catalog:
    """All that is to be translated."""
    catalog = Catalog(domain="portal", fuzzy=False)
    found = extract_from_dir(str(PORTAL), _METHODS, _OPTIONS, _KEYWORDS, comment_tags=("Translators:",))
    for _file, _line, message, _comments, _context in found:
        catalog.add(message)
    for text in TEXTS:
        catalog.add(text)
    return catalog


def translated(code: str) -> Catalog:
    """The file of a language as it is to be: with all that is marked, and nothing else."""
    place = PORTAL / "locale" / code / DOMAIN
    known = Catalog(locale=code, domain="portal")
    if place.is_file():
        with place.open("rb") as opened:
            known = read_po(opened, locale=code, domain="portal")
    known.update(marked(), no_fuzzy_matching=True)
    known.obsolete.clear()
    return known


def text_of(catalog: Catalog) -> bytes:
    """As it is kept: in the order of the texts, without places and dates, which change by themselves."""
    written = BytesIO()
    write_po(written, catalog, width=110, no_location=True, omit_header=True, sort_output=True)
    return written.getvalue()


if __name__ == "__main__":
    for language in LANGUAGES:
        if language != ENGLISH:
            file = PORTAL / "locale" / language / DOMAIN
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(text_of(translated(language)))
