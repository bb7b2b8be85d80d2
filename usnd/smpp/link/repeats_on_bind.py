"""Which deliveries an SMSC may deliver again on the same bind, because it did not read our answer in time.

One for each bind; `connection.py` tells it what was answered and what the SMSC has shown to have read, and
asks of each delivery whether it may be a repeat. The decision is domain/messaging/duplicates.py's, the
reasons are in docs/decisions/0028. Keys are fingerprints, times seconds. Bounded: the oldest are forgotten.
"""

from collections import OrderedDict, deque
from dataclasses import dataclass
from math import inf

_MOST_UNREAD = 20_000
_MOST_READ = 1_000
_PATIENCE = 2.0
"""Times the mean pause between copies."""


@dataclass(slots=True)
class _Answered:
    """The last copy of a delivery. number: of its answer on this bind; came_at: at the earliest.

    copies, first_at: how many there were, since when. until: by then the SMSC, which repeats so often, would
    have delivered it again had it not read the answer.
    """

    sequence: int
    number: int
    came_at: float
    copies: int
    first_at: float
    until: float


class Repeats:
    """repeats_after: seconds after which, at the earliest, the SMSC repeats what it has read no answer to."""

    def __init__(self, repeats_after: float) -> None:
        self._repeats_after = repeats_after
        self._unread: OrderedDict[str, _Answered] = OrderedDict()
        """Answered; nothing shows yet that the SMSC read it, or it did so too late to have waited for it."""
        self._read: OrderedDict[str, int] = OrderedDict()
        """Answered and read in time: the sequence number of each."""
        self._waiting: deque[tuple[int, str]] = deque()

    def is_repeat(self, key: str, sequence: int, now: float) -> bool:
        """Whether an equal one was answered, and this may be it again."""
        last = self._unread.get(key)
        if last is not None and now > last.until:
            self._settle(key, last)
            last = None
        return last is not None or self._read.get(key) == sequence

    def answered(self, key: str, sequence: int, number: int, came_at: float, now: float) -> None:
        """`number` counts the answers of this bind, in the order of the stream."""
        self._read.pop(key, None)
        last = self._unread.get(key)
        copies, first_at = (last.copies + 1, last.first_at) if last else (1, came_at)
        until = now + _PATIENCE * (now - first_at) / (copies - 1) if last else inf
        self._unread[key] = _Answered(sequence, number, came_at, copies, first_at, until)
        self._unread.move_to_end(key)
        self._waiting.append((number, key))
        while len(self._unread) > _MOST_UNREAD:
            self._unread.popitem(last=False)

    def read_up_to(self, number: int, now: float) -> None:
        """The SMSC has answered a request that went behind that answer: it has read all up to it."""
        while self._waiting and self._waiting[0][0] <= number:
            told, key = self._waiting.popleft()
            last = self._unread.get(key)
            if last is None or last.number != told or now - last.came_at > self._repeats_after:
                continue
            self._settle(key, last)

    def _settle(self, key: str, last: _Answered) -> None:
        del self._unread[key]
        self._read[key] = last.sequence
        if len(self._read) > _MOST_READ:
            self._read.popitem(last=False)
