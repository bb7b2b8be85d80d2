"""The catalogue of alarms: for each its number and name, how grave it is, what it says, what to do. Pure.

The owner of a condition raises and clears it by services/alarms/alarms.py; `usnd alarms` shows it, and
docs/operator/alarms.md is generated from here. A new alarm is one more constant, its line in `CATALOGUE`, and
a call where its condition is known.

Numbers and names are for ever: a network management system keeps them. One that is no longer raised leaves
a gap. 1 to 99 are usnd's; from 101 on are the arbiter's: domain/pair/alarm_catalogue.py.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum


class Severity(Enum):
    """X.733 §8.1.2.3. CRITICAL: no service. MAJOR: less service. MINOR: soon. WARNING: look at it by day."""

    CRITICAL = "critical"
    MAJOR = "major"
    MINOR = "minor"
    WARNING = "warning"


class ObjectKind(Enum):
    """Of what an alarm is. Where there are several, as of binds and trunks, it names one."""

    BIND = "bind"
    TRUNK = "trunk"
    ASTERISK = "Asterisk"
    DATABASE = "database"
    PINS = "PINs"
    RECORDINGS = "recordings"
    SERVER = "server"
    CERTIFICATE = "certificate"
    REVOCATION_LIST = "revocation list"
    CDR_DESTINATION = "CDR destination"


JOURNAL_KEYS = {
    ObjectKind.BIND: "smsc",
    ObjectKind.TRUNK: "trunk",
    ObjectKind.CERTIFICATE: "certificate",
    ObjectKind.REVOCATION_LIST: "authority",
    ObjectKind.CDR_DESTINATION: "destination",
}
"""By which key a line of the journal names the object."""


@dataclass(frozen=True, slots=True)
class AlarmKind:
    """One entry of the catalogue.

    number, name: stable, a name in kebab case. cause: X.733's probable cause (§8.1.2.1). says: what stands in
    the journal and in every list. remedy: what to do, in whole sentences.
    """

    number: int
    name: str
    severity: Severity
    object: ObjectKind
    cause: str
    says: str
    remedy: str


SMSC_NOT_BOUND = AlarmKind(
    1,
    "smsc-not-bound",
    Severity.MAJOR,
    ObjectKind.BIND,
    "communications subsystem failure",
    "the SMSC is not bound",
    "The journal's line before it says why: the SMSC cannot be reached, or it refused the bind. "
    "With others=0 no text comes in or goes out; calls go on.",
)
TEXTS_WAIT = AlarmKind(
    2,
    "texts-wait",
    Severity.MAJOR,
    ObjectKind.BIND,
    "queue size exceeded",
    "texts wait too long",
    "Look at `usnd smpp status`: is the bind down, or slower than what comes? "
    "If it is slower, agree a higher rate with the SMSC's operator.",
)
PINS_GUESSED = AlarmKind(
    3,
    "pins-guessed",
    Severity.MAJOR,
    ObjectKind.PINS,
    "unauthorized access attempt",
    "PINs are guessed",
    "Look at `usnd dial-in status`; the journal's `wrong pin` lines say who. "
    "Many numbers with few wrong PINs each: ask the carrier.",
)
PINS_RUN_OUT = AlarmKind(
    4,
    "pins-run-out",
    Severity.MINOR,
    ObjectKind.PINS,
    "resource at or nearing capacity",
    "PINs run out",
    "Remove subscribers that are none any more: their PINs become free. "
    "Tell your supplier while half are left.",
)
FOREIGN_CHANNEL = AlarmKind(
    5,
    "foreign-channel",
    Severity.MAJOR,
    ObjectKind.ASTERISK,
    "unauthorized access attempt",
    "foreign channel in asterisk",
    "Somebody else drives this Asterisk, or its dialplan or pjsip.conf is not ours. "
    "`asterisk -rx 'manager show connected'` shows who is there. It clears after 15 minutes without another.",
)
TRUNK_DOWN = AlarmKind(
    6,
    "trunk-down",
    Severity.MAJOR,
    ObjectKind.TRUNK,
    "communications subsystem failure",
    "trunk down",
    "The switch does not answer. Can it be reached (`ping`, then `asterisk -rx 'pjsip show contacts'`)? "
    "If not, tell the carrier. Calls go over the other trunks; it comes back by itself.",
)
TRUNK_DAMPED = AlarmKind(
    7,
    "trunk-damped",
    Severity.MINOR,
    ObjectKind.TRUNK,
    "call establishment error",
    "trunk damped",
    "Too many calls in a row failed, so that it is used only where no other trunk has a channel. "
    "Look at its causes in `usnd trunk status`; docs/operator/trunks.md says what each means.",
)
TRUNK_SUSPECT = AlarmKind(
    8,
    "trunk-suspect",
    Severity.WARNING,
    ObjectKind.TRUNK,
    "call establishment error",
    "trunk suspect",
    "It refuses calls that may be good. Does `usnd trunk status` show the causes 21, 58, 63, 79 or 127 "
    "for all? The carrier does not take our number, codec or address.",
)
TRUNK_NOT_REGISTERED = AlarmKind(
    9,
    "trunk-not-registered",
    Severity.MAJOR,
    ObjectKind.TRUNK,
    "communications subsystem failure",
    "trunk not registered",
    "registration=refused: ask the carrier about account and password. `asterisk -r`, and there "
    "`pjsip set logger on`, shows its answer; `off` ends it.",
)
NO_REGISTRATIONS = AlarmKind(
    10,
    "no-registrations",
    Severity.MAJOR,
    ObjectKind.ASTERISK,
    "configuration or customization error",
    "Asterisk registers no trunk",
    "Its configuration is older than usnd's: write it again with `usnd trunk pjsip`, and see that "
    "res_pjsip_outbound_registration is loaded.",
)
ASTERISK_DOWN = AlarmKind(
    11,
    "asterisk-down",
    Severity.CRITICAL,
    ObjectKind.ASTERISK,
    "application subsystem failure",
    "Asterisk cannot be reached, no calls can be made",
    "The line `asterisk link down` before it says why. refused: start Asterisk, and look into its log. "
    "denied: make `[asterisk] secret` equal to that in its manager.conf.",
)
RECORDINGS_DIRECTORY = AlarmKind(
    12,
    "recordings-directory",
    Severity.MAJOR,
    ObjectKind.RECORDINGS,
    "file error",
    "the recordings directory cannot be used",
    "Nothing is recorded. Make the directory, or give it to Asterisk's user and usnd's group, mode 2770.",
)
RECORDINGS_DISK = AlarmKind(
    13,
    "recordings-disk",
    Severity.MAJOR,
    ObjectKind.RECORDINGS,
    "storage capacity problem",
    "the disk for recordings is nearly full",
    "Nothing new is recorded, and subscribers are told so; conferences go on. Make room on that disk, or "
    "keep less: `keep_days`, `max_gigabytes`, then `usnd recording prune`.",
)
RECORDING_FAILED = AlarmKind(
    14,
    "recording-failed",
    Severity.MINOR,
    ObjectKind.RECORDINGS,
    "application subsystem failure",
    "a recording failed",
    "Asterisk could not write it; its log says why. Look at the owner of the recordings directory. "
    "It clears with the next recording, or after an hour without another failure.",
)
DATABASE_UNREACHABLE = AlarmKind(
    15,
    "database-unreachable",
    Severity.CRITICAL,
    ObjectKind.DATABASE,
    "underlying resource unavailable",
    "the database cannot be reached",
    "Nothing is acknowledged, nothing is lost, calls go on. Start the database, or make room on its disk.",
)
CERTIFICATE_ENDS_SOON = AlarmKind(
    31,
    "certificate-ends-soon",
    Severity.MINOR,
    ObjectKind.CERTIFICATE,
    "threshold crossed",
    "a certificate ends within 30 days",
    "Have it renewed: `usnd ca renew NAME` for a terminal or a server, `usnd ca renew --authority` for our "
    "own authority; for one of another authority, ask there. docs/operator/certificates.md says how.",
)
CERTIFICATE_ENDS_IN_A_WEEK = AlarmKind(
    32,
    "certificate-ends-in-a-week",
    Severity.MAJOR,
    ObjectKind.CERTIFICATE,
    "threshold crossed",
    "a certificate ends within 7 days",
    "Have it renewed now, as for `certificate-ends-soon`: whoever needs it gets no connection when it "
    "has ended.",
)
CERTIFICATE_ENDED = AlarmKind(
    33,
    "certificate-ended",
    Severity.CRITICAL,
    ObjectKind.CERTIFICATE,
    "key expired",
    "a certificate has ended",
    "A terminal's: that terminal is not heard. The server's or the authority's: no terminal is. Renew it as "
    "for `certificate-ends-soon`, or end the designation of a terminal that nobody uses any more.",
)
CERTIFICATE_UNUSABLE = AlarmKind(
    34,
    "certificate-unusable",
    Severity.CRITICAL,
    ObjectKind.CERTIFICATE,
    "file error",
    "a certificate cannot be used",
    "`reason` says why: the file is not there, cannot be read, is no certificate, or it has not begun. Put "
    "the right file there (`usnd ca publish` for the authority's), or set this server's clock.",
)
REVOCATION_LIST_ENDS_SOON = AlarmKind(
    35,
    "revocation-list-ends-soon",
    Severity.MAJOR,
    ObjectKind.REVOCATION_LIST,
    "threshold crossed",
    "a revocation list was not renewed and ends soon",
    "Ours is renewed each day by `usnd ca crl`: run it by hand where the authority is, and see why its timer "
    "does not. Another authority's: get its new list, then `usnd ca trust --crl FILE`.",
)
REVOCATION_LIST_ENDED = AlarmKind(
    36,
    "revocation-list-ended",
    Severity.CRITICAL,
    ObjectKind.REVOCATION_LIST,
    "key expired",
    "a revocation list has ended",
    "No terminal of that authority is heard, since nobody can say which of them are revoked. Renew it now, "
    "as for `revocation-list-ends-soon`.",
)
REVOCATION_LIST_MISSING = AlarmKind(
    37,
    "revocation-list-missing",
    Severity.CRITICAL,
    ObjectKind.REVOCATION_LIST,
    "file error",
    "a revocation list is missing or cannot be used",
    "No terminal of that authority is heard. Ours: `usnd ca crl` writes it anew. Another authority's: "
    "`usnd ca trust --crl FILE`. `reason` says what is wrong with one that is there.",
)
CDR_EXPORT_LATE = AlarmKind(
    41,
    "cdr-export-late",
    Severity.MAJOR,
    ObjectKind.CDR_DESTINATION,
    "response time excessive",
    "CDR files are late",
    "`usnd cdr files` shows how far each file has come, and what its last try said. Nothing is lost: all are "
    "sent in their order once the destination takes them. No file at all for this hour: see in "
    "`systemctl list-timers usn-cdr.timer` when it runs, and in `journalctl -u usn-cdr` why it failed. Of a "
    "destination of usage summaries it is `usn-summary`.",
)
CDR_DESTINATION_REFUSES = AlarmKind(
    42,
    "cdr-destination-refuses",
    Severity.MAJOR,
    ObjectKind.CDR_DESTINATION,
    "communications protocol error",
    "the destination refuses CDR files",
    "`reason` says why. Another host key: ask the operator there before you change `host_key`, since it may "
    "be another server. We are not let in: if the reason names our key, ssh here cannot use it; else, is our "
    "public key there, with rrsync? No room, or read-only: the operator there has to mend that. Another "
    "file has its name there: it may be of before the database was restored from a backup, see "
    "docs/operator/backup.md. Then `usnd cdr export` tries at once.",
)
CDR_FILE_CHANGED = AlarmKind(
    43,
    "cdr-file-changed",
    Severity.CRITICAL,
    ObjectKind.CDR_DESTINATION,
    "file error",
    "a CDR file cannot be made again as it was",
    "Somebody changed or removed records in the database that a closed file holds. This file and those "
    "behind it wait. Look for it on the other server, in the same directory: if it is there, copy it here, "
    "and run `usnd cdr export`. If the destination was not configured for a while, its records may have been "
    "removed or given pseudonyms meanwhile: give it a new name, and it gets all records that there are. "
    "Otherwise tell your supplier, with what `usnd cdr files --json` prints.",
)
CDR_RETENTION_HELD = AlarmKind(
    44,
    "cdr-retention-held",
    Severity.MAJOR,
    ObjectKind.CDR_DESTINATION,
    "response time excessive",
    "old CDRs are kept, as the destination has not confirmed them",
    "Nothing is removed that a destination has not got, so the node keeps records for longer than it should, "
    "and its disk fills. `usnd cdr files` says why its files wait, `usnd cdr prune --dry-run` what is held. "
    "If the destination is gone for good, take it out of `usnd_cdr_destinations`, or of "
    "`usnd_summary_destinations`: then it holds nothing.",
)
CDR_RETENTION_LATE = AlarmKind(
    45,
    "cdr-retention-late",
    Severity.MINOR,
    ObjectKind.DATABASE,
    "software program abnormally terminated",
    "CDRs that are old enough are not removed",
    "The removal has not run, or was held up, for three days. `usnd cdr prune` does it now and says what "
    "holds it up: mostly somebody who reads CDRs for very long. `systemctl list-timers usn-retention.timer` "
    "shows when it runs, `journalctl -u usn-retention` what it said.",
)
CDR_MONTHS_RUN_OUT = AlarmKind(
    46,
    "cdr-months-run-out",
    Severity.MINOR,
    ObjectKind.DATABASE,
    "storage capacity problem",
    "the tables of the next months of CDRs are not made",
    "usnd makes them three months ahead, at its start and every ten minutes. `journalctl -u usnd` says why "
    "it cannot; a clock that is years ahead is not believed: check `timedatectl`. No call and no record is "
    "lost: when the last month is over its table takes those of the following months too.",
)

CATALOGUE = (
    SMSC_NOT_BOUND,
    TEXTS_WAIT,
    PINS_GUESSED,
    PINS_RUN_OUT,
    FOREIGN_CHANNEL,
    TRUNK_DOWN,
    TRUNK_DAMPED,
    TRUNK_SUSPECT,
    TRUNK_NOT_REGISTERED,
    NO_REGISTRATIONS,
    ASTERISK_DOWN,
    RECORDINGS_DIRECTORY,
    RECORDINGS_DISK,
    RECORDING_FAILED,
    DATABASE_UNREACHABLE,
    CERTIFICATE_ENDS_SOON,
    CERTIFICATE_ENDS_IN_A_WEEK,
    CERTIFICATE_ENDED,
    CERTIFICATE_UNUSABLE,
    REVOCATION_LIST_ENDS_SOON,
    REVOCATION_LIST_ENDED,
    REVOCATION_LIST_MISSING,
    CDR_EXPORT_LATE,
    CDR_DESTINATION_REFUSES,
    CDR_FILE_CHANGED,
    CDR_RETENTION_HELD,
    CDR_RETENTION_LATE,
    CDR_MONTHS_RUN_OUT,
)
"""All that usnd raises, by number."""


def by_name(*lists: Iterable[AlarmKind]) -> dict[str, AlarmKind]:
    """The entries of all lists by their names. Raises ValueError where two share a number or a name."""
    kinds = [kind for kinds in lists for kind in kinds]
    found = {kind.name: kind for kind in kinds}
    if len(found) < len(kinds) or len({kind.number for kind in kinds}) < len(kinds):
        raise ValueError("two alarms share a number or a name")
    return found


USND_ALARMS = by_name(CATALOGUE)
