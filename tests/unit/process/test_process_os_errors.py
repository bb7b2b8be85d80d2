"""An error of the system names its file and says why, whatever the system left out."""

import errno
import os
from pathlib import Path

import pytest

from usnd.process.os_errors import about, in_words

FULL = "No space left on device"


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(errno.ENOSPC, FULL), f"the record: {FULL}"),
        (OSError(errno.EEXIST, "File exists", "/srv/talk.wav"), "/srv/talk.wav: File exists"),
        (OSError(errno.EPERM, "Operation not permitted", 3), "the record: Operation not permitted"),
        (OSError("AF_UNIX path too long"), "the record: AF_UNIX path too long"),
        (TimeoutError(), "the record: it took too long"),
    ],
)
def test_it_is_told_with_the_file_that_it_was(error: OSError, words: str) -> None:
    assert in_words(error, "the record") == words


def test_what_names_no_file_is_about_the_one_at_work(tmp_path: Path) -> None:
    with pytest.raises(OSError, match=FULL) as caught, about(tmp_path):
        raise OSError(errno.ENOSPC, FULL)
    assert in_words(caught.value, "") == f"{tmp_path}: {FULL}"
    with pytest.raises(OSError, match="permitted") as caught, about(tmp_path):
        os.fchmod(os.open("/proc/self/stat", os.O_RDONLY), 0o600)
    assert in_words(caught.value, "") == f"{tmp_path}: Operation not permitted"
    with pytest.raises(FileNotFoundError) as missing, about(tmp_path):
        (tmp_path / "none").read_text()
    assert in_words(missing.value, "") == f"{tmp_path}/none: No such file or directory"
