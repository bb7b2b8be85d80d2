"""What an SMSC's refusal of a text means: a table of SMPP 3.4's statuses (table 5-2), which binds may change.

Called for each response other than ESME_ROK. Statuses are named as SMPP names them; those of the reserved and
vendor ranges by their number, as 0x00000408. The table follows the standard's words, and what common SMPP
gateways and carriers do where the words leave it open. A refusal says that the text was not taken.
"""

from collections.abc import Mapping
from enum import Enum


class Refusal(Enum):
    """The value is what a configuration writes."""

    TEMPORARY = "temporary"  # this text goes again later, until it expires
    THROTTLE = "throttle"  # the whole bind goes slower, and this text goes again first
    BIND = "bind"  # the SMSC does not hold us for bound: a new bind, then this text again
    FINAL = "final"  # this text is never taken


_OTHERS = {
    "ESME_RINVBNDSTS": Refusal.BIND,  # we are not bound for this, says the SMSC
    "ESME_RBINDFAIL": Refusal.BIND,
    "ESME_RINVPASWD": Refusal.BIND,  # three of bind_resp, which some send for a session they have forgotten
    "ESME_RINVSYSID": Refusal.BIND,
    "ESME_RSYSERR": Refusal.TEMPORARY,
    "ESME_RX_T_APPN": Refusal.TEMPORARY,  # "temporary app error code", also of SMSCs that pass on another's
    "ESME_RTHROTTLED": Refusal.THROTTLE,
    "ESME_RMSGQFUL": Refusal.THROTTLE,
}
_FINAL = [
    "ESME_RINVMSGLEN",
    "ESME_RINVCMDLEN",
    "ESME_RINVCMDID",
    "ESME_RALYBND",
    "ESME_RINVPRTFLG",
    "ESME_RINVREGDLVFLG",
    "ESME_RINVSRCADR",
    "ESME_RINVDSTADR",
    "ESME_RINVMSGID",
    "ESME_RCANCELFAIL",
    "ESME_RREPLACEFAIL",
    "ESME_RINVSERTYP",
    "ESME_RINVNUMDESTS",
    "ESME_RINVDLNAME",
    "ESME_RINVDESTFLAG",
    "ESME_RINVSUBREP",
    "ESME_RINVESMCLASS",
    "ESME_RCNTSUBDL",
    "ESME_RSUBMITFAIL",
    "ESME_RINVSRCTON",
    "ESME_RINVSRCNPI",
    "ESME_RINVDSTTON",
    "ESME_RINVDSTNPI",
    "ESME_RINVSYSTYP",
    "ESME_RINVREPFLAG",
    "ESME_RINVNUMMSGS",
    "ESME_RINVSCHED",
    "ESME_RINVEXPIRY",
    "ESME_RINVDFTMSGID",
    "ESME_RX_P_APPN",
    "ESME_RX_R_APPN",
    "ESME_RQUERYFAIL",
    "ESME_RINVOPTPARSTREAM",
    "ESME_ROPTPARNOTALLWD",
    "ESME_RINVPARLEN",
    "ESME_RMISSINGOPTPARAM",
    "ESME_RINVOPTPARAMVAL",
    "ESME_RDELIVERYFAILURE",
    "ESME_RUNKNOWNERR",
]
REFUSALS: Mapping[str, Refusal] = {**dict.fromkeys(_FINAL, Refusal.FINAL), **_OTHERS}


def refusal_of(status: str, changed: Mapping[str, Refusal]) -> Refusal:
    """What that status means at an SMSC; `changed`: what its bind's configuration says otherwise.

    What neither names is final: nobody knows that trying again would help.
    """
    return changed.get(status) or REFUSALS.get(status, Refusal.FINAL)
