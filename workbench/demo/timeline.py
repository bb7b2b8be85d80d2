"""What the demos print: a line for each thing that happens, with the seconds since the story began."""

import time

INDENT = " " * 12


class Timeline:
    """Prints what happens, with the seconds since the story began, or since `restart`."""

    def __init__(self) -> None:
        self._zero = time.time()

    def restart(self, now: float) -> None:
        """The story begins now."""
        self._zero = now

    def tell(self, what: str, at: float | None = None) -> None:
        """One line."""
        moment = (time.time() if at is None else at) - self._zero
        print(f"{moment:8.3f} s  {what}", flush=True)

    def show(self, what: str) -> None:
        """What belongs to the line above, as it is."""
        for line in what.splitlines():
            print(f"{INDENT}{line}", flush=True)
