"""A form that came when its session was over: it is kept while somebody signs in, for the same subscriber.

Each form of a page says whose it is (`OF`). site.py puts what was written into the page of the sign-in, and
when they have signed in, into a page with a button that sends it. Nothing of it is done before that. What was
written with a file is not kept: the file is chosen once more.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, unquote

from usnd.domain.directory.model import Subscriber
from usnd.web.portal.guard import FIELD
from usnd.web.portal.visitor import Visitor

OF = "of"
"""The field of each form that says whose it is: the subscriber's id. What only comes from pages of ours is
believed; it is nothing that opens anything."""
_TO, _WRITTEN = "kept-to", "kept."


@dataclass(frozen=True, slots=True)
class KeptForm:
    """to: the path that it goes to. written: its fields."""

    to: str
    written: Mapping[str, str] = field(repr=False)

    @property
    def fields(self) -> dict[str, str]:
        """What the page of the sign-in has of it, beside its own fields."""
        return {_TO: self.to, **{f"{_WRITTEN}{name}": value for name, value in self.written.items()}}

    def is_of(self, subscriber: Subscriber | None) -> bool:
        """Whether that subscriber wrote it."""
        return subscriber is not None and self.written.get(OF) == str(subscriber.id)

    def again(self, form_token: str) -> dict[str, str]:
        """Its fields for another session."""
        return {**self.written, FIELD: form_token}


def kept_of(visitor: Visitor, path: str) -> KeptForm | None:
    """What came, if it says whose it is. path: what was asked for, ready for an address."""
    if OF not in visitor.written:
        return None
    written = {name: value for name, value in visitor.written.items() if name != FIELD}
    return KeptForm(path, written)


def kept_in(visitor: Visitor) -> KeptForm | None:
    """What the page of the sign-in had of one. Its path is one of ours, whatever is written there."""
    to = visitor.written.get(_TO, "")
    if not to.startswith("/") or to.startswith("//") or to != quote(unquote(to)):
        return None
    marked = visitor.written.items()
    return KeptForm(to, {name[len(_WRITTEN) :]: text for name, text in marked if name.startswith(_WRITTEN)})
