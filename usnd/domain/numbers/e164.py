"""Telephone numbers: what people write becomes E.164, or nothing.

Texts, keys, calls, commands and the configuration all use it, so "the same number" has one meaning. A number
is a string of '+' and digits (E.164). Pieces of digits may be one number or several: `readings` gives each
way to read them. If the country's plan has the numbers of one way only, it is that one: in Germany and
Austria almost any digits are possible. What a person writes is taken for a number only where it is surely a
whole one: `as_written`.
"""

import re
from dataclasses import dataclass, replace
from functools import lru_cache

import phonenumbers

from usnd.domain.numbers.dates_and_prices import has_figure

_WRITTEN = re.compile(r"\+?[\d ().\-/]{2,30}")
_OTHER_END = re.compile(r"(.*\d) ?/ ?\d{1,3}")
"""`06641234567/8`: a second number, or an extension."""
_ZERO_ALONE = re.compile(r"(?<!\d)\(?0\)")
_TRUNK_ZERO = re.compile(r"\+(\d{1,3})[ .()\-/]*0\)[ .\-/]*([1-9].*)")
_REMEMBERED = 10_000
"""Parsing takes 150 µs; a subscriber writes the same numbers again and again."""
_MOST_DIGITS = 17
"""15 of E.164 and the `00` before them."""
_MOST_TRIED = 400
"""Runs of pieces of one text that are looked up. A text of more is no list of numbers."""
_MOST_WAYS = 3


@lru_cache(_REMEMBERED)
def to_e164(written: str, home_region: str) -> str | None:
    """The number as E.164 ('+447700900001'), or None if it cannot be a telephone number.

    Takes `+`, `00` and national forms (REQUIREMENTS S11). `home_region` is the ISO 3166 code whose national
    numbers are meant. Possible numbers pass, not only assigned ones: numbering plans grow faster than tables.
    A number without its area code does not: as E.164 it would be another one.
    """
    parsed = _parsed(_zero_settled(_prefixed(written)), home_region)
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164) if parsed else None


def spellings(number: str, home_region: str) -> tuple[str, ...]:
    """The ways in which a network may write that E.164 number, of those that `to_e164` takes for it alone."""
    bare = number.removeprefix("+")
    parsed = _parsed(number, home_region)
    national = phonenumbers.national_significant_number(parsed) if parsed else bare
    written = dict.fromkeys((number, bare, f"00{bare}", f"0{national}", national))
    return tuple(one for one in written if to_e164(one, home_region) == number)


def has_trunk_prefix_within(prefix: str) -> bool:
    """Whether a `0` that is dialled only within the country stands behind its code: `+4409` bars no number.

    Italy's numbers begin with a 0 of their own, and have no trunk prefix.
    """
    for length in (1, 2, 3):
        code, behind = prefix[1 : 1 + length], prefix[1 + length :]
        for region in phonenumbers.COUNTRY_CODE_TO_REGION_CODE.get(int(code), ())[:1]:
            plan = phonenumbers.PhoneMetadata.metadata_for_region(region)
            return bool(plan and plan.national_prefix == "0" and behind.startswith("0"))
    return False


@lru_cache(_REMEMBERED)
def as_written(written: str, home_region: str) -> str | None:
    """The number as E.164 if a person who wrote that surely meant a whole number; else None.

    With `+` or `00` in front any possible number passes, so that nobody is locked out whose range is newer
    than our tables. A national one must be in the plan of its country and have the trunk prefix that it is
    dialled with there: without it, it is a local number. One that is not in the plan must have the trunk
    prefix and be as long as no number there can be longer: nothing of it can be missing.
    """
    digits = _zero_settled(_prefixed(written))
    parsed = _parsed(digits, home_region)
    if parsed is None or has_figure(digits.split()):
        return None
    other_end = _OTHER_END.fullmatch(written)
    if other_end and as_written(other_end[1], home_region):
        return None
    home = phonenumbers.country_code_for_region(home_region)
    if not digits.startswith("+") and parsed.country_code == home:  # `011 44 …` is dialled abroad
        bare = re.sub(r"\D", "", digits)
        whole = (
            _is_dialled_so(bare, home_region)
            if phonenumbers.is_valid_number(parsed)
            else (_has_trunk_prefix(bare, parsed, home_region) and _is_longest(parsed))
        )
        if not whole:
            return None
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def _zero_settled(digits: str) -> str:
    """`+49 (0)171 …` as `+49 171 …` (E.123), `+39 (0)6 …` as `+39 06 …`: in Italy the zero is of the number.

    Empty where it is not certain: not behind the code of a country, or there are both numbers, with the zero
    and without. Its first bracket may have been taken for a mark around the word.
    """
    if not _ZERO_ALONE.search(digits):
        return digits
    if not (found := _TRUNK_ZERO.fullmatch(digits)):
        return digits if _ZERO_ALONE.match(digits) else ""
    code, behind = found.groups()
    if len(code) != len(str(int(code))) or int(code) not in phonenumbers.COUNTRY_CODE_TO_REGION_CODE:
        return ""
    without, kept = f"+{code} {behind}", f"+{code} 0{behind}"
    if has_trunk_prefix_within(f"+{code}0"):
        return without if _assigned(kept) in (None, _assigned(without)) else ""
    return kept if _assigned(kept) and _assigned(without) in (None, _assigned(kept)) else ""


def _assigned(international: str) -> str | None:
    """The number as E.164, if it is in its country's plan."""
    parsed = _parsed(international, "ZZ")  # of no country: it begins with `+`
    if parsed is None or not phonenumbers.is_valid_number(parsed):
        return None
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def _is_dialled_so(digits: str, home_region: str) -> bool:
    """Whether a valid number is dialled so: the library finds it in a text, with the prefix it must have."""
    found = phonenumbers.PhoneNumberMatcher(digits, home_region, phonenumbers.Leniency.VALID)
    return any(match.raw_string == digits for match in found)


def _has_trunk_prefix(digits: str, parsed: phonenumbers.PhoneNumber, home_region: str) -> bool:
    plan = phonenumbers.PhoneMetadata.metadata_for_region(home_region)
    national = phonenumbers.national_significant_number(parsed)
    return bool(plan and plan.national_prefix and digits == f"{plan.national_prefix}{national}")


def _is_longest(parsed: phonenumbers.PhoneNumber) -> bool:
    """Whether it is as long as mobile numbers of its country are, and one more digit would be too many."""
    mobile = phonenumbers.is_possible_number_for_type(parsed, phonenumbers.PhoneNumberType.MOBILE)
    longer = phonenumbers.PhoneNumber()
    longer.merge_from(parsed)
    longer.national_number = 10 * (parsed.national_number or 0)
    return mobile and not phonenumbers.is_possible_number(longer)


def _prefixed(written: str) -> str:
    digits = written.strip()
    return f"+{digits[2:]}" if digits.startswith("00") else digits


def _parsed(written: str, home_region: str) -> phonenumbers.PhoneNumber | None:
    digits = _prefixed(written)
    if not _WRITTEN.fullmatch(written.strip()):  # the library would also take letters: "1800FLOWERS"
        return None
    try:
        parsed = phonenumbers.parse(digits, home_region)
    except phonenumbers.NumberParseException:
        return None
    # is_possible_number would let local-only numbers through.
    possible = phonenumbers.is_possible_number_with_reason(parsed)
    if parsed.extension or possible != phonenumbers.ValidationResult.IS_POSSIBLE:
        return None
    return parsed


@lru_cache(_REMEMBERED)
def _is_valid(number: str) -> bool:
    """Whether the numbering plan of its country has it today, as far as the library knows."""
    return phonenumbers.is_valid_number(phonenumbers.parse(number))


@lru_cache
def example_number(home_region: str) -> str:
    """A mobile number of that country, as E.164, that belongs to nobody as far as the library knows."""
    mobile = phonenumbers.PhoneNumberType.MOBILE
    example = phonenumbers.example_number_for_type(home_region, mobile)
    example = example or phonenumbers.example_number(home_region)
    assert example is not None, "the library has one for each region"
    return phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164)


Numbers = tuple[str, ...]
"""As E.164, in the order written."""


@dataclass(frozen=True, slots=True)
class Readings:
    """How pieces of digits can be read: not at all, in one way, or in several, the likelier first."""

    likely: tuple[Numbers, ...] = ()
    certain: bool = False
    """There is one way, and nothing speaks against it."""


def readings(pieces: str, home_region: str) -> Readings:
    """What numbers the pieces are. Blanks part them, and commas where the writer parted two numbers.

    A `+` alone in front may be the sign of the number behind it, or mean `and`.
    """
    if pieces.startswith("+ "):
        unsigned = pieces[2:].lstrip("+")
        return _either(readings(f"+{unsigned}", home_region), readings(unsigned, home_region))
    if " " not in pieces:
        number = as_written(pieces, home_region)
        return Readings(((number,),), certain=True) if number else Readings()
    parted = _read(pieces.split(), home_region)
    if "," not in pieces or (parted.certain and all(map(_is_valid, parted.likely[0]))):
        return parted
    joined = _read(pieces.replace(",", "").split(), home_region)
    return parted if joined.likely == parted.likely else _either(replace(joined, certain=False), parted)


def _either(one: Readings, other: Readings) -> Readings:
    if one == other or not one.likely:
        return other
    if not other.likely:
        return one
    return Readings(tuple(dict.fromkeys((*one.likely, *other.likely)))[:2])


_Segment = tuple[int, int]
_Way = tuple[_Segment, ...]


def _read(pieces: list[str], home_region: str) -> Readings:
    """Numbers of the country's plan come before numbers that are only possible."""
    possible = _possible(pieces, home_region)
    ways = _ways(possible, len(pieces))
    if len(ways) > 1:
        valid = {segment for segment, number in possible.items() if _is_valid(number)}
        ways = (
            _ways({segment: number for segment, number in possible.items() if segment in valid}, len(pieces))
            or ways
        )
    ways = sorted(ways, key=len)[:_MOST_WAYS]
    likely = [tuple(possible[segment] for segment in way) for way in ways]
    if len(ways) != 1:
        return Readings(tuple(dict.fromkeys(likely)))
    others = [_other_in(segment, pieces, possible) for segment in ways[0]]
    if any(others):
        likely.append(tuple(other or whole for other, whole in zip(others, likely[0], strict=True)))
    return Readings(tuple(likely), certain=not any(others))


def _possible(pieces: list[str], home_region: str) -> dict[_Segment, str]:
    """Each run of pieces that can be a number. Nothing, if there are too many to try."""
    found: dict[_Segment, str] = {}
    tried = 0
    for begin in range(len(pieces)):
        digits = 0
        for end in range(begin, len(pieces)):
            digits += sum(map(str.isdigit, pieces[end]))
            if digits > _MOST_DIGITS or (end > begin and pieces[end].startswith("+")):
                break
            if (tried := tried + 1) > _MOST_TRIED:
                return {}
            if number := as_written(" ".join(pieces[begin : end + 1]).rstrip(","), home_region):
                found[begin, end + 1] = number
            if pieces[end].endswith(","):
                break
    return found


def _ways(segments: dict[_Segment, str], length: int) -> list[_Way]:
    """How the segments fill the whole length; of very many ways, some."""
    ways: list[list[_Way]] = [[()], *([] for _ in range(length))]
    for begin, end in sorted(segments):
        ways[end] += [(*way, (begin, end)) for way in ways[begin][:_MOST_WAYS]]
    return ways[length][:_MOST_WAYS]


def _other_in(segment: _Segment, pieces: list[str], possible: dict[_Segment, str]) -> str | None:
    """A whole number that begins a joined one, or ends it with a 0 of its own: `0170 1234567 3`."""
    begin, end = segment
    first = [(begin, place) for place in range(end - 1, begin, -1)]
    last = [(piece, end) for piece in range(begin + 1, end) if re.match(r"0(?!\))", pieces[piece])]
    within = {possible.get(part): None for part in (*last, *first)}
    within.pop(possible[segment], None)  # `+49 0171 1234567` is one number, whichever way
    return next((number for number in within if number and _is_valid(number)), None)


@dataclass(frozen=True, slots=True)
class NumberPlan:
    """Which numbers may be called, by prefixes of E.164 (REQUIREMENTS C10): the longest that fits decides.

    Where none fits, a number may be called if nothing is `allowed` by name.
    """

    allowed: tuple[str, ...] = ()
    barred: tuple[str, ...] = ()
    own: frozenset[str] = frozenset()
    """Numbers that lead here: to call one would call ourselves, for ever."""

    def permits(self, number: str) -> bool:
        """Whether the E.164 number may be called."""
        if number in self.own:
            return False
        allowed, barred = _longest(self.allowed, number), _longest(self.barred, number)
        return allowed > barred or (barred == 0 and not self.allowed)


ANY_NUMBER = NumberPlan()


def _longest(prefixes: tuple[str, ...], number: str) -> int:
    return max((len(prefix) for prefix in prefixes if number.startswith(prefix)), default=0)
