"""Who may provision what: each refusal has its code, and what is not given is refused (REQUIREMENTS P2)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from usnd.domain.certificates.rights import Operation as Permitted
from usnd.domain.certificates.rights import Rights
from usnd.domain.certificates.terminal import Terminal
from usnd.domain.certificates.validity import Listing
from usnd.domain.provisioning.admission import hears, permits
from usnd.domain.provisioning.codes import Code
from usnd.domain.subscribers.orders import Operation

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
RIGHTS = Rights(frozenset({Permitted.CREATE, Permitted.POLL}), ("+4477",))
CRM = Terminal("crm", "1f", "CN=USN", NOW + timedelta(days=1), RIGHTS)
MINE, OTHER = "+447700900001", "+33612345678"


@pytest.mark.parametrize(
    ("terminal", "operation", "number", "code"),
    [
        (None, Operation.CREATE, MINE, Code.CERTIFICATE_NOT_DESIGNATED),
        (replace(CRM, revoked_at=NOW), Operation.CREATE, MINE, Code.CERTIFICATE_REVOKED),
        (replace(CRM, not_after=NOW), Operation.CREATE, MINE, Code.CERTIFICATE_NOT_BELIEVED),
        (CRM, Operation.DELETE, MINE, Code.OPERATION_NOT_ALLOWED),
        (CRM, Operation.CREATE, OTHER, Code.NUMBER_OUT_OF_RANGE),
        (CRM, Operation.CREATE, "447700900001", Code.NUMBER_OUT_OF_RANGE),
        (CRM, Operation.CREATE, MINE, None),
        (CRM, Operation.POLL, "", None),
        (replace(CRM, rights=Rights()), Operation.POLL, "", Code.OPERATION_NOT_ALLOWED),
    ],
)
def test_the_first_reason_counts(
    terminal: Terminal | None, operation: Operation, number: str, code: Code | None
) -> None:
    heard = hears(terminal, NOW, listing=Listing.NOT_LISTED)
    assert heard is (None if code in {Code.OPERATION_NOT_ALLOWED, Code.NUMBER_OUT_OF_RANGE} else code)
    if terminal is not None and heard is None:
        assert permits(terminal, operation, number) is code


def test_a_revocation_list_counts_before_anything_else() -> None:
    assert hears(None, NOW, listing=Listing.LISTED) is Code.CERTIFICATE_REVOKED
    assert hears(CRM, NOW, listing=Listing.LISTED) is Code.CERTIFICATE_REVOKED


def test_without_a_list_that_can_be_used_the_node_is_at_fault_and_not_the_terminal() -> None:
    for terminal in (None, CRM, replace(CRM, revoked_at=NOW)):
        assert hears(terminal, NOW, listing=Listing.NO_LIST) is Code.REVOCATION_LIST_ENDED


def test_an_order_and_a_designation_mean_the_same_operations() -> None:
    assert {one.value for one in Operation} == {one.value for one in Permitted}
