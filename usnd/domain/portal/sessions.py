"""How long somebody is signed in, and what they may do meanwhile. Pure.

services/portal begins sessions and looks at one before each act; the site looks before each page. What a
browser keeps is a token of 256 bits, here is only its digest. A session that began with a first password or a
code of an SMS may do nothing but choose a password, which ends it and begins one that is open.
"""

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum

TOKEN_OCTETS = 32
MOST_SESSIONS = 20
"""Of one subscriber; the oldest end."""
SEEN_EVERY = timedelta(minutes=2)
"""How often at most it is written that somebody is still there."""


class Stage(Enum):
    """By what a session began. FIRST: the first password. RESET: a code. OPEN: the password they chose."""

    FIRST = "first"
    RESET = "reset"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class SessionRules:
    """idle: a session ends when nothing was asked for so long; longest: it ends then in any case.

    choosing: how long one may take to choose a password.
    """

    idle: timedelta = timedelta(minutes=30)
    longest: timedelta = timedelta(hours=12)
    choosing: timedelta = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Session:
    """Of the subscriber of that id. seen: when something was asked for last; ends: if nothing more is."""

    subscriber_id: int
    stage: Stage
    began: datetime
    seen: datetime
    ends: datetime


class SessionState(Enum):
    """CHOOSING: a password is to be chosen first. SUSPENDED: so is the subscriber, and may do nothing."""

    OPEN = "open"
    CHOOSING = "choosing"
    SUSPENDED = "suspended"
    ENDED = "ended"


def digest_of(token: str) -> str:
    """By which a token is known; a fast hash is sound for 256 random bits."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def begin(subscriber_id: int, stage: Stage, now: datetime, rules: SessionRules) -> Session:
    """A new session."""
    lasts = rules.idle if stage is Stage.OPEN else rules.choosing
    return Session(subscriber_id, stage, now, now, now + min(lasts, rules.longest))


def state_of(session: Session | None, now: datetime, *, suspended: bool) -> SessionState:
    """What a session is good for. None: nobody has one with that token."""
    if session is None or now >= session.ends:
        return SessionState.ENDED
    if suspended:
        return SessionState.SUSPENDED
    return SessionState.OPEN if session.stage is Stage.OPEN else SessionState.CHOOSING


def is_to_be_seen(session: Session, now: datetime) -> bool:
    """Whether it is time to write that they are still there. Who is choosing gets no more time."""
    return session.stage is Stage.OPEN and now >= session.seen + SEEN_EVERY


def seen(session: Session, now: datetime, rules: SessionRules) -> Session:
    """The session goes on, never beyond its longest."""
    return replace(session, seen=now, ends=min(now + rules.idle, session.began + rules.longest))
