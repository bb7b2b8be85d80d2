"""What is lost of a runtime directory is one line, and one when all of it is back."""

import errno
from pathlib import Path

from structlog.testing import capture_logs

from usnd.process.runtime_directory import RuntimeDirectory

SOCKET, STATUS = Path("/run/usnd/control.sock"), Path("/run/usnd/status.json")
GONE = OSError(errno.ENOENT, "No such file or directory")


def test_one_line_when_the_first_is_lost_and_one_when_the_last_is_back() -> None:
    directory = RuntimeDirectory()
    with capture_logs() as journal:
        directory.kept(SOCKET)
        assert journal == [], "all is well"
        directory.lost(STATUS, GONE)
        directory.lost(SOCKET, GONE)
        directory.lost(STATUS, GONE)
        directory.kept(STATUS)
        assert [line["event"] for line in journal] == ["runtime directory cannot be used"]
        assert (journal[0]["path"], journal[0]["reason"]) == (str(STATUS), "No such file or directory")
        directory.kept(SOCKET)
        directory.kept(STATUS)
    assert [line["event"] for line in journal[1:]] == ["runtime directory can be used again"]
    assert journal[1]["directory"] == "/run/usnd"


def test_a_reason_without_a_number_is_told_as_it_is() -> None:
    with capture_logs() as journal:
        RuntimeDirectory().lost(SOCKET, OSError("AF_UNIX path too long"))
    assert journal[0]["reason"] == "AF_UNIX path too long"
