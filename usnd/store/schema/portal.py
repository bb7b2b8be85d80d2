"""The subscriber's portal: who is signed in, by which password, tries that are counted, what happened."""

from sqlalchemy import Column, ForeignKey, Integer, String, Table, UniqueConstraint

from usnd.store.core.columns import KEY, Utc, Written, row_id
from usnd.store.schema.metadata import metadata
from usnd.store.schema.subscribers import subscribers

# `stage`: domain/portal/sessions.py. Of the token only a digest is here.
portal_sessions = Table(
    "portal_sessions",
    metadata,
    Column("token_digest", String, primary_key=True),
    Column(
        "subscriber_id", KEY, ForeignKey(subscribers.c.id, ondelete="CASCADE"), nullable=False, index=True
    ),
    Column("stage", String, nullable=False),
    Column("began_at", Utc, nullable=False),
    Column("seen_at", Utc, nullable=False),
    Column("ends_at", Utc, nullable=False, index=True),
)

# The password that a subscriber chose, by argon2id. Whoever has none signs in with `subscribers.credential`.
portal_passwords = Table(
    "portal_passwords",
    metadata,
    Column(
        "subscriber_id",
        KEY,
        ForeignKey(subscribers.c.id, ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("hash", String, nullable=False),
    Column("chosen_at", Utc, nullable=False),
)

# The last code for a number; also of one that is nobody's, which none opens. `text_id`: the SMS.
portal_codes = Table(
    "portal_codes",
    metadata,
    Column("number", String, primary_key=True),
    Column("digest", String, nullable=False),
    Column("expires_at", Utc, nullable=False, index=True),
    Column("text_id", KEY),
)

# Tries, as domain/portal/lockout.py counts them. `lapses_at`: from then on it is as if there were none.
portal_counters = Table(
    "portal_counters",
    metadata,
    Column("kind", String, primary_key=True),
    Column("whose", String, primary_key=True),
    Column("tries", Integer, nullable=False),
    Column("since", Utc, nullable=False),
    Column("closed_until", Utc),
    Column("lapses_at", Utc, nullable=False, index=True),
)

# What happened. It outlives the subscriber, and refers to nobody.
portal_audit = Table(
    "portal_audit",
    metadata,
    row_id(),
    Column("at", Utc, nullable=False, index=True),
    Column("number", String, nullable=False, index=True),
    Column("source", String, nullable=False),
    Column("what", String, nullable=False),
    Column("about", String, nullable=False),
    sqlite_autoincrement=True,
)

# What a deletion took, to be undone for some minutes: domain/directory/undo.py, as JSON.
portal_removals = Table(
    "portal_removals",
    metadata,
    row_id(),
    Column(
        "subscriber_id", KEY, ForeignKey(subscribers.c.id, ondelete="CASCADE"), nullable=False, index=True
    ),
    Column("removed_at", Utc, nullable=False, index=True),
    Column("what", Written, nullable=False),
    sqlite_autoincrement=True,
)

# An import of contacts: at most one of a subscriber at a time. `state`: domain/portal/imports.py. `done`: how
# many of its pages are done, from the first on. `kinds`: what is to be done, with commas between.
portal_imports = Table(
    "portal_imports",
    metadata,
    row_id(),
    Column("subscriber_id", KEY, ForeignKey(subscribers.c.id, ondelete="CASCADE"), nullable=False),
    Column("state", String, nullable=False, index=True),
    Column("changed_at", Utc, nullable=False, index=True),
    Column("pages", Integer, nullable=False),
    Column("done", Integer, nullable=False),
    Column("kinds", String, nullable=False),
    Column("counts", Written, nullable=False),
    UniqueConstraint("subscriber_id"),
    sqlite_autoincrement=True,
)

# A page of it: its entries, which of them were left out, and what came of it, as JSON: domain/contacts.
portal_import_pages = Table(
    "portal_import_pages",
    metadata,
    Column("import_id", KEY, ForeignKey(portal_imports.c.id, ondelete="CASCADE"), primary_key=True),
    Column("place", Integer, primary_key=True, autoincrement=False),
    Column("entries", Written, nullable=False),
    Column("left_out", Written, nullable=False),
    Column("result", Written),
    Column("not_done", Written),
)
