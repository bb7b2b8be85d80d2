"""Each alarm of the pair is in the catalogue, by a number and a name that stay."""

from usnd.domain.alarms.catalogue import CATALOGUE
from usnd.domain.pair.alarm_catalogue import PAIR_CATALOGUE, remedy_of
from usnd.domain.pair.alarms import PairAlarm


def test_each_alarm_has_an_entry_with_what_to_do() -> None:
    assert set(PAIR_CATALOGUE) == set(PairAlarm)
    for alarm, kind in PAIR_CATALOGUE.items():
        assert kind.says == alarm.value
        assert remedy_of(alarm.value) == kind.remedy
        assert len(kind.remedy.split()) > 3
        assert kind.remedy.endswith(".")


def test_a_sentence_of_another_release_has_no_remedy() -> None:
    assert remedy_of("the moon is full") == ""


def test_an_alarm_that_names_its_part_has_its_remedy_too() -> None:
    ill = PairAlarm.ILL.value
    assert remedy_of(f"{ill}: database") == PAIR_CATALOGUE[PairAlarm.ILL].remedy
    assert remedy_of(f"{ill} of the moon") == ""


def test_numbers_and_names_are_of_one_alarm_and_stay() -> None:
    """A network management system keeps them: no number may come to mean something else."""
    kinds = [*CATALOGUE, *PAIR_CATALOGUE.values()]
    assert len({kind.number for kind in kinds}) == len({kind.name for kind in kinds}) == len(kinds)
    numbers = {kind.number: kind.name for kind in PAIR_CATALOGUE.values()}
    assert sorted(numbers) == list(range(101, 101 + len(PairAlarm)))
    assert (numbers[101], numbers[107], numbers[109], numbers[122]) == (
        "peer-silent",
        "cut-off",
        "address-claimed",
        "maintenance",
    )
