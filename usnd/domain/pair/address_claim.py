"""Another machine's claim to the floating address, over several questions. Pure.

machine.py asks by ARP twice a second and notes what came of it here; alarms.py reads how long it has lasted.
One answer proves nothing: it may be the last one of the server that has just let go.
"""

from dataclasses import dataclass

QUIET = 60.0
"""Seconds without an answer until a claim is over: one that is made now and then is one claim."""


@dataclass(frozen=True, slots=True)
class Claim:
    """mac: of whoever answered last. since, at: the first and the last answer.

    held: this server had the address then.
    """

    mac: str
    since: float
    at: float
    held: bool

    @property
    def lasted(self) -> float:
        """Seconds from the first answer to the last."""
        return self.at - self.since


def noted(before: Claim | None, mac: str, at: float, *, held: bool) -> Claim | None:
    """After a question that could be asked. mac: who answered; empty: nobody.

    What was answered before this server took the address, or let go of it, was the other server's to answer.
    """
    if before is not None and before.held is not held:
        before = None
    if mac:
        return Claim(mac, at if before is None else before.since, at, held)
    return None if before is None or at - before.at >= QUIET else before
