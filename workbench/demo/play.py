"""`make play`: the stage of the demo, left running, with a prompt to text as a subscriber or act a handset.

Does what is typed, and prints what happens meanwhile: the journal, and texts to handsets. It does not judge
what is meant by it: all goes in by SMPP, SIP or a key press, as from a real handset.
"""

import asyncio
import contextlib
import json
import sys
from collections.abc import Coroutine
from typing import Any

from workbench.demo.play_words import MANUAL, Order, Wrong, clock, help_lines, parse, tell
from workbench.demo.prompt import Prompt
from workbench.demo.stage import EVERYBODY, GROUP, GROUP_NAME, Stage, stage
from workbench.parts.debian import DebianError
from workbench.parts.journal import Journal
from workbench.parts.process import PartError, run, within
from workbench.parts.usn import SHORT_CODE
from workbench.parts.voice.switch import NEVER, Refusal

NAMES = {number: name for name, number in EVERYBODY.items()}
PROMPT = "usn> "
FIRST_RING = 2.0  # seconds: long enough to see it ring
LOOK = 0.1  # seconds between looks for news
REPLY_PATIENCE = 5.0


class Player:
    """Does what is typed, and shows what happens."""

    def __init__(self, parts: Stage, prompt: Prompt) -> None:
        self._parts = parts
        self._prompt = prompt
        self._journal = Journal(parts.usn.journal)
        self._texts_shown = 0
        self._orders = {
            "text": self._text,
            "answer": self._answer,
            "hangup": self._hang_up,
            "press": self._press,
            "busy": self._busy,
            "ring": self._ring,
            "call": self._call,
            "who": self._who,
            "cdrs": self._cdrs,
            "help": self._help,
        }

    async def play(self) -> None:
        """Until `quit` or the end of the input. Raises PartError when a part ends by itself."""
        for _ in self._journal.news():  # what was before the prompt is nobody's news
            continue
        watching = asyncio.create_task(self._watch())
        reading = asyncio.create_task(self._obey())
        try:
            done, _ = await asyncio.wait({watching, reading}, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in (watching, reading):
                task.cancel()
            await asyncio.gather(watching, reading, return_exceptions=True)

    async def _watch(self) -> None:
        usn = self._parts.usn
        while usn.process.alive:
            self._show_news()
            await asyncio.sleep(LOOK)
        raise PartError(f"usnd ended ({usn.process.returncode}); its journal:\n{usn.process.tail()}")

    def _show_news(self) -> None:
        for event in self._journal.news():
            if line := tell(event, NAMES):
                self._prompt.show(line)
        texts = self._parts.smsc.texts
        for text in texts[self._texts_shown :]:
            self._prompt.show(f"{NAMES.get(text.recipient, text.recipient)} receives: {text.body}")
        self._texts_shown = len(texts)

    async def _obey(self) -> None:
        while (line := await self._prompt.line()) is not None:
            try:
                order = parse(line, EVERYBODY)
                if order is None:
                    continue
                if order.verb == "quit":
                    return
                await self._orders[order.verb](order)
            except (Wrong, PartError) as problem:
                self._prompt.show(by_name(str(problem)))

    async def _text(self, order: Order) -> None:
        """Texts, and waits for the answer, so that what is typed next meets what this one made."""
        number = EVERYBODY[order.name]

        def received() -> int:
            return sum(text.recipient == number for text in self._parts.smsc.texts)

        before = received()
        try:
            status = await self._parts.smsc.deliver(number, SHORT_CODE, order.argument)
        except ConnectionError as error:
            raise PartError(f"the text was not delivered: {error}") from error
        if status != 0:
            raise PartError(f"the USN refuses the text with SMPP status {status:#010x}")
        if not await within(lambda: received() > before, REPLY_PATIENCE, LOOK / 10):
            self._prompt.show(f"no answer in {REPLY_PATIENCE:g} s")
        self._show_news()

    async def _answer(self, order: Order) -> None:
        await self._parts.switch.answer(EVERYBODY[order.name])

    async def _hang_up(self, order: Order) -> None:
        await self._parts.switch.hang_up(EVERYBODY[order.name])

    async def _press(self, order: Order) -> None:
        await self._parts.switch.press(EVERYBODY[order.name], order.argument)
        self._prompt.show(f"{order.name} pressed {order.argument}")

    async def _busy(self, order: Order) -> None:
        await self._put(order.name, refusal=Refusal.BUSY)
        self._prompt.show(f"{order.name} is busy for calls from now on; ring {order.name} ends that")

    async def _ring(self, order: Order) -> None:
        if order.argument == MANUAL:
            await self._put(order.name, ring=NEVER)
            self._prompt.show(f"{order.name} rings from now on until you type: answer {order.name}")
        else:
            await self._put(order.name, ring=float(order.argument))
            self._prompt.show(f"{order.name} answers after {order.argument} s from now on")

    async def _put(self, name: str, **does: Any) -> None:
        await self._parts.switch.put(self._parts.handset(EVERYBODY[name], **does))

    async def _call(self, order: Order) -> None:
        dnis = order.argument or SHORT_CODE
        sip_port = self._parts.usn.asterisk.ports.sip
        await self._parts.switch.call(EVERYBODY[order.name], dnis, sip_port)
        self._prompt.show(f"{order.name} calls {dnis}")

    async def _who(self, _order: Order) -> None:
        printed = await asyncio.to_thread(self._parts.usn.command, "conferences", "--json")
        calls = [json.loads(line) for line in printed.splitlines()]
        if not calls:
            self._prompt.show("no conference now")
            return
        joined = [call["number"] for call in calls if call["call_state"] == "joined"]
        for call in calls:
            name = NAMES.get(call["number"], call["number"])
            hears = ""
            if call["number"] in joined and call["number"] in NAMES:
                speakers = self._parts.speakers(call["number"], joined) - {call["number"]}
                hears = "hears " + (
                    ", ".join(NAMES[one] for one in EVERYBODY.values() if one in speakers) or "nobody"
                )
            since = clock(call["since"])[:8]
            marks = "".join(f", {mark}" for mark in ("muted", "recorded") if call[mark])
            self._prompt.show(
                f"  {name:12}{call['call_state']:10}since {since}  {call['outcome']}{hears}{marks}"
            )
        whole = "".join(f", {mark}" for mark in ("locked", "recording") if calls[0][mark])
        self._prompt.show(f"conference {calls[0]['conference']} is {calls[0]['state']}{whole}")

    async def _cdrs(self, _order: Order) -> None:
        self._prompt.show((await asyncio.to_thread(self._parts.usn.command, "cdrs")).rstrip())

    async def _help(self, _order: Order) -> None:
        for line in help_lines():
            self._prompt.show(line)


def by_name(words: str) -> str:
    """The words with the names of the handsets in the place of their numbers."""
    for number, name in NAMES.items():
        words = words.replace(f"handset {number}", name)
    return words


def welcome() -> str:
    """What somebody needs who has never seen it."""
    handsets = "\n".join(f"  {name:12}{number}" for name, number in EVERYBODY.items())
    first = [f"UC {nick} {number} {nick.title()}.Jones {GROUP_NAME}" for nick, number in GROUP.items()]
    steps = "\n".join(
        f"  {line}" for line in [*first, f"IC {GROUP_NAME}", "who", "hangup subscriber", "cdrs"]
    )
    return (
        f"The handsets, which answer after {FIRST_RING:g} s (only the subscriber's texts are commands):\n"
        f"{handsets}\n"
        f"Try first, a line at a time:\n{steps}\n"
        "Everything else: help. The end: quit."
    )


async def play() -> None:
    """Starts the stage, plays, stops it. Raises PartError."""
    print("starting the SMSC, the mobile switch, the USN's Asterisk and usnd …", flush=True)
    async with stage() as parts:
        await give_handsets(parts)
        await play_with(parts, welcome())


async def give_handsets(parts: Stage) -> None:
    """Everybody has one, which rings for a while before it is answered."""
    await parts.switch.put(*(parts.handset(number, ring=FIRST_RING) for number in EVERYBODY.values()))


async def play_with(parts: Stage, greeting: str) -> None:
    """At a prompt, until the person ends it."""
    print(greeting, flush=True)
    async with Prompt(sys.stdin.fileno(), sys.stdout, PROMPT) as prompt:
        await Player(parts, prompt).play()
    print("stopping everything …", flush=True)


def played(game: Coroutine[None, None, None]) -> int:
    """The exit status: 0 however a person ends it."""
    try:
        with contextlib.suppress(KeyboardInterrupt):
            run(game)
    except (PartError, DebianError) as error:
        print(f"play failed: {error}", file=sys.stderr)
        return 1
    print("everything is stopped", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(played(play()))
