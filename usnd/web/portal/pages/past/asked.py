"""What all pages about the past are asked by: days, and where a list goes on."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from usnd.domain.directory.model import Subscriber
from usnd.domain.history.period import Period, period_of
from usnd.web.clock import utc_now
from usnd.web.portal.reports.times import Times, times_of
from usnd.web.portal.visitor import Visitor


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asks, in which times, about which days."""

    subscriber: Subscriber
    times: Times
    period: Period

    @property
    def days(self) -> dict[str, str]:
        """As links and forms write them."""
        return {"from": self.period.first.isoformat(), "to": self.period.last.isoformat()}

    @property
    def shown(self) -> dict[str, object]:
        """For templates."""
        return {"zone": self.times.name, "days": self.days, "cut": self.period.cut}


def asked_by(visitor: Visitor) -> Asked:
    """The days behind the `?`; the last thirty, where there are none."""
    assert visitor.subscriber is not None
    times = times_of(visitor.subscriber)
    days = visitor.asked
    period = period_of(days.get("from", ""), days.get("to", ""), utc_now(), times.zone)
    return Asked(visitor.subscriber, times, period)


def link(path: str, wanted: Mapping[str, object]) -> str:
    """To that page, with what is not empty behind the `?`."""
    query = urlencode({name: value for name, value in wanted.items() if value})
    return f"{path}?{query}" if query else path
