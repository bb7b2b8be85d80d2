"""The pair's alarms in the catalogue: number, name, severity, what to do. When one is raised: alarms.py.

The arbiter raises them and keeps them in its memory; docs/operator/alarms.md is written from here, and
`usnd pair status` shows what to do. Numbers from 101 on; they are for ever, as those of usnd are.
"""

from usnd.domain.alarms.catalogue import AlarmKind, ObjectKind, Severity
from usnd.domain.pair.alarms import PairAlarm

_ROWS = (
    (
        PairAlarm.PEER_SILENT,
        101,
        "peer-silent",
        Severity.MAJOR,
        "communications subsystem failure",
        (
            "Look at its console; nothing to do here. It may serve all the same: no `force-active` for "
            "this alone."
        ),
    ),
    (
        PairAlarm.PATH_SILENT,
        102,
        "path-silent",
        Severity.MINOR,
        "communications subsystem failure",
        "Mend the cable or switch: the next fault would find no path.",
    ),
    (
        PairAlarm.NOT_COVERED,
        103,
        "no-standby",
        Severity.MAJOR,
        "loss of redundancy",
        "Bring the other server back; it joins by itself.",
    ),
    (
        PairAlarm.CANNOT_TAKE_OVER,
        104,
        "cannot-take-over",
        Severity.MAJOR,
        "loss of redundancy",
        (
            "Wait while it catches up; if it stays: `usnd pair status`, is its database following, its "
            "disk free? In `fencing`: does the other's console obey, does the own database go on "
            "replaying?."
        ),
    ),
    (
        PairAlarm.COMMITS_WAIT,
        105,
        "commits-wait",
        Severity.CRITICAL,
        "response time excessive",
        (
            "Ends in seconds; if not, its console does not answer: switch it off by hand, then "
            "`force-active` here."
        ),
    ),
    (
        PairAlarm.WAITS_FOR_PEER,
        106,
        "waits-for-peer",
        Severity.CRITICAL,
        "underlying resource unavailable",
        "Do that. Only if it is lost for good: see that it is off, then `force-active`.",
    ),
    (
        PairAlarm.CUT_OFF,
        107,
        "cut-off",
        Severity.CRITICAL,
        "communications subsystem failure",
        (
            "Look at the bond's cables, the switches, the gateway, the other server. If the gateway "
            "only does not answer ARP, name hosts that do (`usn_also_always_there`)."
        ),
    ),
    (
        PairAlarm.NOBODY_SERVES,
        108,
        "no-server-active",
        Severity.CRITICAL,
        "underlying resource unavailable",
        (
            "`usnd pair status` on both: the one in `fault` or `boot` says in its alarms what it waits "
            "for; a `standby` replays what it has, which ends by itself. If the one that says "
            "`replayed: True` stays so, `force-active` there."
        ),
    ),
    (
        PairAlarm.STRANGER,
        109,
        "address-claimed",
        Severity.CRITICAL,
        "configuration or customization error",
        (
            "`claimed_by` in `usnd pair status`, and `mac` in the journal, is its MAC address: `ip "
            "neigh` on any host of that network and the switch's own table say where it is plugged in. "
            "Switch that port off, then give it another address. If it is the other server, which "
            "answers and is not heard: switch it off by its console. It rings after `damping` of such "
            "answers, and for a minute after the last one; where a server waits to serve, and may not "
            "beside it, too."
        ),
    ),
    (
        PairAlarm.NO_GATEWAY,
        110,
        "gateway-silent",
        Severity.MAJOR,
        "communications subsystem failure",
        "Look at the network.",
    ),
    (
        PairAlarm.BOND_BY_LINKS,
        111,
        "bond-by-links",
        Severity.MINOR,
        "communications subsystem failure",
        (
            "Is the gateway down, and the other server, and `usn_also_always_there`? Service goes on; a "
            "switch that is dead behind a good link is noticed later than usual."
        ),
    ),
    (
        PairAlarm.FIREWALL,
        112,
        "firewall-differs",
        Severity.MAJOR,
        "configuration or customization error",
        (
            "`journalctl -u usn-firewall -u nftables`: a name that does not resolve, or somebody "
            "changed the rules; what is not in force is closed."
        ),
    ),
    (
        PairAlarm.NO_CONSOLE,
        113,
        "console-silent",
        Severity.MAJOR,
        "communications subsystem failure",
        (
            "Mend it: without it a dead server may not be replaced. Or it is slower than `answer`: "
            "`usn-arbiter measure-consoles`."
        ),
    ),
    (
        PairAlarm.NOT_FENCED,
        114,
        "not-fenced",
        Severity.MAJOR,
        "configuration or customization error",
        "Test the agent, set `fencing.tested`.",
    ),
    (
        PairAlarm.SLOW_CONSOLE,
        115,
        "console-slow",
        Severity.WARNING,
        "response time excessive",
        (
            "A take-over waits until it has switched the other server off, about eight times what it "
            "takes to answer. Mend it, or set `answer` and `switch` to what `usn-arbiter "
            "measure-consoles` says, in the inventory: `arbiter_console_times`."
        ),
    ),
    (
        PairAlarm.ILL,
        116,
        "health-check-failed",
        Severity.MAJOR,
        "software program error",
        (
            "The status says which part (`local health check failed: database`); in the journal it is "
            "`ill`. It was restarted once if that could help."
        ),
    ),
    (
        PairAlarm.UNABLE,
        117,
        "could-not-serve",
        Severity.MAJOR,
        "software program error",
        (
            "`unable` in the status, and in the journal, says for each part in a sentence what is wrong "
            "and what to do; it is tried again by itself."
        ),
    ),
    (
        PairAlarm.RECORD,
        118,
        "record-unusable",
        Severity.MAJOR,
        "file error",
        "Free the disk of `state`; never delete the record of a server that was active.",
    ),
    (
        PairAlarm.DIVERGED,
        119,
        "diverged",
        Severity.CRITICAL,
        "corrupt data",
        (
            "On both: `usnd pair status` (which one serves). On the one that serves: `usnd cdrs --limit "
            "500` (what was done since); the other's database stays closed, do not start it: what only "
            "it has is kept aside whole by `rejoin`. Then `rejoin` on the one whose changes weigh less. "
            "It may be the active too; then the other one serves. See “Two histories”."
        ),
    ),
    (
        PairAlarm.NOT_KEPT,
        120,
        "changes-not-kept",
        Severity.MAJOR,
        "file error",
        (
            "The other serves, and nothing is lost. After `rejoin`, `unkept` in the status, and in the "
            "journal, says why: the database's directory is a mount point (see “On the disk”), the disk "
            "is full or read-only, PostgreSQL does not stop. Once that is mended it follows within a "
            "minute."
        ),
    ),
    (
        PairAlarm.STUCK,
        121,
        "role-stuck",
        Severity.CRITICAL,
        "software program error",
        "It reboots by itself; if it does not, switch it off.",
    ),
    (
        PairAlarm.MAINTENANCE,
        122,
        "maintenance",
        Severity.WARNING,
        "out of service",
        "`maintenance off` when done.",
    ),
)
PAIR_CATALOGUE = {
    alarm: AlarmKind(number, name, severity, ObjectKind.SERVER, cause, alarm.value, remedy)
    for alarm, number, name, severity, cause, remedy in _ROWS
}


def remedy_of(says: str) -> str:
    """What to do about the alarm of that sentence, or part; empty where another release says another."""
    found = (
        kind.remedy for alarm, kind in PAIR_CATALOGUE.items() if f"{says}: ".startswith(f"{alarm.value}: ")
    )
    return next(found, "")
