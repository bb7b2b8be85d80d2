"""The tables, as the newest migration leaves them: names, constraints, indexes.

The repositories build their statements of these; only migrations create anything. What the domain decides is
not decided again: that a nick and a group differ in name is left to it, since no constraint spans two tables
on both databases. Columns that keep a former name are in docs/glossary.md.
"""

from usnd.store.schema.billing import cdr_files, is_open_file, summaries, summary_pages
from usnd.store.schema.conferences import (
    calls,
    calls_seen,
    cdrs,
    conferences,
    is_closed,
    is_live,
    launch_requests,
    recordings,
    usage,
)
from usnd.store.schema.messaging import (
    is_gathering,
    is_queued,
    is_untold,
    mo_part_texts,
    mo_parts,
    mo_texts,
    mt_receipts,
    mt_texts,
)
from usnd.store.schema.metadata import metadata
from usnd.store.schema.operation import alarms, commit_mark, counters, is_raised
from usnd.store.schema.portal import (
    portal_audit,
    portal_codes,
    portal_counters,
    portal_import_pages,
    portal_imports,
    portal_passwords,
    portal_removals,
    portal_sessions,
)
from usnd.store.schema.provisioning import provisioning_bulks, provisioning_requests, terminals
from usnd.store.schema.subscribers import (
    group_members,
    groups,
    instant_conference_members,
    instant_conferences,
    pins,
    subscriber_changes,
    subscribers,
    to_poll,
    users,
)

__all__ = [
    "alarms",
    "calls",
    "calls_seen",
    "cdr_files",
    "cdrs",
    "commit_mark",
    "conferences",
    "counters",
    "group_members",
    "groups",
    "instant_conference_members",
    "instant_conferences",
    "is_closed",
    "is_gathering",
    "is_live",
    "is_open_file",
    "is_queued",
    "is_raised",
    "is_untold",
    "launch_requests",
    "metadata",
    "mo_part_texts",
    "mo_parts",
    "mo_texts",
    "mt_receipts",
    "mt_texts",
    "pins",
    "portal_audit",
    "portal_codes",
    "portal_counters",
    "portal_import_pages",
    "portal_imports",
    "portal_passwords",
    "portal_removals",
    "portal_sessions",
    "provisioning_bulks",
    "provisioning_requests",
    "recordings",
    "subscriber_changes",
    "subscribers",
    "summaries",
    "summary_pages",
    "terminals",
    "to_poll",
    "usage",
    "users",
]
