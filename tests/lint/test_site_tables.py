"""Holds that somebody decided of each table whether each site may read it: roles/web."""

from pathlib import Path

import yaml

from usnd.domain.directory.model import Subscriber
from usnd.store.schema import calls, cdrs, metadata, subscribers

ROLE = yaml.safe_load((Path(__file__).parents[2] / "roles/web/vars/main.yml").read_text())
PORTAL_COLUMNS = ROLE["__web_portal_columns"]


def test_each_table_is_one_that_the_site_may_read_or_one_that_it_may_not() -> None:
    readable, hidden = set(ROLE["__web_readable"]), set(ROLE["__web_hidden"])
    assert readable & hidden == set()
    assert set(metadata.tables) <= readable | hidden


def test_each_table_is_one_that_the_portal_may_read_or_one_that_it_may_not() -> None:
    readable, hidden = set(ROLE["__web_portal_readable"]), set(ROLE["__web_portal_hidden"])
    assert readable & hidden == readable & set(PORTAL_COLUMNS) == hidden & set(PORTAL_COLUMNS) == set()
    assert set(metadata.tables) <= readable | hidden | set(PORTAL_COLUMNS)


def test_what_people_wrote_and_said_is_not_for_the_site() -> None:
    assert {"pins", "mo_texts", "mt_texts", "recordings", "users"} <= set(ROLE["__web_hidden"])


def test_the_portal_sees_of_a_subscriber_what_a_page_shows_and_no_secret_of_anybody() -> None:
    assert sorted(PORTAL_COLUMNS["subscribers"]) == sorted(Subscriber.__slots__)
    assert "credential" in subscribers.c
    secrets = {"pins", "portal_passwords", "portal_codes", "mo_texts", "mt_texts", "provisioning_requests"}
    assert secrets <= set(ROLE["__web_portal_hidden"])


def test_of_other_tables_the_portal_sees_columns_that_are_there_and_no_pin() -> None:
    for name, columns in PORTAL_COLUMNS.items():
        assert set(columns) < set(metadata.tables[name].c.keys())
        assert not {"activation_pin", "cause", "trunk", "credential"} & set(columns)
    assert "activation_pin" in calls.c
    assert "activation_pin" in cdrs.c
