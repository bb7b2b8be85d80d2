"""The prompt: lines from a person at a terminal, or from a pipe or file, while other lines appear between.

Called by play.py. In a terminal it edits the line itself, so that a line that appears meanwhile does not tear
what is being typed. It does not know what the lines mean.
"""

import asyncio
import codecs
import os
import termios
import tty
from types import TracebackType
from typing import Any, Self, TextIO

READ_OCTETS = 4096
MOST_REMEMBERED = 100
_END, _ERASE_WORD, _ERASE_LINE, _ESCAPE = "\x04", "\x17", "\x15", "\x1b"
_BACKSPACES = "\x7f\b"
_UP, _DOWN = "[A", "[B"


class Editor:
    """What is being typed. Feed it characters; it gives the lines that were finished. Pure."""

    def __init__(self) -> None:
        self.line = ""
        self.ended = False
        self._history: list[str] = []
        self._shown = 0
        self._sequence: str | None = None

    def feed(self, characters: str) -> list[str]:
        """The lines finished by these characters; `ended` is set by Ctrl-D on an empty line."""
        return [line for char in characters if (line := self._press(char)) is not None]

    def _press(self, char: str) -> str | None:
        if self._sequence is not None:
            self._continue(char)
        elif char in "\r\n":
            return self._finish()
        elif char == _ESCAPE:
            self._sequence = ""
        elif char in _BACKSPACES:
            self.line = self.line[:-1]
        elif char == _ERASE_LINE:
            self.line = ""
        elif char == _ERASE_WORD:
            self.line = self.line.rstrip().rpartition(" ")[0]
            self.line += " " if self.line else ""
        elif char == _END:
            self.ended = self.ended or not self.line
        elif char.isprintable():
            self.line += char
        return None

    def _finish(self) -> str:
        line, self.line = self.line, ""
        if line.strip() and self._history[-1:] != [line]:
            self._history = [*self._history[-MOST_REMEMBERED + 1 :], line]
        self._shown = len(self._history)
        return line

    def _continue(self, char: str) -> None:
        """One more character of an escape sequence; those of a cursor key end with a letter."""
        self._sequence = (self._sequence or "") + char
        if char in "[O" or not (char.isalpha() or char == "~"):
            return
        step = {_UP: -1, _DOWN: 1}.get(self._sequence.replace("O", "["), 0)
        self._sequence = None
        if step:
            self._shown = max(0, min(len(self._history), self._shown + step))
            self.line = self._history[self._shown] if self._shown < len(self._history) else ""


class Prompt:
    """`async with` takes the input over, and gives a terminal back as it was."""

    def __init__(self, source: int, out: TextIO, prompt: str) -> None:
        """`source`: the file descriptor to read."""
        self._source = source
        self._out = out
        self._interactive = os.isatty(source) and out.isatty()
        self._prompt = prompt if self._interactive else ""
        self._editor = Editor()
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._lines: asyncio.Queue[str | None] = asyncio.Queue()
        self._saved: list[Any] = []
        self._pending = ""

    def show(self, text: str) -> None:
        """A line of ours, above the one being typed."""
        clear = "\r\x1b[K" if self._interactive else ""
        print(f"{clear}{text}", file=self._out)
        self._draw()

    async def line(self) -> str | None:
        """The next line typed; None at the end of the input."""
        return await self._lines.get()

    def _draw(self) -> None:
        if self._interactive:
            self._out.write(f"\r\x1b[K{self._prompt}{self._editor.line}")
        self._out.flush()

    def _read(self) -> bool:
        """Takes what is there; False at the end of the input."""
        octets = os.read(self._source, READ_OCTETS)
        text = self._decoder.decode(octets, final=not octets)
        if self._interactive:
            self._edit(text)
            ended = self._editor.ended or not octets
        else:
            *lines, self._pending = (self._pending + text).split("\n")
            ended = not octets
            for line in [*lines, self._pending] if ended and self._pending else lines:
                self._lines.put_nowait(line)
        if ended:
            asyncio.get_running_loop().remove_reader(self._source)
            self._lines.put_nowait(None)
        return not ended

    def _edit(self, text: str) -> None:
        for char in text:
            for line in self._editor.feed(char):
                self._out.write(f"\r\x1b[K{self._prompt}{line}\n")
                self._lines.put_nowait(line)
        self._draw()

    async def __aenter__(self) -> Self:
        if self._interactive:
            self._saved = termios.tcgetattr(self._source)
            tty.setcbreak(self._source)  # Ctrl-C stays a signal
        try:
            asyncio.get_running_loop().add_reader(self._source, self._read)
        except PermissionError:  # a file, which epoll refuses and which never makes anybody wait
            while self._read():
                pass
        self._draw()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        asyncio.get_running_loop().remove_reader(self._source)
        if self._interactive:
            termios.tcsetattr(self._source, termios.TCSADRAIN, self._saved)
            self._out.write("\n")
            self._out.flush()
