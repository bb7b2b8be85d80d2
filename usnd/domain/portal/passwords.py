"""Which passwords may be chosen, and how they are brought into one form. Pure.

Length counts, not what kind of signs there are (NIST SP 800-63B §5.1.1.2). services/portal hashes what is
chosen; nothing here keeps or tells a password.
"""

import unicodedata
from enum import Enum

SHORTEST, LONGEST = 10, 128
_FEW_SIGNS = 2
_GROUP = 4
_LEAST_OF_NUMBER = 7
_BASES = ("password", "passwort", "qwertyuiop", "qwertzuiop", "iloveyou", "letmein", "conference", "welcome")
_RUNS = ("01234567890123456789", "98765432109876543210", "abcdefghijklmnopqrstuvwxyz")
_ENDINGS = ("", "1", "12", "123", "1234", "12345", "123456", "1234567", "0", "00", "007", "69", "99")
_COMMON = frozenset(
    {base + end for base in _BASES for end in _ENDINGS}
    | {f"{base}{base}" for base in _BASES}
    | {
        "1q2w3e4r5t",
        "1q2w3e4r5t6y",
        "q1w2e3r4t5",
        "qwerty123456",
        "qwerty12345",
        "qwerty1234",
        "qwertyqwerty",
    }
    | {
        "1qaz2wsx3edc",
        "zaq12wsxcde3",
        "asdfghjkl123",
        "asdfghjklö",
        "zxcvbnm123",
        "zxcvbnm1234",
        "123qweasdzxc",
    }
    | {"basketball", "football123", "superman123", "sunshine123", "princess123", "michael123", "charlie123"}
    | {
        "changeme123",
        "administrator",
        "computer123",
        "internet123",
        "mustang123",
        "jennifer123",
        "chocolate1",
    }
    | {"abcd123456", "abc1234567", "a123456789", "aa12345678", "12345qwert", "123456qwerty", "1234567890a"}
    | {"passw0rd123", "p@ssw0rd123", "p@ssword123", "trustno1trustno1", "correcthorsebatterystaple"}
)


class PasswordFault(Enum):
    """Why a password cannot be chosen."""

    SHORT = "too-short"
    LONG = "too-long"
    NUMBER = "is-the-number"
    FIRST = "is-the-first"
    COMMON = "too-common"


def normal(password: str) -> str:
    """The same for each way to type it (NFKC), so that another keyboard's octets open the same account."""
    return unicodedata.normalize("NFKC", password)


def fault_of(password: str, number: str, *, is_first: bool) -> PasswordFault | None:
    """Why it cannot be chosen. number: the subscriber's, E.164. is_first: it is their first password."""
    chosen = normal(password)
    if len(chosen) < SHORTEST:
        return PasswordFault.SHORT
    if len(chosen) > LONGEST:
        return PasswordFault.LONG
    if is_first:
        return PasswordFault.FIRST
    if _is_number(chosen, number):
        return PasswordFault.NUMBER
    return PasswordFault.COMMON if _is_common(chosen) else None


def as_first(typed: str) -> str:
    """A first password as it was given, however it is typed: in groups of four small letters and digits."""
    letters = "".join(char for char in normal(typed).lower() if char.isalnum())
    return "-".join(letters[begin : begin + _GROUP] for begin in range(0, len(letters), _GROUP))


def _is_number(chosen: str, number: str) -> bool:
    """The number alone, with or without the code of its country, however it is spaced."""
    if not set(chosen) <= set("+0123456789 -/().\u00a0"):
        return False
    digits = "".join(char for char in chosen if char.isdecimal()).lstrip("0")
    return len(digits) >= _LEAST_OF_NUMBER and number.removeprefix("+").endswith(digits)


def _is_common(chosen: str) -> bool:
    folded = chosen.casefold()
    bare = folded.rstrip("!.?*#$")
    return (
        folded in _COMMON
        or bare in _COMMON
        or len(set(folded)) <= _FEW_SIGNS
        or any(folded in run for run in _RUNS)
    )
