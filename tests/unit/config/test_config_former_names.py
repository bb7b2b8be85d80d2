"""A section by its former name is read under today's, and both at once are refused."""

import pytest

from usnd.config_file.former_names import with_todays_names
from usnd.config_file.values import ConfigError

RENAMED = {"ways_in": "dial_in", "old": "new"}


def test_each_former_name_is_read_and_noticed_and_the_rest_is_as_it_was() -> None:
    written = {"node": {"a": 1}, "ways_in": {"common": "5"}, "old": 7}
    read, notices = with_todays_names(written, RENAMED)
    assert read == {"node": {"a": 1}, "dial_in": {"common": "5"}, "new": 7}
    assert written == {"node": {"a": 1}, "ways_in": {"common": "5"}, "old": 7}
    assert [notice.split(" now, ")[0] for notice in notices] == [
        "[ways_in] is called [dial_in]",
        "[old] is called [new]",
    ]


def test_a_key_of_that_name_within_a_section_is_none() -> None:
    read, notices = with_todays_names({"node": {"ways_in": 1}}, RENAMED)
    assert (read, notices) == ({"node": {"ways_in": 1}}, ())


def test_both_names_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"\[ways_in\] and \[dial_in\] are the same section"):
        with_todays_names({"ways_in": {}, "dial_in": {}}, RENAMED)
