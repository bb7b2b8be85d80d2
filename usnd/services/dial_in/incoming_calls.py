"""What takes the calls that come in, as the conferences see it: admission.py is it."""

from typing import Protocol

from usnd.asterisk.progress import Digit, IncomingCall, PinEntered


class IncomingCalls(Protocol):
    """The calls that are in no conference yet."""

    def knows(self, call: str) -> bool: ...

    @property
    def waiting(self) -> frozenset[str]: ...

    def came(self, incoming: IncomingCall) -> None: ...

    def gone(self, *calls: str) -> None: ...

    async def receive(self, call: str) -> None: ...

    async def pressed(self, pressed: Digit) -> None: ...

    async def entered(self, entry: PinEntered) -> None: ...
