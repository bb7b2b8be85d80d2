"""How long a session lasts, and what it is good for."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from usnd.domain.portal.sessions import (
    SEEN_EVERY,
    SessionRules,
    SessionState,
    Stage,
    begin,
    digest_of,
    is_to_be_seen,
    seen,
    state_of,
)

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
RULES = SessionRules()
OPEN = begin(7, Stage.OPEN, NOW, RULES)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize("stage", Stage)
@pytest.mark.parametrize("suspended", [False, True])
@pytest.mark.parametrize("over", [False, True])
def test_what_a_session_is_good_for(stage: Stage, *, suspended: bool, over: bool) -> None:
    session = begin(7, stage, NOW, RULES)
    now = session.ends if over else session.ends - SECOND
    state = state_of(session, now, suspended=suspended)
    if over:
        assert state is SessionState.ENDED
    elif suspended:
        assert state is SessionState.SUSPENDED
    else:
        assert state is (SessionState.OPEN if stage is Stage.OPEN else SessionState.CHOOSING)


def test_a_token_that_is_nobodys_is_good_for_nothing() -> None:
    assert state_of(None, NOW, suspended=False) is SessionState.ENDED


def test_it_lasts_as_long_as_somebody_is_there_and_no_longer_than_its_longest() -> None:
    session, now = OPEN, NOW
    while now < session.ends:
        if is_to_be_seen(session, now):
            session = seen(session, now, RULES)
        now += timedelta(minutes=7)
    assert session.ends == NOW + RULES.longest
    assert OPEN.ends == NOW + RULES.idle


def test_that_somebody_is_there_is_written_seldom() -> None:
    assert not is_to_be_seen(OPEN, NOW + SEEN_EVERY - SECOND)
    assert is_to_be_seen(OPEN, NOW + SEEN_EVERY)
    assert not is_to_be_seen(replace(OPEN, stage=Stage.FIRST), NOW + SEEN_EVERY), "no more time to choose"


def test_who_is_to_choose_a_password_has_a_quarter_of_an_hour() -> None:
    assert begin(7, Stage.RESET, NOW, RULES).ends == NOW + RULES.choosing
    short = SessionRules(longest=timedelta(minutes=1))
    assert begin(7, Stage.FIRST, NOW, short).ends == NOW + short.longest


def test_a_digest_is_of_the_token_whatever_it_is() -> None:
    assert len(digest_of("token")) == 64
    assert digest_of("\ud800") == digest_of("?")
    assert digest_of("a") != digest_of("b")
