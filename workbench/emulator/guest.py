"""One emulated machine that runs: its network cards, its console, its power.

Started inside a network namespace, with one tap device a card. Commands go by the second serial port. A cable
is pulled by QEMU's monitor.
"""

import re
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from workbench.emulator.file_system import MachineRoot
from workbench.lab.net import inside
from workbench.parts.process import Part, PartError, Process, until

BOOT_PATIENCE = 600.0
COMMAND_PATIENCE = 60.0
MEMORY_MB = 512


@dataclass(frozen=True, slots=True)
class Card:
    """A network card. `tap`: its other end, in the namespace."""

    name: str
    mac: str
    tap: str


class Guest(Part):
    """`async with` boots it and cuts its power; what it writes to its disk is thrown away."""

    def __init__(
        self, root: MachineRoot, image: Path, namespace: str, cards: Sequence[Card], place: Path
    ) -> None:
        """`place`: a directory for its sockets and logs, with a short path."""
        self._place, self._cards = place, {card.name: number for number, card in enumerate(cards)}
        self._process = Process(inside(namespace, *self._words(root, image, cards)), place / "qemu.log")

    def _words(self, root: MachineRoot, image: Path, cards: Sequence[Card]) -> list[str]:
        # No hypervisor is to be had everywhere; Nehalem is the oldest that Debian's programs like.
        words = ["qemu-system-x86_64", "-accel", "tcg,thread=multi", "-cpu", "Nehalem", "-smp", "1"]
        words += ["-m", str(MEMORY_MB), "-display", "none", "-nodefaults", "-no-reboot"]
        words += ["-kernel", str(root.kernel), "-initrd", str(root.initrd)]
        words += ["-append", "root=/dev/vda rw console=ttyS0 quiet"]
        words += ["-drive", f"file={image},if=virtio,format=raw,snapshot=on"]
        for number, card in enumerate(cards):
            words += ["-netdev", f"tap,id=n{number},ifname={card.tap},script=no,downscript=no"]
            words += ["-device", f"virtio-net-pci,netdev=n{number},mac={card.mac}"]
        words += ["-serial", f"file:{self._place / 'console.log'}"]
        words += ["-serial", f"unix:{self._place / 'commands'},server=on,wait=off"]
        return [*words, "-monitor", f"unix:{self._place / 'monitor'},server=on,wait=off"]

    async def start(self) -> None:
        """Returns when it takes commands. Raises PartError."""
        self._process.start()
        if not await until(self._answers, BOOT_PATIENCE, 1.0):
            raise PartError(f"an emulated machine did not boot:\n{self._process.tail()}{self._console()}")

    async def stop(self) -> None:
        """The power goes."""
        self._process.kill()

    def _answers(self) -> bool:
        if not self._process.alive:
            raise PartError(f"an emulated machine ended:\n{self._process.tail()}")
        try:
            return self.command("echo here", 2.0) == "here"
        except (OSError, PartError):
            return False

    def command(self, text: str, patience: float = COMMAND_PATIENCE) -> str:
        """What a line of shell prints in it. Raises PartError: it fails, or does not answer."""
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(patience)
            line.connect(str(self._place / "commands"))
            line.sendall(f"{text}\n".encode())
            told = ""
            deadline = time.monotonic() + patience
            while not (end := re.search(r"^=== (\d+)\r?\n", told, re.MULTILINE)):
                if time.monotonic() > deadline or not (more := line.recv(65536)):
                    raise PartError(f"an emulated machine does not answer {text!r}: {told}")
                told += more.decode(errors="replace")
        if end[1] != "0":
            raise PartError(f"{text} ended with {end[1]}: {told[: end.start()]}")
        return told[: end.start()].strip()

    def carrier(self, card: str, *, on: bool) -> None:
        """Pulls the card's cable, or puts it back."""
        with socket.socket(socket.AF_UNIX) as monitor:
            monitor.settimeout(5)
            monitor.connect(str(self._place / "monitor"))
            _until_prompt(monitor)
            monitor.sendall(f"set_link n{self._cards[card]} {'on' if on else 'off'}\n".encode())
            _until_prompt(monitor)

    def _console(self) -> str:
        log = self._place / "console.log"
        return log.read_text(errors="replace")[-2000:] if log.exists() else ""


def _until_prompt(monitor: socket.socket) -> None:
    told = b""
    while not told.endswith(b"(qemu) "):
        more = monitor.recv(4096)
        if not more:
            raise PartError("QEMU's monitor closed")
        told += more
