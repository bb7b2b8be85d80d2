"""What a unit of work is given: the repositories, over one open transaction.

It notes whether anything was written, so that a batch that only read needs no commit mark.
writer_connection.py begins, commits and rolls back.
"""

from collections.abc import Sequence
from functools import cached_property

from sqlalchemy import Connection, Executable, literal, select

from usnd.store.alarms import Alarms
from usnd.store.billing.calls_seen import CallsSeen
from usnd.store.billing.cdr_files import CdrFiles
from usnd.store.billing.cdrs import Cdrs
from usnd.store.billing.months import CdrMonths
from usnd.store.billing.summaries import Summaries
from usnd.store.billing.summed_up import SummedUp
from usnd.store.conferences import Conferences
from usnd.store.core.statements import Row, Rows, run
from usnd.store.delivery_receipts import Receipts
from usnd.store.directories import Directories
from usnd.store.erasure import Erasure
from usnd.store.launch_requests import LaunchRequests
from usnd.store.pins import Pins
from usnd.store.portal.accounts import PortalAccounts
from usnd.store.portal.audit import PortalAudit
from usnd.store.portal.counters import PortalCounters
from usnd.store.portal.imports import PortalImports
from usnd.store.portal.member_lists import MemberLists
from usnd.store.portal.past_calls import PastCalls
from usnd.store.portal.past_conferences import PastConferences
from usnd.store.portal.past_texts import PastTexts
from usnd.store.portal.removals import PortalRemovals
from usnd.store.portal.sessions import PortalSessions
from usnd.store.provisioning.answers import Provisioning
from usnd.store.provisioning.terminals import Terminals
from usnd.store.recordings import Recordings
from usnd.store.subscriber_changes import SubscriberChanges
from usnd.store.subscribers import Subscribers
from usnd.store.text_parts import PartTexts
from usnd.store.texts import Texts
from usnd.store.usage import Usage


class Transaction:
    """One transaction, for one or several units of work. Not to be kept: it ends with the unit."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.dialect = connection.dialect.name
        self.wrote = False

    def execute(self, statement: Executable, values: Row | Sequence[Row] | None = None) -> Rows:
        """Run a statement, once for each of the rows if there are several. Raises SQLAlchemy's errors."""
        self.wrote = self.wrote or not statement.is_select
        return run(self._connection, statement, {} if values is None else values)

    def ask(self) -> None:
        """A statement that changes nothing: the database answers."""
        self.execute(select(literal(1)))

    @cached_property
    def subscribers(self) -> Subscribers:
        return Subscribers(self)

    @cached_property
    def subscriber_changes(self) -> SubscriberChanges:
        return SubscriberChanges(self)

    @cached_property
    def directory(self) -> Directories:
        return Directories(self)

    @cached_property
    def member_lists(self) -> MemberLists:
        return MemberLists(self)

    @cached_property
    def texts(self) -> Texts:
        return Texts(self)

    @cached_property
    def parts(self) -> PartTexts:
        return PartTexts(self)

    @cached_property
    def receipts(self) -> Receipts:
        return Receipts(self)

    @cached_property
    def conferences(self) -> Conferences:
        return Conferences(self)

    @cached_property
    def launch_requests(self) -> LaunchRequests:
        return LaunchRequests(self)

    @cached_property
    def pins(self) -> Pins:
        return Pins(self)

    @cached_property
    def recordings(self) -> Recordings:
        return Recordings(self)

    @cached_property
    def cdrs(self) -> Cdrs:
        return Cdrs(self)

    @cached_property
    def cdr_files(self) -> CdrFiles:
        return CdrFiles(self)

    @cached_property
    def cdr_months(self) -> CdrMonths:
        return CdrMonths(self)

    @cached_property
    def summaries(self) -> Summaries:
        return Summaries(self)

    @cached_property
    def summed_up(self) -> SummedUp:
        return SummedUp(self)

    @cached_property
    def erasure(self) -> Erasure:
        return Erasure(self)

    @cached_property
    def calls_seen(self) -> CallsSeen:
        return CallsSeen(self)

    @cached_property
    def alarms(self) -> Alarms:
        return Alarms(self)

    @cached_property
    def provisioning(self) -> Provisioning:
        return Provisioning(self)

    @cached_property
    def terminals(self) -> Terminals:
        return Terminals(self)

    @cached_property
    def portal_sessions(self) -> PortalSessions:
        return PortalSessions(self)

    @cached_property
    def portal_accounts(self) -> PortalAccounts:
        return PortalAccounts(self)

    @cached_property
    def portal_counters(self) -> PortalCounters:
        return PortalCounters(self)

    @cached_property
    def portal_removals(self) -> PortalRemovals:
        return PortalRemovals(self)

    @cached_property
    def portal_imports(self) -> PortalImports:
        return PortalImports(self)

    @cached_property
    def portal_audit(self) -> PortalAudit:
        return PortalAudit(self)

    @cached_property
    def past_conferences(self) -> PastConferences:
        return PastConferences(self)

    @cached_property
    def past_calls(self) -> PastCalls:
        return PastCalls(self)

    @cached_property
    def past_texts(self) -> PastTexts:
        return PastTexts(self)

    @cached_property
    def usage(self) -> Usage:
        return Usage(self)
