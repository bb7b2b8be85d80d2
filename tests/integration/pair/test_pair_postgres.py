"""Two real PostgreSQL in a pair: following, waiting for the standby, taking over, the old active's return."""

import asyncio
import os
import signal
import time
from pathlib import Path

import msgspec
import psycopg
import pytest
from database_pair import Pair, until

from usnd.domain.pair.evidence import Database, Store
from usnd.pair.database import directory, postgres
from usnd.pair.database.directory import PostgresError
from usnd.pair.database.postgres import Postgres

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("checkpointed", [True, False])
async def test_a_pair_of_databases_goes_through_its_whole_life(pair: Pair, *, checkpointed: bool) -> None:
    await pair.a.open()
    first = await until(pair.a, "PRIMARY")
    pair.execute("a", "create table kept (n int)")

    await pair.b.follow()  # nothing there: a base backup
    await until(pair.b, "following")
    await until(pair.a, "streaming")
    await pair.a.wait_for_standby(on=True)
    await until(pair.a, "in_step")
    pair.execute("a", "insert into kept values (1)")

    pair.kill("b")  # commits wait, nothing is acknowledged
    waiting = asyncio.create_task(asyncio.to_thread(pair.execute, "a", "insert into kept values (2)"))
    await asyncio.sleep(1.5)
    assert not waiting.done()
    await pair.a.wait_for_standby(on=False)
    await asyncio.wait_for(waiting, 60)

    await pair.b.follow()  # a crashed standby has nothing to rewind, and must get no WAL of its own
    await until(pair.a, "streaming")
    await pair.a.wait_for_standby(on=True)
    await until(pair.a, "in_step")
    pair.execute("a", "insert into kept values (3)")

    pair.kill("a")
    await pair.b.open()
    taken = await until(pair.b, "PRIMARY")
    assert taken.timeline > first.timeline or taken.lsn > first.lsn
    await pair.b.wait_for_standby(on=False)
    pair.execute("b", "insert into kept values (4)")
    assert pair.execute("b", "select array_agg(n order by n) from kept") == [([1, 2, 3, 4],)]

    if checkpointed:  # before release 16, pg_rewind overlooks a promotion until then
        pair.execute("b", "checkpoint")
    place = (pair.home / "a").stat().st_ino
    await pair.a.follow()  # the old active returns, only as standby
    assert not checkpointed or (pair.home / "a").stat().st_ino == place, "rewound, not copied anew"
    assert (await until(pair.a, "following")).database is Database.STANDBY
    await until(pair.a, "replayed")
    assert pair.execute("a", "select max(n) from kept") == [(4,)]

    await pair.a.stop()
    assert await pair.a.read() == Store()
    assert (Path(pair.home) / "a" / "standby.signal").exists()


async def test_the_number_of_another_process_is_not_a_running_database(pair: Pair) -> None:
    """After a power cut, what stands in postmaster.pid may be anybody's."""
    (pair.home / "a" / "postmaster.pid").write_text("1\n")
    assert await pair.a.read() == Store()
    pair.a.keep_closed()
    assert (pair.home / "a" / "standby.signal").exists()


async def test_a_base_backup_that_was_never_started_is_taken_up(pair: Pair) -> None:
    await pair.a.open()
    await until(pair.a, "PRIMARY")
    with pytest.raises(PostgresError, match="false ended with 1"):
        await Postgres(
            msgspec.structs.replace(pair.config("b", "a"), start=("false",)), time.monotonic
        ).follow()
    assert (pair.home / "b" / "backup_label").exists()
    place = (pair.home / "b").stat().st_ino
    await pair.b.follow()
    assert (await until(pair.b, "following")).database is Database.STANDBY
    assert (pair.home / "b").stat().st_ino == place, "not copied anew"


async def test_what_a_rewind_that_was_cut_off_left_is_never_opened(following: Pair) -> None:
    pair = following
    await pair.b.stop()
    place = (pair.home / "b").stat().st_ino
    pair.left("b", "new").mkdir()
    pair.left("b", "unsure").touch()
    assert await pair.b.read() == Store(Database.HALF)
    with pytest.raises(PostgresError, match="half"):
        await pair.b.open()
    await pair.b.follow()
    assert (await until(pair.b, "following")).database is Database.STANDBY
    assert (pair.home / "b").stat().st_ino != place, "copied anew"
    assert not any(pair.left("b", what).exists() for what in ("new", "unsure"))


async def test_a_copy_that_is_whole_takes_its_place_though_the_peer_is_gone(following: Pair) -> None:
    pair = following
    pair.execute("a", "insert into kept values (1)")
    await until(pair.b, "replayed")
    await pair.b.stop()
    (pair.home / "b").rename(pair.left("b", "whole"))
    (pair.home / "b").mkdir()
    pair.left("b", "unsure").touch()
    pair.kill("a")
    assert await pair.b.read() == Store()
    await pair.b.open()
    await until(pair.b, "PRIMARY")
    assert pair.execute("b", "select n from kept") == [(1,)]
    assert not pair.left("b", "unsure").exists()


async def ahead(pair: Pair, octets: int) -> None:
    """Returns when B has received so much more than it has replayed."""
    deadline = time.monotonic() + 90
    while True:
        if pair.execute("b", "select pg_last_wal_receive_lsn() - pg_last_wal_replay_lsn()") >= [(octets,)]:
            return
        assert time.monotonic() < deadline
        await asyncio.sleep(0.005)


async def test_half_a_record_of_a_dead_active_keeps_no_standby_from_taking_over(following: Pair) -> None:
    pair = following
    pair.execute("a", "insert into kept values (1)")
    await until(pair.b, "replayed")
    one_record = "select pg_logical_emit_message(false, '', repeat('x', 256 << 20))"
    sending = asyncio.create_task(asyncio.to_thread(pair.execute, "a", one_record))
    await ahead(pair, 1 << 20)
    pair.kill("a")
    with pytest.raises(psycopg.OperationalError):
        await sending
    await until(pair.b, "replayed")
    await ahead(pair, 1)  # half a record, still
    await pair.b.open()
    await until(pair.b, "PRIMARY")
    assert pair.execute("b", "select n from kept") == [(1,)]


async def test_promotion_itself_replays_what_came_and_was_not_yet_replayed(following: Pair) -> None:
    """As the figure counts on: here the startup process "waits", and has not seen what the receiver wrote."""
    pair = following
    await until(pair.b, "replayed")
    [(startup,)] = pair.execute("b", "select pid from pg_stat_activity where backend_type = 'startup'")
    assert isinstance(startup, int)
    os.kill(startup, signal.SIGSTOP)
    try:
        pair.execute("a", "insert into kept values (1)")
        await ahead(pair, 1)
        pair.kill("a")
        await until(pair.b, "replayed")
        await pair.b.open()
    finally:
        os.kill(startup, signal.SIGCONT)
    await until(pair.b, "PRIMARY")
    assert pair.execute("b", "select n from kept") == [(1,)]


ASKING = """#!/bin/sh
for word; do [ "$before" != -d ] || peer=$word; before=$word; done
'{programs}/psql' -XAt -d "$peer" -c 'SHOW wal_sender_timeout' > '{told}'
exec '{programs}/pg_basebackup' "$@"
"""
"""pg_basebackup, which tells first how long its connections may be silent."""


async def test_a_base_backup_outlives_a_disk_slower_than_the_active_waits_for_a_dead_peer(pair: Pair) -> None:
    await pair.a.open()
    await until(pair.a, "PRIMARY")
    pair.execute("a", "ALTER SYSTEM SET wal_sender_timeout = '3s'")
    pair.execute("a", "SELECT pg_reload_conf()")
    programs, told = pair.home / "programs", pair.home / "bs/told"
    programs.mkdir(mode=0o755)
    for program in pair.programs.iterdir():
        (programs / program.name).symlink_to(program)
    asking = programs / "pg_basebackup"
    asking.unlink()
    asking.write_text(ASKING.format(programs=pair.programs, told=told))
    asking.chmod(0o755)
    settings = msgspec.structs.replace(pair.config("b", "a"), programs=programs)
    await Postgres(settings, time.monotonic).follow()
    assert told.read_text() == "1min\n"
    assert (await until(pair.b, "following")).database is Database.STANDBY


async def test_a_base_backup_that_did_not_help_is_not_made_again_at_once(
    following: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    pair = following
    broken = Postgres(msgspec.structs.replace(pair.config("b", "a"), start=("false",)), time.monotonic)
    await pair.b.stop()
    pair.left("b", "unsure").touch()
    with pytest.raises(PostgresError, match="false ended with 1"):
        await broken.follow()
    pair.left("b", "unsure").touch()
    with pytest.raises(PostgresError, match="the next one starts in"):
        await broken.follow()
    monkeypatch.setattr(directory, "COPY_PAUSE", 0.0)
    with pytest.raises(PostgresError, match="false ended with 1"):  # it was made: the pause was what held
        await broken.follow()
    await Postgres(pair.config("b", "a"), time.monotonic).follow()
    await until(pair.b, "following")


async def test_a_standby_whose_wal_the_active_has_no_more_is_copied_anew(
    following: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "STUCK", 2.0)
    pair = following
    await pair.b.stop()
    await pair.a.wait_for_standby(on=False)
    pair.execute("a", "alter system set wal_keep_size = 0")
    pair.execute("a", "select pg_reload_conf()")
    pair.execute("a", "insert into kept values (0)")  # now surely inside the segment that B lacks
    [(place,)] = pair.execute("a", "select pg_current_wal_lsn() - '0/0'::pg_lsn")
    kept = f"select 1 from pg_ls_waldir() where name = pg_walfile_name('0/0'::pg_lsn + {place})"
    rows = 0
    while pair.execute("a", kept):
        assert rows < 50
        rows += 1
        pair.execute("a", f"insert into kept values ({rows})")
        pair.execute("a", "select pg_switch_wal()")
        pair.execute("a", "checkpoint")
    with pytest.raises(PostgresError, match="does not follow"):
        await pair.b.follow()
    monkeypatch.undo()
    await pair.b.follow()
    await until(pair.b, "replayed")
    assert pair.execute("b", "select count(*) from kept") == [(rows + 1,)]


async def test_nobody_is_in_step_before_the_checkpointer_has_told_all(following: Pair) -> None:
    """On a slow disk, or without a processor, it has not: commits do not wait, whatever the settings say."""
    pair = following
    asked = "select pid from pg_stat_activity where backend_type = 'checkpointer'"
    [(checkpointer,)] = pair.execute("a", asked)
    assert isinstance(checkpointer, int)
    os.kill(checkpointer, signal.SIGSTOP)
    try:
        await pair.a.wait_for_standby(on=True)
        await until(pair.a, "synchronous")
        for _ in range(4):
            await asyncio.sleep(0.5)
            store = await pair.a.read()
            assert store is not None
            assert not store.in_step
    finally:
        os.kill(checkpointer, signal.SIGCONT)
    await until(pair.a, "in_step")


async def test_a_database_that_takes_connections_and_does_not_answer_is_known_to_hang(
    following: Pair,
) -> None:
    pair = following
    pid = int((pair.home / "a" / "postmaster.pid").read_text().split()[0])
    os.kill(pid, signal.SIGSTOP)
    try:
        assert await pair.a.read() is None
        assert pair.a.silent
    finally:
        os.kill(pid, signal.SIGCONT)
    await until(pair.a, "PRIMARY")
    assert not pair.a.silent


async def test_replay_that_somebody_paused_goes_on(following: Pair) -> None:
    """Else the standby could not take over, and no alarm would say why."""
    pair = following
    pair.execute("b", "select pg_wal_replay_pause()")
    pair.execute("a", "insert into kept values (1)")
    await until(pair.b, "replayed")
    await pair.b.read()
    await until(pair.b, "replayed")
    assert pair.execute("b", "select pg_is_wal_replay_paused()") == [(False,)]
    assert pair.execute("b", "select n from kept") == [(1,)]


async def test_of_two_connections_of_the_standby_the_one_that_does_not_hang_counts(following: Pair) -> None:
    """The older one kept the place of the standby that is waited for, and commits waited for it."""
    pair = following
    await pair.a.wait_for_standby(on=True)
    await until(pair.a, "in_step")
    [(sender,)] = pair.execute("a", "select pid from pg_stat_replication")
    assert isinstance(sender, int)
    os.kill(sender, signal.SIGSTOP)
    try:
        receiver = "select pg_terminate_backend(pid) from pg_stat_wal_receiver"
        pair.execute("b", receiver)
        for _ in range(600):
            if len(pair.execute("a", "select pid from pg_stat_replication where state = 'streaming'")) > 1:
                break
            await asyncio.sleep(0.1)
        await asyncio.wait_for(asyncio.to_thread(pair.execute, "a", "insert into kept values (1)"), 60)
    finally:
        os.kill(sender, signal.SIGCONT)
