"""What goes through the sign-in with somebody: the page that they asked for, and a form that is kept.

It is in hidden fields of each page on the way: the sign-in, and those of a forgotten password. Nothing of it
is stored. site.py begins it, and gives it back once they have signed in; these pages only pass it on.
"""

from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, unquote, urlencode

from usnd.domain.directory.model import Subscriber
from usnd.web.portal.kept_form import KeptForm, kept_in
from usnd.web.portal.visitor import Visitor

_TO, _OF = "to", "to-of"
_LONGEST_ADDRESS = 1000
HOME = "/"


@dataclass(frozen=True, slots=True)
class AskedFor:
    """A page of ours. to: its path. behind: what stood behind the `?`; of: the id of the subscriber whose
    session was over. Both are empty where nobody knows whose it was: the latter is for its writer.
    """

    to: str
    behind: str = ""
    of: str = ""

    @property
    def address(self) -> str:
        """To be redirected to."""
        return quote(self.to) + (f"?{self.behind}" if self.behind else "")

    @property
    def fields(self) -> dict[str, str]:
        """What says it to the next page."""
        return {_TO: self.address, **({_OF: self.of} if self.of else {})}

    def is_for(self, subscriber: Subscriber | None) -> bool:
        """Whether they may land on it."""
        return subscriber is not None and self.of in ("", str(subscriber.id))


@dataclass(frozen=True, slots=True)
class Carried:
    """Either may be missing."""

    kept: KeptForm | None = None
    asked_for: AskedFor | None = None

    @property
    def fields(self) -> dict[str, str]:
        """The hidden fields of a page on the way."""
        page = {} if self.asked_for is None else self.asked_for.fields
        return {**page, **({} if self.kept is None else self.kept.fields)}

    @property
    def query(self) -> str:
        """Behind the path of a page on the way, for what fits into an address: a kept form does not."""
        return "" if self.asked_for is None else f"?{urlencode(self.asked_for.fields, safe='/')}"


def asked_for(path: str, behind: str = "", of: str = "") -> AskedFor | None:
    """A request for a page, if it is to be landed on. path: of a page, or `/`; behind: as it came."""
    if path == HOME or len(path) + len(behind) > _LONGEST_ADDRESS:
        return None
    said = urlencode(parse_qsl(behind, keep_blank_values=True)) if of else ""
    return AskedFor(path, said, of)


def carried_in(visitor: Visitor) -> Carried:
    """What the page before had of it. Whether `to` is a page of ours is not known yet."""
    said = {**visitor.asked, **visitor.written}
    path, _, behind = said.get(_TO, "").partition("?")
    return Carried(kept_in(visitor), asked_for(unquote(path) or HOME, behind, said.get(_OF, "")))
