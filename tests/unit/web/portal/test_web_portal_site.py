"""What the page of an error says."""

import pytest

from usnd.domain.provisioning.codes import Code
from usnd.web.portal.site import about_error


@pytest.mark.parametrize(
    ("code", "method", "kind"),
    [
        (Code.FAULT, "POST", "perhaps-done"),
        (Code.NO_ANSWER_IN_TIME, "POST", "perhaps-done"),
        (Code.FAULT, "GET", "away"),
        (Code.NO_ANSWER_IN_TIME, "HEAD", "away"),
        (Code.NOT_ACTIVE, "POST", "away"),
    ],
)
def test_only_what_was_sent_may_have_been_done(code: Code, method: str, kind: str) -> None:
    assert about_error(code, method)["kind"] == kind
