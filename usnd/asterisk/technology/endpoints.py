"""Asterisk's PJSIP endpoints: what the one of a trunk is called, and how a number is dialled over it.

Asterisk 22 cannot refuse a diversion (3xx). With `redirect_method = uri_core` it dials
`PJSIP/<endpoint>/<URI of the Contact>`: an endpoint with a slash in its name is not found that way, so that
the call ends. usnd finds it, because it writes the name in quotes (REQUIREMENTS C12, decision 0022).
"""

_PREFIX = "usn/"


def endpoint_of(trunk: str) -> str:
    """The endpoint's name in pjsip.conf."""
    return f"{_PREFIX}{trunk}"


def trunk_of(endpoint: str) -> str:
    """The trunk of an endpoint, as Asterisk's events name it."""
    return endpoint.removeprefix(_PREFIX)


def trunk_of_channel(channel: str) -> str:
    """The trunk of a channel, `PJSIP/usn/msc-0000002a`."""
    return trunk_of(channel.partition("/")[2].rpartition("-")[0])


def dial_string(number: str, trunk: str) -> str:
    """What Asterisk is to dial. Both must be checked: it would read & , @ / " and a line's end."""
    return f'PJSIP/{number}@"{endpoint_of(trunk)}"'
