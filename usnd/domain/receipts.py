"""Delivery receipts: which text one is about, and what it says of it.

Owns the forms of a message id: an SMSC may write it in hexadecimal in submit_sm_resp and in decimal in the
receipt, or the other way round, with zeros before it or without. Refuses I/O.
"""

from usnd.domain.messages import MtState

_DIGITS = frozenset("0123456789")
_HEX_DIGITS = _DIGITS | frozenset("abcdef")
_LONGEST_NUMBER = 32
"""Digits; a longer id is no number, and its conversion would cost too much."""

_FINAL = {
    "DELIVRD": MtState.DELIVERED,
    "EXPIRED": MtState.UNDELIVERED,
    "DELETED": MtState.UNDELIVERED,
    "UNDELIV": MtState.UNDELIVERED,
    "UNKNOWN": MtState.UNDELIVERED,
    "REJECTD": MtState.UNDELIVERED,
}


def message_key(message_id: str) -> str:
    """What makes two ids written in the same base the same."""
    key = message_id.strip().lower()
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
    """What a receipt's `stat` (SMPP 3.4 appendix B) means; None for one that another follows."""
    return _FINAL.get(stat.upper())
