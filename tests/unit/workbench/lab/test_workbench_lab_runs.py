"""What of a run does not hold of what its row promises, and how runs are told."""

from workbench.lab.faults import boots
from workbench.lab.faults.rows import FAULTS, Row
from workbench.lab.faults.runs import Run, markdown, summary, wrong

GOOD = {"text": 1.0, "call": 2.0, "back": 3.0, "taken": 4, "address": {"none": 0.5, "one": 9.0, "more": 0.0}}


def nothing(_node: str, _chance: object) -> None:
    pass


def judged(row: Row, **of: object) -> list[str]:
    return list(wrong(Run("crash", "a", **{**GOOD, **of}), row))


def test_what_is_promised_is_asked_of_each_run() -> None:
    row = Row(nothing, within=1.5)
    assert judged(row) == ["first call after 2.0 s, promised 1.5 s"]
    assert judged(row, call=1.0, lost=["p1"], refused=2) == ["lost: 1", "not taken: 2"]
    assert judged(row, call=None) == ["no call"]
    assert judged(row, call=1.0, back=61.0) == ["back after 61 s, promised 60 s"]
    assert judged(row, call=1.0, kept=["p1"]) == [], "it waits for a person, in a file"


def test_two_actives_are_nobodys_fault_but_that_of_who_forces_them() -> None:
    two = {"address": {"more": 0.2}, "binds": 0.3, "primaries": 0.4}
    assert judged(Row(nothing), **two) == [
        "two addresses for 0.20 s", "two binds for 0.30 s", "two primaries for 0.40 s",
    ]  # fmt: skip
    assert judged(Row(nothing, forced=True), **two) == []


def test_who_boots_without_a_part_serves_or_says_why_not_and_goes_on_saying_it() -> None:
    row = Row(nothing, look=40.0, says=("the SMSC is not bound", "trunk down"))
    for said in ({}, {"standing": {"a": ["this server serves alone: no standby could take over"]}}):
        assert judged(row, text=None, call=None, **said) == ["no text", "no call"]
    raised = "21:05 error alarm raised: the SMSC is not bound smsc=main others=0"
    cleared = "21:06 info alarm cleared: the SMSC is not bound smsc=main"
    assert judged(row, text=None, call=None, journal={"a": [raised]}) == []
    assert judged(row, text=None, call=None, journal={"a": [raised, cleared]}) == ["no text", "no call"]
    other = cleared.replace("main", "other")
    assert judged(row, call=None, journal={"a": [raised, other]}) == []
    assert judged(row, call=None, journal={"a": ["21:05 error alarm raised: trunk down trunk=one"]}) == []
    assert judged(Row(nothing, says=("cut off",)), call=None, standing={"a": ["is cut off"]}) == []


def test_each_part_is_missing_once_in_each_way_to_boot() -> None:
    rows = boots.rows()
    for part in boots.PARTS:
        assert {f"both boot without {part}", f"standby boots without {part}", f"alone without {part}"} <= set(
            rows
        )
    assert not set(rows) & set(FAULTS)
    assert all(row.look and row.mend for row in rows.values())


def test_runs_are_told_as_tables() -> None:
    looked = Run(
        "alone without MSC", "b", **GOOD, states={"a": "", "b": "active_solo"}, standing={"b": ["it"]}
    )
    runs = [Run("crash", "a", **GOOD), Run("crash", "b", **{**GOOD, "text": None}, wrong=["no text"]), looked]
    order = ["crash", "alone without MSC"]
    assert summary(runs, order)["crash"]["as_promised"] == 1
    told = markdown(runs, order).splitlines()
    assert told[2].startswith("| crash | 2 | - | - | 2.0 |")
    assert "| alone without MSC | b | 1.0 | 2.0 | 3.0 | a: silent; b: active_solo | b: it |" in told
    assert told[-1] == "- crash on b: no text"
