"""An authority of our own for a test, which publishes to one directory and hands out beside it."""

from datetime import timedelta
from pathlib import Path

from outside_authorities import NOW

from usnd.ca.authority import CERTIFICATE_FOR, Order, init, opened
from usnd.ca.disk import Disk
from usnd.ca.record import Issued, Kind, Reason


class Home:
    """Directories of one authority: `ca` its own, `tls` where it publishes, `home` for what it hands out."""

    def __init__(self, home: Path) -> None:
        self.home, self.ca, self.tls = home, home / "ca", home / "tls"
        self.tls.mkdir()

    def made(self, disk: Disk | None = None) -> "Home":
        init(self.ca, None, (str(self.tls),), NOW, disk)
        self.publish()
        return self

    def publish(self) -> None:
        with opened(self.ca, NOW) as ours:
            assert [one.trouble for one in ours.publish()] == [None]

    def issue(
        self,
        name: str = "crm-1",
        kind: Kind = Kind.TERMINAL,
        hosts: tuple[str, ...] = (),
        disk: Disk | None = None,
        lasts: timedelta = CERTIFICATE_FOR,
    ) -> Issued:
        with opened(self.ca, NOW, disk) as ours:
            return ours.issue(Order(name, kind, self.home / name, hosts, lasts=lasts))

    def revoke(
        self, name: str = "crm-1", reason: Reason = Reason.UNSPECIFIED, disk: Disk | None = None
    ) -> None:
        with opened(self.ca, NOW, disk) as ours:
            ours.revoke(ours.record.named(name), reason)
            ours.publish()

    def given(self, name: str = "crm-1") -> Path:
        return self.home / name / f"{name}.pem"
