"""The catalogue of codes: what programs of the CRM decide by is whole and does not change."""

import re
from http import HTTPStatus

import pytest

from usnd.domain.provisioning.codes import CATALOGUE, Code, CodeEntry

NEVER_DONE = range(2000, 2500)


def test_numbers_and_names_stay_as_they_are() -> None:
    """Held by programs of the CRM: one may be added, none may change."""
    assert {int(code): entry.name for code, entry in CATALOGUE.items()} == {
        1000: "done",
        1002: "would-be-done",
        1003: "done-in-part",
        1300: "nothing-to-poll",
        1301: "change-to-acknowledge",
        2000: "not-readable",
        2001: "not-by-schema",
        2002: "unknown-name",
        2003: "value-not-allowed",
        2004: "request-id-wrong",
        2005: "empty-bulk",
        2006: "too-large",
        2100: "no-certificate",
        2101: "certificate-not-believed",
        2102: "certificate-revoked",
        2103: "certificate-not-designated",
        2104: "operation-not-allowed",
        2105: "number-out-of-range",
        2106: "revocation-list-ended",
        2200: "no-such-subscriber",
        2201: "subscriber-exists",
        2202: "conference-runs",
        2204: "no-such-change",
        2300: "request-id-reused",
        2301: "request-runs",
        2302: "request-failed",
        2400: "too-many-requests",
        2402: "path-unknown",
        2403: "method-not-allowed",
        2404: "plain-http",
        2500: "not-active",
        2501: "no-answer-in-time",
        2502: "fault",
    }


def test_each_code_has_its_entry() -> None:
    assert list(CATALOGUE) == list(Code)
    assert all(code == entry.code for code, entry in CATALOGUE.items())


@pytest.mark.parametrize("entry", CATALOGUE.values(), ids=lambda entry: entry.name)
def test_an_entry_is_whole(entry: CodeEntry) -> None:
    assert re.fullmatch("[a-z]+(-[a-z]+)*", entry.name)
    assert entry.text.endswith(".")
    assert entry.remedy.rstrip("-_. ") != ""
    assert HTTPStatus(entry.status).phrase


@pytest.mark.parametrize("entry", CATALOGUE.values(), ids=lambda entry: entry.name)
def test_the_status_agrees_with_the_code(entry: CodeEntry) -> None:
    """A program that looks at the status alone knows whether it was done, and whose fault it is."""
    if entry.code < 2000:
        assert entry.status == HTTPStatus.OK
    elif entry.code in {Code.REVOCATION_LIST_ENDED, Code.REQUEST_FAILED} or entry.code >= 2500:
        assert entry.status >= HTTPStatus.INTERNAL_SERVER_ERROR
    else:
        assert entry.code in NEVER_DONE
        assert HTTPStatus.BAD_REQUEST <= entry.status < HTTPStatus.INTERNAL_SERVER_ERROR
