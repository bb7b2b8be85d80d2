"""Two servers on one database, as in a pair: a configuration, a name and a directory of files for each."""

import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from usnd.store.core.engine import engine_for
from usnd.store.core.transaction import Transaction
from usnd.store.migrations import migrate
from workbench.parts.receiver import Receiver

_CONFIG = """
[node]
home_region = "GB"
short_code = "52272"
call_back_number = "{call_in}"
[store]
url = "{url}"
[asterisk]
secret = "none"
[[smsc]]
name = "smsc"
host = "127.0.0.1"
system_id = "usn"
password = "none"
[[trunk]]
name = "trunk-msc"
[[trunk]]
name = "trunk-two"
[billing]
directory = "{files}"
node = "{node}"
time_zone = "{zone}"
interim = 7200
"""
_DESTINATION = """
[[cdr_destination]]
name = "{name}"
host = "{host}"
port = {port}
user = "{user}"
key = "{key}"
host_key = "{host_key}"
"""


@dataclass(frozen=True)
class Servers:
    """home: a directory of ours. receivers: by the name of the destination."""

    home: Path
    url: str
    names: Sequence[str]

    def config(self, node: str) -> Path:
        """Of that server."""
        return self.home / f"{node}.toml"

    def set_up(self, receivers: Mapping[str, Receiver], *, zone: str = "UTC", call_in: str) -> None:
        """The configurations, and the database's tables."""
        for node in self.names:
            text = _CONFIG.format(url=self.url, files=self.home / node, node=node, zone=zone, call_in=call_in)
            for name, receiver in receivers.items():
                text += _DESTINATION.format(
                    name=name,
                    host=receiver.host,
                    port=receiver.port,
                    user=receiver.user,
                    key=receiver.key,
                    host_key=receiver.host_key,
                )
            self.config(node).write_text(text)
        migrate.upgrade(self.url)

    def register(self, subscribers: Iterable[str], now: datetime) -> None:
        """Of all, in the database."""
        with engine_for(self.url).begin() as connection:
            for number in subscribers:
                Transaction(connection).subscribers.add(number, now)

    def litter(self) -> list[str]:
        """Half-written files that are left on the servers."""
        return [str(path) for node in self.names for path in (self.home / node).rglob("*.part")]


def collect(receivers: Mapping[str, Receiver], to: Path) -> Path:
    """What has been delivered, by destination. Gives the directory."""
    for name, receiver in receivers.items():
        place = to / name
        place.mkdir(parents=True)
        for path in receiver.inbox.glob("usn-*.csv"):
            shutil.copyfile(path, place / path.name)
    return to
