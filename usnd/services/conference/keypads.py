"""What people are typing on their handsets: one entry for each call that typed.

conferences.py gives each digit; domain/conference/dtmf_menu.py decides what the digits mean. Not kept over a
restart: who was typing types again.
"""

from collections.abc import Iterable
from datetime import datetime

from usnd.asterisk.progress import Digit
from usnd.domain.conference.dtmf_menu import Menu, Typed, press
from usnd.domain.conference.events import Control


class Keypads:
    """The keypads of all calls."""

    def __init__(self, menu: Menu) -> None:
        self._menu = menu
        self._typed: dict[str, Typed] = {}

    def press(self, pressed: Digit, now: datetime) -> tuple[Control, str] | None:
        """What the call asks for by one more digit, if anything, and by which digits in all."""
        call, before = pressed.call, self._typed.get(pressed.call, Typed())
        typed, choice = press(self._menu, before, pressed.digit, now, begun=pressed.begun)
        self._typed[call] = typed
        return (Control(choice.feature, call, choice.number), choice.keys) if choice else None

    def forget(self, calls: Iterable[str]) -> None:
        """These calls are over."""
        for call in calls:
            self._typed.pop(call, None)
