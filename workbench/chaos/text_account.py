"""The account of a run with faults: what each text did, and why a reply went out twice where it did.

Called by sms.py at the end of a run. It says what explains a second copy of a reply (REQUIREMENTS S3): the
SMSC accepted it, and the connection died before the acknowledgement can have been committed. No I/O: it is
given the rows.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import pairwise

from workbench.parts.smsc.killable import Entry, Mo

IN_FLIGHT = 0.5  # seconds from the acknowledgement written until it is surely committed


@dataclass(frozen=True)
class Faults:
    """When what was done, in seconds since the epoch."""

    usnd_killed: Sequence[float]
    outages: Sequence[tuple[float, float]]
    """From when to when the database was away."""


@dataclass(frozen=True)
class Rows:
    """What the database says: bodies by sender, as often as they are there."""

    executed: Counter[tuple[str, str]]
    """Sender and body of each text that was taken as a command."""
    names: Counter[str]
    """Users and groups."""
    replies: Sequence[tuple[str, str, str, str]]
    """Of each reply: the sender and body of its text, its own body, its state."""


@dataclass(frozen=True)
class Acceptance:
    """A reply the SMSC took. `ended`: when its connection died, if it did."""

    session: str
    at: float
    acknowledged: float | None
    ended: float | None


@dataclass
class Ledger:
    """Keys of texts, by what went wrong; counts of what went well, and of second copies by their reason."""

    texts: int = 0
    executed_once: int = 0
    replied_once: int = 0
    redelivered_by_smsc: int = 0
    duplicates_explained: dict[str, int] = field(default_factory=dict)
    not_executed: list[str] = field(default_factory=list)
    executed_again: list[str] = field(default_factory=list)
    not_replied: list[str] = field(default_factory=list)
    replied_again: list[str] = field(default_factory=list)

    @property
    def violations(self) -> int:
        """Zero, or the product is wrong."""
        wrong = (self.not_executed, self.executed_again, self.not_replied, self.replied_again)
        return sum(map(len, wrong))

    def as_result(self) -> dict[str, object]:
        """For the result file."""
        return {**asdict(self), "violations": self.violations}


def account(texts: Iterable[Mo], rows: Rows, journal: Sequence[Entry], faults: Faults) -> Ledger:
    """The ledger of a run."""
    ledger = Ledger()
    replies: defaultdict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
    for sender, asked, body, state in rows.replies:
        replies[sender, asked].append((body, state))
    accepted = acceptances(journal)
    deliveries = Counter(entry["key"] for entry in journal if entry["event"] == "sent")
    ledger.redelivered_by_smsc = sum(count - 1 for count in deliveries.values())
    explained: Counter[str] = Counter()
    for text in texts:
        ledger.texts += 1
        _judge_execution(ledger, text, rows)
        copies = accepted.get((text.sender.removeprefix("+"), text.key), ())
        sent = replies[text.sender, text.body]
        if not copies or [state for _, state in sent] != ["sent"]:
            ledger.not_replied.append(text.key)
        elif len(copies) == 1:
            ledger.replied_once += 1
        else:
            reasons = [reason(one, other, faults) for one, other in pairwise(copies)]
            explained.update(filter(None, reasons))
            if None in reasons:
                ledger.replied_again.append(text.key)
    ledger.duplicates_explained = dict(explained)
    return ledger


def _judge_execution(ledger: Ledger, text: Mo, rows: Rows) -> None:
    times = rows.executed[text.sender, text.body]
    if times == 1 and rows.names[text.key] == 1:
        ledger.executed_once += 1
    elif times == 0 or rows.names[text.key] == 0:
        ledger.not_executed.append(text.key)
    else:
        ledger.executed_again.append(text.key)


def acceptances(journal: Sequence[Entry]) -> Mapping[tuple[str, str], list[Acceptance]]:
    """By recipient and the key in its words, in order of time."""
    acknowledged = {entry["message"]: entry["at"] for entry in journal if entry["event"] == "acknowledged"}
    ended: dict[str, float] = {}
    begun: set[str] = set()
    for entry in journal:
        if entry["event"] == "bound":
            begun.add(entry["session"])
        elif entry["event"] == "closed":
            ended.setdefault(entry["session"], entry["at"])
        elif entry["event"] == "killed":
            for session in begun:
                ended.setdefault(session, entry["at"])
    found: defaultdict[tuple[str, str], list[Acceptance]] = defaultdict(list)
    for entry in journal:
        if entry["event"] == "accepted":
            session, message = entry["session"], entry["message"]
            acceptance = Acceptance(session, entry["at"], acknowledged.get(message), ended.get(session))
            found[entry["recipient"], key_in(entry["body"])].append(acceptance)
    return found


def key_in(body: str) -> str:
    """The one word of a reply that is a text's key."""
    return next((word.strip(".:,") for word in body.split() if is_key(word.strip(".:,"))), "")


def is_key(word: str) -> bool:
    """`u` or `g` and a number: the names that `texts` of sms.py creates."""
    return word[:1] in ("u", "g") and word[1:].isdigit()


def reason(copy: Acceptance, following: Acceptance, faults: Faults) -> str | None:
    """Why a reply went out again though the SMSC had accepted this copy; None: for no good reason."""
    if copy.ended is None or copy.ended > following.at:
        return None
    if copy.acknowledged is None or copy.acknowledged > copy.ended:
        return "accepted, connection dead before the acknowledgement was written"
    forgot = any(copy.acknowledged <= killed <= following.at for killed in faults.usnd_killed)
    for begun, over in faults.outages:
        if forgot and begun - IN_FLIGHT <= copy.acknowledged <= over and copy.ended <= over + IN_FLIGHT:
            return "acknowledged while the database was away, usnd killed before it was back"
    if copy.ended - copy.acknowledged > IN_FLIGHT:
        return None
    if any(abs(copy.ended - killed) <= IN_FLIGHT for killed in faults.usnd_killed):
        return "acknowledged, usnd killed before it can have committed that"
    return "acknowledgement in flight when the connection died"
