"""What an operator may write about billing, and why something else is refused."""

from datetime import time, timedelta
from typing import get_args, get_type_hints
from zoneinfo import ZoneInfo

import pytest
from config_samples import GOOD, refusal

from usnd.config.billing import CdrDestinationConfig, destination_names
from usnd.config.load import parse
from usnd.domain.billing.cdr_file import Form
from usnd.domain.billing.fields import LAYOUT
from usnd.domain.billing.formats import FORMATS
from usnd.domain.billing.rhythm import Nightly
from usnd.services.billing.clients import clients_of, summary_clients_of

BILLING = '[billing]\ndirectory = "/var/lib/usn/cdr"\n'
THERE = f"""[[cdr_destination]]
name = "mediation"
host = "192.0.2.50"
user = "usn-cdr"
key = "/etc/usn/cdr-key"
host_key = "ssh-ed25519 {68 * "A"}"
"""
SUMMARIES = THERE.replace("cdr_destination", "summary_destination").replace("mediation", "revenue")


def test_a_destination_gets_all_fields_unless_it_says_otherwise() -> None:
    config = parse(f"{GOOD}{BILLING}{THERE}")
    (whole,) = config.cdr_destination
    assert (whole.form().layout, whole.form().format, whole.port) == (LAYOUT, "csv", 22)
    (few,) = parse(f'{GOOD}{BILLING}{THERE}fields = ["sequence", "cli"]\n').cdr_destination
    assert few.form().layout == ("sequence", "cli")
    assert [client.name for client in clients_of(config)] == ["mediation"]


def test_summaries_go_to_destinations_of_their_own_at_a_local_time() -> None:
    zone = 'summary_at = "02:30"\ntime_zone = "Europe/London"\n'
    config = parse(f"{GOOD}{BILLING}{zone}{THERE}{SUMMARIES}")
    assert [client.name for client in clients_of(config)] == ["mediation"]
    assert [client.name for client in summary_clients_of(config)] == ["revenue"]
    assert destination_names(config) == ["mediation", "revenue"]
    assert config.billing.nightly() == Nightly(ZoneInfo("Europe/London"), time(2, 30))


def test_a_destination_gets_another_format_with_the_address_that_it_says() -> None:
    more = 'format = "ts32297"\nnode_address = "2001:db8::7"\n'
    (there,) = parse(f"{GOOD}{BILLING}{THERE}{more}").cdr_destination
    assert there.form() == Form("ts32297", LAYOUT, "2001:db8::7")


def test_the_formats_that_can_be_written_are_those_that_there_are() -> None:
    assert set(get_args(get_type_hints(CdrDestinationConfig)["format"])) == set(FORMATS)


def test_without_a_destination_nothing_is_needed() -> None:
    config = parse(GOOD)
    assert config.cdr_destination == ()
    assert config.billing.interim_length() == timedelta(days=1)
    assert str(config.billing.zone()) == "UTC"


@pytest.mark.parametrize(
    ("written", "told"),
    [
        (THERE, "billing.directory: set it"),
        (f"{BILLING}{THERE}{THERE}", "cdr_destination, summary_destination: two of them have the same name"),
        (f"{BILLING}{THERE * 9}", "with two brackets, 0 to 8 of them"),
        (f"{BILLING}{THERE}{SUMMARIES}".replace("revenue", "mediation"), "two of them have the same name"),
        (SUMMARIES, "billing.directory: set it"),
        ('[billing]\nsummary_at = "24:00"\n', "billing.summary_at: write a time of the day"),
        ('[billing]\nsummary_at = "1:00"\n', "billing.summary_at: write a time of the day"),
        (f'{BILLING}{SUMMARIES}fields = ["sequence"]\n', "summary_destination number 1: fields is not known"),
        (
            f'{BILLING}{THERE}fields = ["sequence", "price"]\n',
            "cdr_destination mediation: fields: price is no field of a CDR",
        ),
        (f'{BILLING}{THERE}fields = ["cli"]\n', "cdr_destination mediation: fields: sequence must be among"),
        (
            '[billing]\ntime_zone = "Europe/Atlantis"\n',
            "billing.time_zone: Europe/Atlantis is not known here",
        ),
        ("[billing]\ninterim = 60\n", "billing.interim: write a number from 3600"),
        (f"{BILLING}{THERE.replace('ssh-ed25519 ', '')}", "cdr_destination number 1, host_key"),
        (f"{BILLING}{THERE.replace('usn-cdr', '-oProxyCommand=x')}", "cdr_destination number 1, user"),
        (f'{BILLING}{THERE}directory = "in; rm"\n', "cdr_destination number 1, directory"),
        (f'{BILLING}{THERE}format = "xml"\n', "cdr_destination number 1, format"),
        (f'{BILLING}{THERE}node_address = "usn-a"\n', "cdr_destination number 1, node_address"),
        (f'{BILLING}{THERE}directory = "-x"\n', "cdr_destination number 1, directory"),
    ],
)
def test_what_cannot_be_is_refused(written: str, told: str) -> None:
    assert told in refusal(f"{GOOD}{written}")
