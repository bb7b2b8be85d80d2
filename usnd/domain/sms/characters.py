"""What of a subscriber's text can be seen: words are compared and kept as a person reads them.

words.py, grammar.py, domain/directory and the replies call it: which characters are dropped, which are taken
for others, and what may stand in a text to other people. What a word means is decided elsewhere.
"""

import re
import unicodedata

# Characters without a shape of their own, which hide in a word or turn it round: format characters (soft
# hyphen, zero width, direction marks and overrides), variation selectors, fillers (Unicode TR 36 §2.10).
_UNSEEN = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e0fff]"
)
# Overrides outlive the line they stand in and could make a text show another sender than it has.
_TURNING = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
# What keyboards write by themselves where a person typed the plain sign.
_PLAIN = str.maketrans(
    {
        **dict.fromkeys("\u2018\u2019\u02bc\uff07", "'"),
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212\uff0d", "-"),
        **dict.fromkeys("\u2796\u274c\u2716\u26d4\U0001f6ab", "-"),  # pictures of a minus, and of no
        "\u2795": "+",
        **dict.fromkeys(";:\uff0c\uff1b\uff1a\u060c\u061b\u3001", ","),
        **dict.fromkeys("\r\x85\u2028\u2029", "\n"),
        **{chr(code): chr(code - 0xFEE0) for code in (*range(0xFF08, 0xFF0C), 0xFF0E, 0xFF0F, 0xFF1F)},
    }
)
_PERSONAL = frozenset("._&'-")


def plain(text: str) -> str:
    """The text as it is read: composed, without what is not seen; each kind of sign and line end is one."""
    seen = text if text.isascii() else _UNSEEN.sub("", unicodedata.normalize("NFC", text))
    return seen.replace("\r\n", "\n").translate(_PLAIN)


def is_seen(word: str) -> bool:
    """Whether every character can be seen: none is dropped by `plain`, none controls the device."""
    return word.isprintable() and not _UNSEEN.search(word)


def is_wordlike(word: str) -> bool:
    """Whether it is made of letters, marks and digits of any script, and the signs that stand in names."""
    if word.isascii() and word.isalnum():  # nearly every name
        return True
    return is_seen(word) and all(
        char.isalnum() or char in _PERSONAL or unicodedata.category(char) in ("Mn", "Mc") for char in word
    )


def echo_of(word: str, longest: int) -> str:
    """The word, fit to be said back: what is no letter, digit or plain sign is `?`; cut with `~`."""
    told = seen = _UNSEEN.sub("", word[: 4 * longest])
    if not (seen.isascii() and seen.isprintable()):
        shown = filter(_is_shown, seen)
        told = "".join(char if char.isascii() or is_wordlike(char) else "?" for char in shown)
    return told if len(told) <= longest else told[: longest - 1] + "~"


def message_of(text: str) -> str:
    """What a subscriber lets us tell others: lines and emoji, nothing that controls a device or turns it."""
    kept = (
        char if char == "\n" or not char.isspace() else " "
        for char in _TURNING.sub("", text)
        if char == "\n" or char.isspace() or unicodedata.category(char) not in ("Cc", "Cs")
    )
    return "".join(kept).strip()


def _is_shown(char: str) -> bool:
    """Not a control character, nor half of a surrogate pair."""
    return unicodedata.category(char) not in ("Cc", "Cs", "Zl", "Zp")
