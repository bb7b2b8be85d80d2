"""Forms: which fields there are, what somebody wrote, and what is wrong with it.

A page declares a `Form`, has it filled with what came, and gives it to its template, which shows it by the
macros of templates/forms.html. Bounds are checked here; what only usnd knows comes back from it, and the page
puts it beside its field with `wrong`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from usnd.web.portal.words import N_, Words

_EMPTY = N_("Write something here.")
_TOO_LONG = N_("This is longer than it can be.")


@dataclass(frozen=True, slots=True)
class Field:
    """One line to write in. label, hint: to be translated. kind: as HTML's input has it.

    autocomplete: as HTML names it, so that browsers and password managers fill it. empty: said where nothing
    was written, unless it is optional. options: of a list to choose from, each value with its label; is_said:
    the labels are to be translated. suggestions: the id of a list of them on the page.
    """

    name: str
    label: str
    kind: str = "text"
    autocomplete: str = "off"
    inputmode: str = ""
    hint: str = ""
    longest: int = 64
    empty: str = _EMPTY
    optional: bool = False
    options: tuple[tuple[str, str], ...] = ()
    is_said: bool = True
    suggestions: str = ""

    @property
    def is_secret(self) -> bool:
        """Whether it is never shown again."""
        return self.kind == "password"


@dataclass(frozen=True, slots=True)
class Filled:
    """A form with what was written, and what is wrong by field; "" is for the form as a whole."""

    fields: tuple[Field, ...]
    values: Mapping[str, str] = field(default_factory=dict, repr=False)
    errors: Mapping[str, Words | str] = field(default_factory=dict)

    def __getitem__(self, name: str) -> str:
        return self.values.get(name, "")

    def shown(self, one: Field) -> str:
        """What stands in the field."""
        return "" if one.is_secret else self[one.name]

    def wrong(self, name: str, words: Words | str) -> "Filled":
        """With one more thing that is wrong; the first of a field counts."""
        return replace(self, errors={name: words, **self.errors})


@dataclass(frozen=True, slots=True)
class Form:
    """Its fields, in the order of the page."""

    fields: tuple[Field, ...]

    def empty(self, values: Mapping[str, str] | None = None) -> Filled:
        """To be filled; some may be filled already."""
        return Filled(self.fields, values or {})

    def filled(self, written: Mapping[str, str]) -> Filled:
        """With what came, blanks around it taken away unless it is secret."""
        came = {one: written.get(one.name, "") for one in self.fields}
        values = {one.name: text if one.is_secret else text.strip() for one, text in came.items()}
        errors: dict[str, Words | str] = {}
        for one in self.fields:
            if not values[one.name] and not one.optional:
                errors[one.name] = one.empty
            elif len(values[one.name]) > one.longest:
                errors[one.name] = _TOO_LONG
        return Filled(self.fields, values, errors)
