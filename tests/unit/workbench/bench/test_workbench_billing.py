"""What the bench of billing makes of what it measured."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from usnd.domain.billing.months import Month, MonthState
from usnd.domain.billing.retention import MonthContent, Why, judge, kept_since
from workbench.bench.billing import files
from workbench.bench.billing.files import Round
from workbench.bench.billing.months import Commits, Removed, commits, lacks, targets
from workbench.bench.billing.records import OCTETS, old_month, own_index
from workbench.bench.billing.texts import Launches
from workbench.bench.billing.writer import Wrote
from workbench.bench.results import Target
from workbench.parts.process import PartError

WROTE = Wrote(1_000_000, 230_000_000, 4.0, 1.0, 80.0, "ab" * 32)
CALM = Commits(2_000, 1.0, 4.0, 9.0)
REMOVED = Removed(
    "other months", 30_000_000, 10_000.0, 0.6, 1.4, out_of_sight=True, behind_s=0.1, alone=CALM, beside=CALM
)


def held(found: Iterable[Target]) -> dict[str, bool]:
    return {one.what: one.held for one in found}


def test_a_rate_beside_another_is_the_other_s_time_by_ours() -> None:
    found = [Round(WROTE, 3.0), Round(replace(WROTE, seconds=2.0), 3.0), Round(WROTE, 2.8)]
    assert [one.ratio for one in found] == [0.75, 1.5, pytest.approx(0.7)]
    assert files.ratio(found) == 0.75
    assert files.result(found)["file_per_s"] == 250_000
    assert set(held(files.targets(found)).values()) == {True}


def test_a_slow_or_a_big_writer_is_told() -> None:
    found = [Round(replace(WROTE, seconds=4.3, peak_mb=101.0), 3.0)]
    assert set(held(files.targets(found)).values()) == {False}


def test_inserts_are_counted_when_they_are_done() -> None:
    found = [(at / 100, float(at)) for at in range(1_000)]
    one = commits(found, 2.0, 3.0)
    assert (one.count, one.median, one.longest) == (100, 249.5, 299.0)
    assert one.p99 == pytest.approx(298.01)
    with pytest.raises(PartError, match="no CDRs"):
        commits(found, 20.0, 30.0)


def test_a_removal_holds_when_it_is_quick_and_nobody_waited() -> None:
    assert set(held(targets([REMOVED])).values()) == {True}
    slow = replace(REMOVED, removed_s=1.1, beside=replace(CALM, p99=7.0))
    assert set(held(targets([slow])).values()) == {False}
    assert set(held(targets([replace(REMOVED, removed_s=None)])).values()) == {True, False}


def test_who_reads_the_month_itself_keeps_it_until_the_end() -> None:
    whole = replace(REMOVED, reader="all of cdrs", removed_s=None)
    assert len(held(targets([whole]))) == 3
    assert set(held(targets([whole])).values()) == {True}
    bad = replace(whole, out_of_sight=False, behind_s=1.5, beside=replace(CALM, p99=7.0))
    assert set(held(targets([bad])).values()) == {False}


def test_a_disk_that_is_too_small_is_told_before() -> None:
    assert lacks(1_000, 1_000 * OCTETS + 1) is None
    assert lacks(30_000_000, 10**9) == (
        "30000000 CDRs want 12.6 GB of disk, 1.0 GB are free: choose fewer by --rows"
    )


def test_texts_beside_an_export_are_judged_by_their_medians() -> None:
    found = Launches(alone=[0.010, 0.020, 0.030], beside=[0.020, 0.022, 0.090], files=2)
    assert found.result()["ratio"] == pytest.approx(1.1)
    assert set(held(found.targets()).values()) == {True}
    assert set(held(replace(found, beside=[0.023, 0.023]).targets()).values()) == {False}


def test_an_index_is_made_of_another_table() -> None:
    definition = "CREATE UNIQUE INDEX a_pkey ON public.a USING btree (sequence)"
    assert own_index(definition, "b") == "CREATE UNIQUE INDEX ON b USING btree (sequence)"
    part = "CREATE INDEX a_part ON public.a USING btree (interim_of) WHERE (interim_of IS NOT NULL)"
    assert own_index(part, "b") == "CREATE INDEX ON b USING btree (interim_of) WHERE (interim_of IS NOT NULL)"


def test_the_old_month_is_the_youngest_that_goes() -> None:
    now = datetime(2026, 11, 27, tzinfo=UTC)
    assert old_month(3, now) == Month(datetime(2026, 7, 1, tzinfo=UTC))
    content = MonthContent(old_month(3, now), MonthState.ATTACHED)
    assert judge(content, {}, kept_since(now, 3)).why is Why.EMPTY
    younger = MonthContent(old_month(2, now), MonthState.ATTACHED)
    assert judge(younger, {}, kept_since(now, 3)).why is Why.KEPT
