"""What is wrong in a form is told in the words of texts."""

import re

import pytest

from usnd.domain.replies.catalogue import Say
from usnd.web.portal.pages.faults import FAULTS

OWN = {"user-exists", "bad-person", "unclear"}
"""Their texts name commands, or the way a command is written."""


@pytest.mark.parametrize("fault", FAULTS)
def test_it_has_the_words_of_texts(fault: str) -> None:
    words = Say[fault.upper().replace("-", "_")].value
    if fault == "unknown-names":
        assert words.startswith("Not known: {names}.")
    elif fault not in OWN:
        assert re.sub(r"%\((\w+)\)s", r"{\1}", FAULTS[fault]) == words
