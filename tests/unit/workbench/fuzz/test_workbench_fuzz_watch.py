"""What must never be in a log or a trace is found there, and nothing else is."""

from pathlib import Path

from workbench.fuzz.watch import foreign, server_errors, statuses, traces_in

TRACE = """\
12 openat(AT_FDCWD, "/run/spool/x", O_RDWR|O_TMPFILE) = 5
12 connect(6, {sa_family=AF_UNIX, sun_path="/run/control.sock"}, 110) = 0
13 openat(AT_FDCWD, "/etc/passwd", O_RDONLY) = 7
13 connect(8, {sa_family=AF_INET, sin_port=htons(9), sin_addr=inet_addr("127.0.0.1")}, 16) = -1
13 connect(8, {sa_family=AF_UNIX, sun_path="/tmp/other"}, 16) = 0
"""


def test_only_what_is_not_the_sites_own_is_told() -> None:
    found = foreign(TRACE, [Path("/run")])
    assert sorted(found.values()) == [1, 1, 1]
    assert "opened /etc/passwd" in found
    assert sum("connected" in what for what in found) == 2


def test_statuses_are_counted_and_those_of_a_faulty_server_picked() -> None:
    lines = [
        '127.0.0.1 "POST /x" 200 12 0.1 s a b',
        '127.0.0.1 "" 400 1 0.0 s a',
        '::1 "GET /x" 502 1 0.0 s a -',
    ]
    assert statuses(lines) == {200: 1, 400: 1, 502: 1}
    assert server_errors(statuses(lines)) == {502: 1}


def test_stack_traces_and_dead_workers_are_found_in_logs(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("all is well\nTraceback (most recent call last):\nworker process 3 exited on signal 11\n")
    assert len(traces_in([log])) == 2
