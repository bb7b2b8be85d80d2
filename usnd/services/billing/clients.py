"""The configured destinations as the export sees them: each with its form and its way by rsync."""

from pathlib import Path

from usnd.config.billing import DestinationConfig
from usnd.config.sections import Config
from usnd.domain.billing.cdr_file import Form
from usnd.domain.billing.summary.csv_lines import COLUMNS, NAME
from usnd.services.billing.export import Client
from usnd.services.billing.rsync import Destination, Rsync

_PLACE = ".rsync"


def clients_of(config: Config) -> list[Client]:
    """Of CDRs, in the order of the configuration. Raises ValueError without a directory."""
    place = _place(config)
    return [_client(one, one.form(), place) for one in config.cdr_destination]


def summary_clients_of(config: Config) -> list[Client]:
    """As `clients_of`, of usage summaries."""
    place = _place(config)
    return [_client(one, Form(NAME, COLUMNS), place) for one in config.summary_destination]


def _place(config: Config) -> Path:
    directory = config.billing.directory
    if directory is None:
        raise ValueError("billing.directory is not set")
    return directory / _PLACE


def _client(one: DestinationConfig, form: Form, place: Path) -> Client:
    to = Destination(
        one.name,
        str(one.host),
        one.port,
        one.user,
        one.directory,
        one.key,
        one.host_key,
        clears=one.clears,
        syncs=one.syncs,
    )
    return Client(one.name, form, Rsync(to, place), one.taken_away)
