"""Asterisk's own log of a real conference ties with the CDRs; what is planted on either side is found."""

import json
from datetime import UTC, datetime, timedelta

from bare_node import usnd
from sqlalchemy import text

from usnd.services.billing.switch_files import NAME
from usnd.store.core.engine import engine_for
from workbench.demo.stage import EVERYBODY, GROUP, Stage, stage
from workbench.parts.process import until
from workbench.parts.voice.switch import Refusal

Found = dict[str, str]


def period() -> list[str]:
    now = datetime.now(UTC)
    begin, end = now - timedelta(hours=1), now + timedelta(hours=1)
    return ["--since", f"{begin:%Y-%m-%dT%H:%M}", "--until", f"{end:%Y-%m-%dT%H:%M}"]


def reconciled(parts: Stage) -> Found:
    """What is said of each call; fails where there is a difference."""
    lines = parts.usn.command("cdr", "reconcile", "--all", "--json", *period()).splitlines()
    return {row["call"]: row["finding"] for row in map(json.loads, lines)}


def change(parts: Stage, statement: str) -> None:
    with engine_for(parts.usn.store_url).begin() as connection:
        connection.execute(text(statement))


async def test_a_conference_ties_and_each_planted_difference_is_found() -> None:
    refuses = next(iter(GROUP))
    async with stage('[billing]\nswitch_log = "/usn-legs"\n') as parts:
        logs = parts.usn.asterisk.home / "log"
        parts.usn.config.write_text(parts.usn.config.read_text().replace("/usn-legs", str(logs)))
        await parts.switch.put(parts.handset(GROUP[refuses], refusal=Refusal.BUSY))
        await parts.text("IC " + " ".join(GROUP.values()))
        await parts.usn.until_event("call joined", 20, len(EVERYBODY) - 1)
        up = reconciled(parts)
        assert sorted(up.values()) == ["still-up"] * (len(EVERYBODY) - 1) + ["tied"], "the busy one is over"
        parts.usn.command("conference", "end", "1")
        await parts.usn.until_event("conference ended", 20)
        assert await until(lambda: set(reconciled(parts).values()) == {"tied"}, 20)
        calls = sorted(reconciled(parts))
        assert len(calls) == len(EVERYBODY)
        log = (logs / NAME).read_text()
        assert not any(number.lstrip("+") in log for number in EVERYBODY.values()), "nobody's number is there"
        answered = next(cdr["call"] for cdr in parts.usn.cdrs() if cdr["answer"])
        plant(parts, answered, log)


def plant(parts: Stage, call: str, log: str) -> None:
    """Differences, one after the other, each taken back."""
    path = parts.usn.asterisk.home / "log" / NAME
    lines = log.splitlines(keepends=True)
    path.write_text("".join(line for line in lines if f",{call}," not in line))
    assert differing(parts) == {call: "no-leg"}
    path.write_text("".join(line for line in lines if line[:6] != "ANSWER" or f",{call}," not in line))
    assert differing(parts) == {call: "answer-differs"}
    path.write_text(log + log.replace(f",{call},", ",usn-9-9,"))
    assert differing(parts) == {"usn-9-9": "no-record"}
    path.write_text(log)
    earlier = "datetime(answer, '-9 seconds') || '.000000'"
    change(parts, f"UPDATE cdrs SET answer = {earlier} WHERE call_id = '{call}'")
    assert differing(parts) == {call: "length-differs"}
    change(parts, f"DELETE FROM cdrs WHERE call_id = '{call}'")
    assert differing(parts) == {call: "no-record"}


def differing(parts: Stage) -> Found:
    done = usnd("cdr", "reconcile", "--json", *period(), "--config", str(parts.usn.config))
    assert done.status == 1
    return {row["call"]: row["finding"] for row in map(json.loads, done.out.splitlines())}
