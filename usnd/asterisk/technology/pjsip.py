"""SIP trunks by Asterisk's PJSIP: its endpoints, its events, and what it makes of SIP's refusals.

Asterisk 22 cannot refuse a diversion (3xx). With `redirect_method = uri_core` it dials
`PJSIP/<endpoint>/<URI of the Contact>`: an endpoint with a slash in its name is not found that way, so that
the call ends. usnd finds it, because it writes the name in quotes (REQUIREMENTS C12, decision 0022).
"""

from collections.abc import Mapping

from usnd.asterisk.technology.interface import Account, Contact
from usnd.domain.trunks.registration import Registration

_PREFIX = "usn/"
_CHANNEL = "PJSIP/"
_SILENT = frozenset({"Unreachable", "Removed"})
_REGISTRATIONS = {"Registered": Registration.REGISTERED, "Rejected": Registration.REFUSED}
"""All other words of Asterisk (Unregistered, Stopped) mean that nobody was asked."""

# Where Asterisk 22 tells too little of a SIP refusal. Of its Reason header (RFC 3326) nothing is left:
# Asterisk reads it, then puts what it makes of the status in its place (chan_pjsip_session_end, 22.10).
_CAUSE_OF_SIP = {
    "300": 23,  # diverted, and the diversion is not followed: 16 in Asterisk, like our own time-out
    "301": 22,  # Moved Permanently: the number has changed
    "302": 23,
    "305": 23,
    "380": 23,
    "402": 50,  # Payment Required: 127 in Asterisk; a prepaid system says 50 by PRI, facility not subscribed
    "480": 18,  # Temporarily Unavailable: 19 in Asterisk, like our own time-out; RFC 3398 §8.2.6.1
    "401": 47,  # the trunk does not know us; 21 in Asterisk, as if the called party had rejected the call
    "407": 47,
    "400": 41,  # RFC 3398 §8.2.6.1; 127 in Asterisk
    "405": 63,  # RFC 3398 §8.2.6.1, also below; 127 in Asterisk
    "406": 79,
    "415": 79,
    "408": 102,  # nobody answered at the other end of the trunk; 18 in Asterisk, as if a handset were off
    "420": 127,  # 3 in Asterisk, as if there were no such number
    "481": 41,
    "482": 25,  # the call goes round in a loop
    "483": 25,  # Too Many Hops: 19 in Asterisk, as if nobody had answered
    "500": 41,
    "501": 79,  # 29 in Asterisk
    "502": 38,
    "503": 41,
    "504": 102,
    "513": 127,  # 34 in Asterisk, as if all circuits were busy
}


def endpoint_of(trunk: str) -> str:
    """The endpoint's name in pjsip.conf."""
    return f"{_PREFIX}{trunk}"


class Pjsip:
    """A `Technology`."""

    events = frozenset({"ContactStatus", "Registry"})
    contact_listing = "PJSIPShowContacts"
    account_listing = "PJSIPShowRegistrationsOutbound"

    def dial_string(self, number: str, trunk: str) -> str:
        """Asterisk would read & , @ / " and a line's end in either."""
        return f'{_CHANNEL}{number}@"{endpoint_of(trunk)}"'

    def trunk_of_channel(self, channel: str) -> str:
        """Of `PJSIP/usn/msc-0000002a`."""
        return _trunk_of(channel.partition("/")[2].rpartition("-")[0])

    def refusal(self, event: Mapping[str, str]) -> str:
        """The SIP status: in Hangup, TechCause may be what Asterisk made of our own time-out."""
        return event.get("techcause", "") if event.get("channel", "").startswith(_CHANNEL) else ""

    def cause(self, cause: str, refusal: str) -> int | None:
        """Asterisk says 0 where it has none."""
        status = refusal.removeprefix("SIP ")
        return _CAUSE_OF_SIP.get(status) or (int(cause) or None if cause.isdecimal() else None)

    def read(self, event: Mapping[str, str]) -> Contact | Account | None:
        """From ContactStatus and Registry."""
        if event.get("event") == "ContactStatus" and event.get("endpointname"):
            silent = event.get("contactstatus", "") in _SILENT
            return Contact(_trunk_of(event["endpointname"]), event.get("uri", ""), not silent)
        if event.get("event") == "Registry" and event.get("username"):
            return Account(event["username"], _registration(event.get("status", "")))
        return None

    def listed(self, item: Mapping[str, str]) -> Contact | Account | None:
        """From PJSIPShowContacts and PJSIPShowRegistrationsOutbound."""
        if item.get("endpoint"):
            silent = item.get("status", "") in _SILENT
            return Contact(_trunk_of(item["endpoint"]), item.get("uri", ""), not silent)
        if item.get("clienturi"):
            return Account(item["clienturi"], _registration(item.get("status", "")))
        return None


PJSIP = Pjsip()


def _trunk_of(endpoint: str) -> str:
    return endpoint.removeprefix(_PREFIX)


def _registration(status: str) -> Registration:
    return _REGISTRATIONS.get(status, Registration.WAITING)
