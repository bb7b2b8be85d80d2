"""The configured destinations as the export sees them: each with its form and its way by rsync."""

from usnd.config.sections import Config
from usnd.services.billing.export import Client
from usnd.services.billing.rsync import Destination, Rsync

_PLACE = ".rsync"


def clients_of(config: Config) -> list[Client]:
    """In the order of the configuration. Raises ValueError without a directory."""
    directory = config.billing.directory
    if directory is None:
        raise ValueError("billing.directory is not set")
    place = directory / _PLACE
    return [
        Client(
            one.name,
            one.form(),
            Rsync(
                Destination(
                    one.name,
                    str(one.host),
                    one.port,
                    one.user,
                    one.directory,
                    one.key,
                    one.host_key,
                    clears=one.clears,
                    syncs=one.syncs,
                ),
                place,
            ),
            one.taken_away,
        )
        for one in config.cdr_destination
    ]
