"""Proves that places are bounded in all and for each client, and are given back."""

import pytest

from usnd.web.places import NoPlace, Places


def test_nobody_takes_more_than_their_share() -> None:
    places = Places(3, 2)
    places.take("a")
    places.take("a")
    with pytest.raises(NoPlace):
        places.take("a")
    places.take("b")
    with pytest.raises(NoPlace):
        places.take("c")
    places.leave("a")
    places.take("c")


def test_a_place_is_free_again_whatever_happened() -> None:
    places = Places(1)
    for _ in range(2):
        with pytest.raises(ZeroDivisionError), places.taken("a"):
            raise ZeroDivisionError
    with places.taken("b"), pytest.raises(NoPlace), places.taken("b"):
        pass
    assert not places._taken, "who holds none is not remembered"
