"""Who asks for something by other ways than a text, and whether they still wait for it.

control/server.py makes one for each request on the socket, dial_in/admission.py for each call that launches.
Nothing is begun for an asker who has gone, or who was told that it takes too long.
"""

from collections.abc import Callable
from dataclasses import dataclass


def _always() -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Asker:
    """name: for the journal and the store. waits: False from when nobody waits any more; from any thread."""

    name: str
    waits: Callable[[], bool] = _always
