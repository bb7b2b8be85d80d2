"""A small bulk of the CRM while real parts are killed, and hostile documents: the accounts have no fault."""

import pytest

from workbench.chaos import provisioning as chaos
from workbench.fuzz import provisioning as fuzz


@pytest.mark.slow
async def test_a_bulk_is_done_once_whoever_is_killed() -> None:
    plan = chaos.Plan(seed=3, rows=1_000, kills=3, alone=1.0)
    outcome = await chaos.chaos(plan)
    assert outcome.faults(plan) == []
    assert sum(outcome.struck.values()) == 3
    assert outcome.ledger.answered_again_alike >= 1_000


@pytest.mark.slow
async def test_a_thousand_hostile_documents_harm_nobody() -> None:
    sizes = {
        name: fuzz.SMALL[name] for name in ("documents", "bombs", "nested", "names", "handshakes", "bent")
    }
    plan = fuzz.Plan(seed=3, sizes=sizes, rate=300.0, seconds=2.0, traced=False, timed=False)
    outcome = await fuzz.fuzz(plan)
    assert outcome.faults(plan) == []
    assert sum(outcome.phases["documents"].answered.values()) >= 1_000
