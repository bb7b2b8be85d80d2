"""Delivery receipts: which text one is about, and what it says of it. No I/O.

services/messaging calls it when a text was taken and when a receipt comes. A message id has several forms: an
SMSC may write it in hexadecimal in submit_sm_resp and in decimal in the receipt, or the other way round, with
zeros before it or without.
"""

from usnd.domain.messaging.message import MtState

_DIGITS = frozenset("0123456789")
_HEX_DIGITS = _DIGITS | frozenset("abcdef")
_LONGEST_NUMBER = 32
"""Digits; a longer id is no number, and its conversion would cost too much."""

_DELIVERED = frozenset({"DELIVRD", "DELIVERED", "DELIVERD", "DELIVRED", "DELIVER", "DLVRD"})
_LOST = (
    "EXPIR",
    "DELET",
    "UNDEL",
    "UNKN",
    "REJ",
    "FAIL",
    "ABORT",
    "CANCEL",
    "BLOCK",
    "SKIP",
    "NOT_DELIVERED",
)


def message_key(message_id: str) -> str:
    """What makes two ids written in the same base the same."""
    key = message_id.strip().lower().removeprefix("0x")
    return key.lstrip("0") or key[:1]


def receipt_keys(message_id: str) -> tuple[str, ...]:
    """The keys that the id in a receipt may have in submit_sm_resp, the most likely first."""
    key = message_key(message_id)
    keys = [key]
    if key and len(key) <= _LONGEST_NUMBER:
        if _DIGITS.issuperset(key):
            keys.append(f"{int(key):x}")
        if _HEX_DIGITS.issuperset(key):
            keys.append(str(int(key, 16)))
    return tuple(dict.fromkeys(keys))


def final_state(stat: str) -> MtState | None:
    """What a receipt's `stat` means, in SMPP's words (3.4 appendix B) or others; None if another follows."""
    word = stat.upper()
    if word in _DELIVERED:
        return MtState.DELIVERED
    return MtState.UNDELIVERED if word.startswith(_LOST) else None
