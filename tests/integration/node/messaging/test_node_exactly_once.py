"""Proves REQUIREMENTS S3 and S11 under kill -9: every text is executed once, every reply goes out (`make
chaos-sms` is the long form).
"""

import pytest

from workbench.chaos.sms import Plan, Victim, chaos


@pytest.mark.slow
async def test_every_text_is_executed_once_while_usnd_smsc_and_database_are_killed() -> None:
    outcome = await chaos(Plan(seed=11, texts=300, rate=20, gap=(0.3, 1.5), away=(0.05, 1.0)))
    ledger = outcome.ledger
    assert ledger.violations == 0, ledger
    assert ledger.executed_once == 300
    assert ledger.replied_once + sum(ledger.duplicates_explained.values()) >= 300
    assert set(outcome.faults) == {victim.value for victim in Victim}, "the plan hits each part"
