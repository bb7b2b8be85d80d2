"""Two databases of which each has what the other has not: told apart, and kept aside."""

import json

import pytest
from database_pair import Pair, until

pytestmark = pytest.mark.slow


async def test_two_histories_on_timelines_of_one_number_are_told_apart(following: Pair) -> None:
    """Each of the two was promoted without the other: an operator's choice says whose changes are lost."""
    pair = following
    pair.kill("a")
    await pair.b.open()
    await until(pair.b, "PRIMARY")
    pair.execute("b", "insert into kept values (1)")
    await pair.a.stop()
    await pair.a.open()
    await until(pair.a, "PRIMARY")
    pair.execute("a", "insert into kept values (2)")
    await pair.a.follow()
    await until(pair.a, "following")
    await until(pair.a, "replayed")
    assert pair.execute("a", "select n from kept") == [(1,)]


@pytest.mark.parametrize("killed", [False, True])
async def test_what_only_one_server_has_is_kept_aside_whole_and_as_a_list(
    following: Pair, *, killed: bool
) -> None:
    """Both were opened without the other: each answered texts that the other never had."""
    pair = following
    pair.execute("a", "insert into kept values (1)")
    await until(pair.b, "replayed")
    await pair.b.stop()
    alone_since = (await until(pair.a, "PRIMARY")).lsn
    pair.execute("a", "insert into kept values (2)")
    pair.execute("a", "insert into kept values (3)")
    if killed:
        pair.kill("a")
    await pair.a.stop()
    await pair.b.open()
    await until(pair.b, "PRIMARY")
    pair.execute("b", "insert into kept values (4)")
    pair.execute("b", "checkpoint")
    await pair.a.follow(alone_since=alone_since)
    await until(pair.a, "replayed")
    assert pair.execute("a", "select n from kept order by n") == [(1,), (4,)]
    [listed] = pair.home.glob("a.kept-*.jsonl")
    head, *rows = map(json.loads, listed.read_text().splitlines())
    assert head == {"alone since": alone_since, "transactions": 2}
    assert rows == [{"database": "postgres", "table": "public.kept", "row": {"n": n}} for n in (2, 3)]
    directory = listed.with_suffix("")
    assert (directory / "PG_VERSION").exists()
    await pair.a.follow(alone_since=alone_since)
    assert len(list(pair.home.glob("a.kept-*"))) == 2, "a copy of the other's has nothing of its own"


async def test_what_waited_for_the_standby_is_in_the_list_too(following: Pair) -> None:
    """It is on the own disk when the server goes alone, and the standby never said that it has it."""
    pair = following
    pair.execute("a", "insert into kept values (1)")
    await until(pair.b, "replayed")
    await until(pair.a, "streaming")
    await pair.b.stop()
    pair.execute("a", "insert into kept values (2)")
    store = await until(pair.a, "PRIMARY")
    assert 0 < store.confirmed < store.lsn
    await pair.a.stop()
    await pair.b.open()
    await until(pair.b, "PRIMARY")
    await pair.a.follow(alone_since=store.confirmed)
    [listed] = pair.home.glob("a.kept-*.jsonl")
    assert '"row": {"n": 2}' in listed.read_text()


async def test_what_was_being_kept_aside_when_it_was_cut_off_is_not_rewound(following: Pair) -> None:
    pair = following
    await pair.b.stop()
    pair.execute("a", "insert into kept values (2)")
    await pair.a.stop()
    pair.left("a", "aside").touch()
    await pair.a._directory.start()  # as it is while its rows are listed
    await pair.a._directory.stop()
    await pair.b.open()
    await until(pair.b, "PRIMARY")
    await pair.a.follow(alone_since=0)
    [listed] = pair.home.glob("a.kept-*.jsonl")
    assert '"row": {"n": 2}' in listed.read_text()
    assert not pair.left("a", "aside").exists()
