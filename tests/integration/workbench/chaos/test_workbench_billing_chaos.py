"""A long day of calls through the real engine, and some kills of the export: the accounts have no fault."""

import pytest

from workbench.chaos.billing import __main__ as chaos
from workbench.chaos.billing.account import kills_faults, month_faults
from workbench.chaos.billing.month_plan import SHORT_BEGINS, SHORT_HOURS, month_plan


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("kind", chaos.DATABASES)
async def test_a_day_of_25_hours_is_billed_as_the_switch_has_it(kind: str) -> None:
    plan = month_plan(4, SHORT_BEGINS, SHORT_HOURS, 40)
    async with chaos.place(postgresql=kind == "postgresql") as at:
        outcome = await chaos.month(at, plan, kind)
    assert [*month_faults(outcome)] == []


@pytest.mark.slow
@pytest.mark.timeout(3600)
async def test_wherever_the_export_is_killed_the_receiver_has_the_same_files() -> None:
    async with chaos.place(postgresql=False) as at:
        product, usual = await chaos.kills(at, 3, 30, "sqlite")
    assert [*kills_faults(product, usual, 30)] == []
    lost_or_twice = [counts["records_missing"] + counts["records_twice"] for counts in usual.counts.values()]
    assert any(lost_or_twice), "the same kills harm an exporter of the usual order"
