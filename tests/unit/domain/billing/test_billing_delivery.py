"""What rsync and ssh say is what somebody has to mend; a file counts only when it was read back."""

import pytest

from usnd.domain.billing.delivery import (
    REFUSALS,
    WORDS,
    There,
    Trouble,
    is_whole,
    trouble_of,
    what_is_there,
)


@pytest.mark.parametrize(
    ("status", "said", "trouble"),
    [
        (0, "a banner", None),
        (255, "Host key verification failed.", Trouble.HOST_KEY),
        (255, "@@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @@", Trouble.HOST_KEY),
        (255, "usn@192.0.2.30: Permission denied (publickey).", Trouble.LOGIN),
        (255, "ssh: connect to host 192.0.2.30 port 22: Connection refused", Trouble.UNREACHABLE),
        (255, "kex_exchange_identification: Connection closed by remote host", Trouble.UNREACHABLE),
        (11, 'rsync: write failed on "/in/a": No space left on device (28)', Trouble.FULL),
        (23, 'rsync: rename "/in/.a" -> "a": Read-only file system (30)', Trouble.READ_ONLY),
        (23, 'rsync: mkstemp "/in/.a" failed: Permission denied (13)', Trouble.READ_ONLY),
        (12, "rsync: connection unexpectedly closed", Trouble.BROKEN_OFF),
        (12, "ssh: Could not resolve hostname b.example: Name or service not known", Trouble.UNREACHABLE),
        (12, "/usr/bin/rrsync error: do not use .. in arg", Trouble.REFUSED),
        (12, "rsync: on remote machine: --fsync: unknown option", Trouble.REFUSED),
        (12, "FileNotFoundError: [Errno 2] No such file or directory: '/srv/cdr'", Trouble.REFUSED),
        (12, "rrsync error: Another instance of rrsync is already accessing", Trouble.BROKEN_OFF),
        (30, "timeout in data send/receive", Trouble.BROKEN_OFF),
        (-9, "", Trouble.BROKEN_OFF),
        (1, "option --delete has been disabled on this server.", Trouble.REFUSED),
        (14, "rsync: [sender] Failed to exec ssh: No such file or directory (2)", Trouble.HERE),
    ],
)
def test_what_is_wrong(status: int, said: str, trouble: Trouble | None) -> None:
    assert trouble_of(status, said) is trouble


@pytest.mark.parametrize(
    ("changes", "there"),
    [
        ("", None),
        ('skipping non-regular file "usn-mediation.csv"\n', None),
        ("cd+++++++++\n", None),
        (".f          \n", There.SAME),
        (".f..t......\n", There.SAME),
        ("<f+++++++++\n", There.NOTHING),
        ("<fc.........\n", There.OTHER),
        ("<fcs........\n", There.OTHER),
    ],
)
def test_what_is_there(changes: str, there: There | None) -> None:
    assert what_is_there(changes) is there


@pytest.mark.parametrize(
    ("there", "taken_away", "whole"),
    [
        (There.SAME, False, True),
        (There.SAME, True, True),
        (There.NOTHING, False, False),
        (There.NOTHING, True, True),
        (There.OTHER, False, False),
        (There.OTHER, True, False),
    ],
)
def test_when_a_file_is_confirmed(there: There, *, taken_away: bool, whole: bool) -> None:
    assert is_whole(there, taken_away=taken_away) is whole


def test_every_trouble_has_its_words() -> None:
    assert set(WORDS) == set(Trouble)
    assert set(Trouble) > REFUSALS
