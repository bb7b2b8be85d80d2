"""A small run of `make bench-billing` on the real parts: all is measured, and nothing is left."""

from pathlib import Path

import pytest

from workbench.bench import results
from workbench.bench.billing.__main__ import Plan, bench


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Of its results."""
    monkeypatch.setattr(results, "FOLDER", tmp_path / "bench")
    return tmp_path / "bench"


async def test_a_file_beside_copy(place: Path) -> None:
    plan = Plan(("a",), file=12_000, rounds=2, rows=0, few=0, calm=0.0, rate=0.0, launches=0)
    found = await bench(plan)
    assert (found["file"]["records"], len(found["file"]["rounds"])) == (12_000, 2)
    assert found["file"]["octets"] > 12_000 * 150
    assert found["file"]["ratio"] > 0
    assert [target["what"][0] for target in found["targets"]] == ["a", "a"]
    assert (place / "billing.json").exists()


@pytest.mark.slow
async def test_months_under_each_select(place: Path) -> None:
    plan = Plan(("b",), file=0, rounds=0, rows=3_000, few=1_000, calm=1.0, rate=20.0, launches=0)
    found = {one["reader"]: one for one in (await bench(plan))["months"]}
    assert [found[reader]["records"] for reader in found] == [1_000, 3_000, 1_000]
    assert found["another table"]["removed_s"] is not None
    assert found["other months"]["removed_s"] is not None
    assert found["all of cdrs"]["removed_s"] is None
    assert {one["out_of_sight"] for one in found.values()} == {True}
    assert min(one["alone"]["count"] for one in found.values()) > 0


@pytest.mark.slow
async def test_texts_beside_files(place: Path) -> None:
    plan = Plan(("c",), file=6_000, rounds=0, rows=0, few=0, calm=0.0, rate=0.0, launches=2)
    found = (await bench(plan))["texts"]
    assert found["launches"] == 2
    assert found["ratio"] > 0
