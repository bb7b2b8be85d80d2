"""The catalogue of provisioning's codes: for each its number and name, HTTP status, text and remedy. Pure.

Each answer to the CRM has one: `<result code="2200">` (REQUIREMENTS P1). The site gives it to a request that
it read. nginx gives it to one that it refuses itself: workbench/docs/nginx_errors.py makes
roles/nginx/files/provisioning-errors.conf from here.

Numbers and names are for ever: programs of the CRM decide by them. 10xx: it is done. 13xx: an answer to a
poll. 20xx: the request cannot be read. 21xx: whoever asks may not. 22xx: it does not fit what is stored.
23xx: the request id says more. 24xx: how it came. 25xx: the service.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum


@dataclass(frozen=True, slots=True)
class CodeEntry:
    """One entry of the catalogue.

    code, name: stable, the name in kebab case. status: of HTTP. text: what happened, for a person who reads
    the answer. remedy: what to do, in whole sentences.
    """

    code: int
    name: str
    status: int
    text: str
    remedy: str


class Code(IntEnum):
    """The numbers, by the names that code uses."""

    DONE = 1000
    WOULD_BE_DONE = 1002
    DONE_IN_PART = 1003
    NOTHING_TO_POLL = 1300
    CHANGE_TO_ACKNOWLEDGE = 1301
    NOT_READABLE = 2000
    NOT_BY_SCHEMA = 2001
    UNKNOWN_NAME = 2002
    VALUE_NOT_ALLOWED = 2003
    REQUEST_ID_WRONG = 2004
    EMPTY_BULK = 2005
    TOO_LARGE = 2006
    NO_CERTIFICATE = 2100
    CERTIFICATE_NOT_BELIEVED = 2101
    CERTIFICATE_REVOKED = 2102
    CERTIFICATE_NOT_DESIGNATED = 2103
    OPERATION_NOT_ALLOWED = 2104
    NUMBER_OUT_OF_RANGE = 2105
    REVOCATION_LIST_ENDED = 2106
    NO_SUCH_SUBSCRIBER = 2200
    SUBSCRIBER_EXISTS = 2201
    CONFERENCE_RUNS = 2202
    NO_SUCH_CHANGE = 2204
    REQUEST_ID_REUSED = 2300
    REQUEST_RUNS = 2301
    REQUEST_FAILED = 2302
    TOO_MANY_REQUESTS = 2400
    PATH_UNKNOWN = 2402
    METHOD_NOT_ALLOWED = 2403
    PLAIN_HTTP = 2404
    NOT_ACTIVE = 2500
    NO_ANSWER_IN_TIME = 2501
    FAULT = 2502


_ENTRIES = (
    CodeEntry(Code.DONE, "done", 200, "Done.", "Nothing: both servers have it."),
    CodeEntry(
        Code.WOULD_BE_DONE,
        "would-be-done",
        200,
        "This request would be done. It was only checked.",
        "To have it done, send it without asking for a check.",
    ),
    CodeEntry(
        Code.DONE_IN_PART,
        "done-in-part",
        200,
        "Rows of the bulk were refused: some, or all of them.",
        "Each row has a code of its own. Correct those that were refused and send only these, "
        "with a new request id.",
    ),
    CodeEntry(Code.NOTHING_TO_POLL, "nothing-to-poll", 200, "No change waits for you.", "Ask again later."),
    CodeEntry(
        Code.CHANGE_TO_ACKNOWLEDGE,
        "change-to-acknowledge",
        200,
        "A change waits for your acknowledgement.",
        "Store it, then acknowledge it: the next one comes after that.",
    ),
    CodeEntry(
        Code.NOT_READABLE,
        "not-readable",
        400,
        "The request cannot be read as HTTP with one well-formed XML document.",
        "Correct the program that writes it. Send one document in UTF-8, without DOCTYPE.",
    ),
    CodeEntry(
        Code.NOT_BY_SCHEMA,
        "not-by-schema",
        400,
        "The document is not by the schema.",
        "Check the document against the published schema before it is sent.",
    ),
    CodeEntry(
        Code.UNKNOWN_NAME,
        "unknown-name",
        400,
        "The document has an element or attribute that is not known here.",
        "Compare its names with the schema, and the version in its namespace.",
    ),
    CodeEntry(
        Code.VALUE_NOT_ALLOWED,
        "value-not-allowed",
        400,
        "A value is not allowed.",
        "The text names the element; the schema says what it may hold.",
    ),
    CodeEntry(
        Code.REQUEST_ID_WRONG,
        "request-id-wrong",
        400,
        "The request id is missing or malformed.",
        "Give each request an id of its own: 1 to 64 of the characters A-Z a-z 0-9 . _ -",
    ),
    CodeEntry(
        Code.EMPTY_BULK, "empty-bulk", 400, "The bulk request has no rows.", "Send it with at least one."
    ),
    CodeEntry(
        Code.TOO_LARGE,
        "too-large",
        413,
        "The request is too large.",
        "A single request has at most 1 MB, a bulk request 100 MB. Send several.",
    ),
    CodeEntry(
        Code.NO_CERTIFICATE,
        "no-certificate",
        403,
        "No client certificate was shown.",
        "Have the terminal connect with its certificate and key.",
    ),
    CodeEntry(
        Code.CERTIFICATE_NOT_BELIEVED,
        "certificate-not-believed",
        403,
        "The client certificate is not believed: it has expired, is not valid yet, or another authority "
        "issued it.",
        "Look at its dates and issuer. A new one comes from those who run the node.",
    ),
    CodeEntry(
        Code.CERTIFICATE_REVOKED,
        "certificate-revoked",
        403,
        "The client certificate is revoked.",
        "It will never be valid again. Ask those who run the node for a new one.",
    ),
    CodeEntry(
        Code.CERTIFICATE_NOT_DESIGNATED,
        "certificate-not-designated",
        403,
        "The client certificate is not designated for provisioning.",
        "Have those who run the node enter it as a terminal.",
    ),
    CodeEntry(
        Code.OPERATION_NOT_ALLOWED,
        "operation-not-allowed",
        403,
        "This terminal may not do this operation. Nothing was done: use one that may, or have those who run "
        "the node permit it.",
        "Their command is `usnd terminal designate`, with `--operations`. Then send the request again, with "
        "the same id.",
    ),
    CodeEntry(
        Code.NUMBER_OUT_OF_RANGE,
        "number-out-of-range",
        403,
        "The number is not among those of this terminal. Nothing was done: use the terminal of that number, "
        "or have those who run the node add it.",
        "Their command is `usnd terminal designate`, with `--numbers`. Then send the request again, with the "
        "same id.",
    ),
    CodeEntry(
        Code.REVOCATION_LIST_ENDED,
        "revocation-list-ended",
        503,
        "The list of revoked certificates cannot be used on this node (ended, missing or not of the "
        "authority): the operator must renew it. Nothing was done; try again later.",
        "Call those who run the node: your certificate may be good. Then send the request again, with the "
        "same id. If only your terminal reads this: its certificate must be of the node's authority, and "
        "it sends no other authority along.",
    ),
    CodeEntry(
        Code.NO_SUCH_SUBSCRIBER,
        "no-such-subscriber",
        404,
        "There is no such subscriber.",
        "Look for the number or id in what was provisioned; create the subscriber first.",
    ),
    CodeEntry(
        Code.SUBSCRIBER_EXISTS,
        "subscriber-exists",
        409,
        "The subscriber exists already.",
        "Read the subscriber; change what differs.",
    ),
    CodeEntry(
        Code.CONFERENCE_RUNS,
        "conference-runs",
        409,
        "A conference of this subscriber is running.",
        "Send it again when the conference is over, with a new request id.",
    ),
    CodeEntry(
        Code.NO_SUCH_CHANGE,
        "no-such-change",
        404,
        "There is no such change for you.",
        "Poll again, and acknowledge by the id in that answer.",
    ),
    CodeEntry(
        Code.REQUEST_ID_REUSED,
        "request-id-reused",
        422,
        "This request id was used before, with another body.",
        "A new request needs a new id. To repeat a request, send it without any change.",
    ),
    CodeEntry(
        Code.REQUEST_RUNS,
        "request-runs",
        409,
        "The same request is still being done.",
        "Wait some seconds, then send it again with the same id: the answer is its result.",
    ),
    CodeEntry(
        Code.REQUEST_FAILED,
        "request-failed",
        503,
        "The request failed before anything was decided. Nothing was changed.",
        "Send it again, with the same id.",
    ),
    CodeEntry(
        Code.TOO_MANY_REQUESTS,
        "too-many-requests",
        429,
        "Too many requests at once. Nothing was done: send it again after a second, with the same id, over "
        "fewer connections.",
        "Wait as many seconds as the header `Retry-After` says, and each time twice as long, up to 60.",
    ),
    CodeEntry(
        Code.PATH_UNKNOWN,
        "path-unknown",
        404,
        "There is nothing at this address.",
        "Compare the address with those in the manual.",
    ),
    CodeEntry(
        Code.METHOD_NOT_ALLOWED,
        "method-not-allowed",
        405,
        "This HTTP method is not allowed here.",
        "Compare the method with the manual.",
    ),
    CodeEntry(
        Code.PLAIN_HTTP,
        "plain-http",
        400,
        "This port takes HTTPS only; the request came as plain HTTP.",
        "Nothing was done, but what it held was sent in clear. Correct the address: https, not http.",
    ),
    CodeEntry(
        Code.NOT_ACTIVE,
        "not-active",
        503,
        "The service is not active here. Nothing was done.",
        "Use the floating address. During a take-over wait some seconds, then send it again, "
        "with the same id.",
    ),
    CodeEntry(
        Code.NO_ANSWER_IN_TIME,
        "no-answer-in-time",
        504,
        "The service did not answer in time. It may have been done.",
        "Send it again with the same id: if it was done, the answer says so and it is not done twice.",
    ),
    CodeEntry(
        Code.FAULT,
        "fault",
        500,
        "A fault of the node. It may have been done.",
        "Send it again with the same id. If it stays so, give those who run the node the server's id "
        "in the answer.",
    ),
)
CATALOGUE: Mapping[Code, CodeEntry] = {Code(entry.code): entry for entry in _ENTRIES}
"""Each code's entry."""
RETRY_AFTER: Mapping[Code, int] = {Code.TOO_MANY_REQUESTS: 1}
"""Seconds, as the header of HTTP says them, of codes by which a request is to be sent again soon."""
