"""Writes what nginx answers to a request that it refuses: `python -m workbench.docs.nginx_errors`.

It makes roles/nginx/files/provisioning-errors.conf from the catalogue of codes, so that the CRM reads the
same XML from nginx as from the site behind it (REQUIREMENTS P1).
"""

from collections.abc import Iterator
from xml.sax.saxutils import escape

from usnd.domain.provisioning.codes import CATALOGUE, RETRY_AFTER, Code
from workbench import ROOT

PAGE = ROOT / "roles/nginx/files/provisioning-errors.conf"
NAMESPACE = "urn:usn:provisioning:1"
STRICT = 'add_header Strict-Transport-Security "max-age=31536000" always;'
PLACE = "/.refused/"
"""Where the answers are inside nginx: no client reaches them by this address."""
HEAD = """\
# Written from usnd/domain/provisioning/codes.py by `make pages`; do not edit.
#
# Included by the server of provisioning in nginx.conf.j2, whose maps give the variables. What nginx refuses
# by itself is answered by the schema, with a code of the catalogue and the status that agrees with it. There
# is no 408: nginx closes the connection of whoever is too slow without an answer. The size of the request was
# judged before: judged again here, a bulk request would be refused by a page of nginx's own.
"""
REFUSED = {
    "400": Code.NOT_READABLE,
    "404": Code.PATH_UNKNOWN,
    "405": Code.METHOD_NOT_ALLOWED,
    "413": Code.TOO_LARGE,
    "414": Code.TOO_LARGE,
    "429": Code.TOO_MANY_REQUESTS,
    "494": Code.TOO_LARGE,
    "496": Code.NO_CERTIFICATE,
    "497": Code.PLAIN_HTTP,
    "501": Code.NOT_READABLE,
    "503": Code.NOT_ACTIVE,
    "505": Code.NOT_READABLE,
}
"""nginx's own statuses (from 494 on they are never sent) and the code that each is answered with."""
DECIDED = {
    "495": (
        "$provisioning_disbelief",
        (Code.CERTIFICATE_NOT_BELIEVED, Code.CERTIFICATE_REVOKED, Code.REVOCATION_LIST_ENDED),
    ),
    "500": ("$provisioning_fault", (Code.REQUEST_FAILED, Code.FAULT)),
    "502": ("$provisioning_unanswered", (Code.NOT_ACTIVE, Code.NO_ANSWER_IN_TIME)),
    "504": ("$provisioning_unanswered", (Code.NOT_ACTIVE, Code.NO_ANSWER_IN_TIME)),
}
"""Where a map of nginx.conf.j2 chooses among several codes."""


def page() -> str:
    """The whole file."""
    return "\n".join((HEAD, *_pages(), "", *map(_answer, sorted(_codes()))))


def body(code: Code) -> str:
    """The answer, with nginx's variables in it. Raises ValueError where nginx would read more of them.

    The client's request id stands in the body that nginx does not read: it is echoed where the client also
    sends it as the header `Usn-Request-Id`.
    """
    text = escape(CATALOGUE[code].text)
    if set(text) & set("$\\"):
        raise ValueError(f"the text of {code} cannot be written in nginx's configuration: {text}")
    quoted = text.replace("'", r"\'")
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f'<response xmlns="{NAMESPACE}" server="$request_id"$provisioning_request>'
        f'<result code="{code}"><text>{quoted}</text></result></response>'
    )


def _codes() -> set[Code]:
    return {*REFUSED.values(), *(code for _, codes in DECIDED.values() for code in codes)}


def _pages() -> Iterator[str]:
    for code in sorted(set(REFUSED.values())):
        statuses = " ".join(status for status in REFUSED if REFUSED[status] == code)
        yield f"error_page {statuses} = {PLACE}{code};"
    for status, (variable, _) in DECIDED.items():
        yield f"error_page {status} = {PLACE}{variable};"


def _headers(code: Code) -> str:
    """More of them than nginx sends anyway; with one of its own a location has none of those above it."""
    if code not in RETRY_AFTER:
        return ""
    return f"  {STRICT}\n  add_header Retry-After {RETRY_AFTER[code]} always;\n"


def _answer(code: Code) -> str:
    return (
        f"location = {PLACE}{code} {{\n"
        "  internal;\n"
        "  client_max_body_size 0;\n"
        '  default_type "application/xml; charset=utf-8";\n'
        f"{_headers(code)}"
        f"  return {CATALOGUE[code].status} '{body(code)}';\n"
        "}\n"
    )


if __name__ == "__main__":
    PAGE.write_text(page())
