"""What `usnd pair …` says when another release's arbiter answers, or none: words and a status, no traceback.

During an upgrade the command and the arbiter of one server are of two releases for a while. The lines of the
former release were recorded from it; tests/unit/pair/test_pair_wire_names.py has those that go the other way.
"""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from typer.testing import CliRunner

from usnd.cli.main import app
from usnd.pair import control

CONFIG = """
server = "A"
secret = "a secret of both servers"
state = "{home}"
socket = "{home}/control.sock"
[[paths]]
name = "network"
local = "127.0.0.1"
peer = "127.0.0.2"
[database]
own = "host=/none"
peer = "host=/none"
own_name = "usn_a"
peer_name = "usn_b"
data = "/none"
programs = "/none"
start = ["true"]
stop = ["true"]
[network]
interface = ""
floating = "192.0.2.211"
gateway = "192.0.2.1"
track_file = "/none"
"""
STATUS = (
    b'{"state": "active_solo", "means": "serves alone: the other server cannot take over", "since_s": 101.0, '
    b'"epoch": 0, "standing": "solo", "peer": "standby", "peer_means": "nothing has been heard of it for '
    b'1 s: this is what was last known, and may be so no longer", "peer_heard": false, "peer_silent_s": 1.0, '
    b'"heard_s": {"bond": 1.0}, "peer_was": "standby", "peer_epoch": 0, "peer_power": "silent", '
    b'"peer_power_s": null, "console_s": 0.0, "unable": "", "unkept": "", "store_s": null, "store": '
    b'{"database": "Database.STOPPED"}, "claimed_by": "", "ill": "", "maintenance": false, '
    b'"alarms": ["the other server is not heard"]}\n'
)
"""The former release's, to `{}`."""
REFUSED = b'{"refused": "only the active of a pair in step hands over; ask it there"}\n'
COMMANDS = [
    ("status",), ("status", "--json"), ("switch-over",), ("switch-over", "--dry-run"), ("maintenance", "on"),
    ("maintenance", "off"), ("force-active", "--yes"), ("rejoin", "--yes"),
]  # fmt: skip
ORDERS = ["switch-over", "maintenance on", "maintenance off", "force-active", "rejoin"]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "arbiter.toml").write_text(CONFIG.format(home=tmp_path))
    return tmp_path


def said(home: Path, *words: str) -> tuple[int, str]:
    """The exit status and all that the command printed; a traceback fails the test."""
    done = CliRunner().invoke(app, ["pair", *words, "--config", str(home / "arbiter.toml")])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.output


@contextmanager
def arbiter(home: Path, answer: Callable[[bytes], bytes]) -> Iterator[list[bytes]]:
    """Somebody at the arbiter's socket who answers so; gives the lines that came."""
    came: list[bytes] = []
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(home / "control.sock"))
        listening.listen()

        def serve() -> None:
            with suppress(OSError):
                channel, _ = listening.accept()
                with channel, channel.makefile("rb") as lines:
                    came.append(lines.readline())
                    channel.sendall(answer(came[-1]))

        serving = threading.Thread(target=serve)
        serving.start()
        try:
            yield came
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            serving.join(10)


def former(line: bytes) -> bytes:
    """As the former release's arbiter answers what it can do."""
    asked = json.loads(line)
    if "order" not in asked:
        return STATUS
    assert asked["order"] in ORDERS
    return json.dumps({"done": asked["order"], "dry_run": asked["dry_run"]}).encode() + b"\n"


def test_the_former_releases_status_is_shown_and_named_as_such(home: Path) -> None:
    with arbiter(home, former):
        status, shown = said(home, "status")
    assert status == 0
    assert "active_solo: serves alone" in shown
    assert "last_role      solo" in shown
    assert "alarm: the other server is not heard" in shown
    assert "of another release than this command (it speaks version 1, the command 2)" in shown
    assert "systemctl restart usn-arbiter" in shown


@pytest.mark.parametrize("words", COMMANDS[2:])
def test_the_former_release_is_commanded(home: Path, words: tuple[str, ...]) -> None:
    with arbiter(home, former) as came:
        status, _ = said(home, *words)
    assert status == 0
    assert json.loads(came[0])["by"]


@pytest.mark.parametrize("words", COMMANDS)
def test_what_the_arbiter_refuses_is_told_in_its_words(home: Path, words: tuple[str, ...]) -> None:
    with arbiter(home, lambda _line: REFUSED):
        assert said(home, *words) == (1, "only the active of a pair in step hands over; ask it there\n")


STRANGE = {
    "nothing": b"",
    "half a line": b'{"state": "bo',
    "no JSON": b"nonsense\n",
    "no UTF-8": b"\xff\xfe\n",
    "a list": b"[]\n",
    "a figure": b"7\n",
    "null": b"null\n",
    "very deep": b"[" * 100_000 + b"\n",
    "an empty object": b"{}\n",
    "other types": b'{"state": 7, "alarms": 3, "peer": [], "peer_power_s": "long", "version": "x"}\n',
}


@pytest.mark.parametrize("words", COMMANDS)
@pytest.mark.parametrize("answer", STRANGE.values(), ids=STRANGE.keys())
def test_what_is_no_answer_ends_in_a_sentence(home: Path, words: tuple[str, ...], answer: bytes) -> None:
    with arbiter(home, lambda _line: answer):
        status, shown = said(home, *words)
    known = status == 1 and ("another release" in shown or "does not answer" in shown)
    assert known or (words[0] == "status" and answer.startswith(b"{")), shown
    if words == ("status",) and status == 0:
        assert "not told" in shown
        assert "of another release than this command" in shown


def dead(home: Path) -> None:
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(home / "control.sock"))


PLACES: dict[str, Callable[[Path], object]] = {
    "missing": lambda _home: None,
    "dead": dead,
    "a file": lambda home: (home / "control.sock").write_text("x"),
    "a directory": lambda home: (home / "control.sock").mkdir(),
}


@pytest.mark.parametrize("words", COMMANDS)
@pytest.mark.parametrize("make", PLACES.values(), ids=PLACES.keys())
def test_an_arbiter_that_is_not_there_is_said_so(
    home: Path, words: tuple[str, ...], make: Callable[[Path], object]
) -> None:
    make(home)
    status, shown = said(home, *words)
    assert (status, "the arbiter is not running" in shown) == (1, True), shown


@pytest.mark.parametrize("words", COMMANDS)
def test_one_that_listens_and_never_answers_hangs(
    home: Path, words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(control, "PATIENCE", 0.3)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(home / "control.sock"))
        listening.listen()
        status, shown = said(home, *words)
    assert (status, "has not answered within 0.3 s: it hangs" in shown) == (1, True), shown
