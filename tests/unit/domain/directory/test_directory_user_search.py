"""What somebody looks for is compared as it is read."""

import pytest

from usnd.domain.directory.model import User
from usnd.domain.directory.user_search import found_by

BOB, ZOE = User("bob", "+447700900001"), User("zo\u00eb", "+447700900002")


@pytest.mark.parametrize("word", ["\ufeffbob", "b\u200bob", "\u202aBob\u202c", "\u200e+447700900001"])
def test_what_is_not_seen_hides_nobody(word: str) -> None:
    """As it stands in what people paste."""
    assert found_by([word], [BOB, ZOE], "GB") == [BOB]
