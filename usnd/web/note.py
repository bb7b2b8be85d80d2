"""What the journal says of a request, and the id by which its lines are found there and in nginx's log."""

import re
import time
import uuid
from dataclasses import dataclass, field

import structlog

REQUEST_ID = "x-usn-request"
"""The header with the id that nginx gave the request and has logged."""
_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_log = structlog.get_logger("usnd.web")


@dataclass(slots=True)
class Note:
    """What the journal says of a request. `own_line`: whoever answers writes it, once all is sent."""

    server: str
    """The id that the site gives the request: nginx's, or one of its own."""
    terminal: str = ""
    operation: str = ""
    request: str = ""
    """The client's id."""
    code: int = 0
    own_line: bool = False
    began: float = field(default_factory=time.monotonic)

    @property
    def ms(self) -> float:
        """Since it began."""
        return round((time.monotonic() - self.began) * 1000, 1)

    def tell(self, **more: object) -> None:
        """The line."""
        _log.info(
            "request",
            server=self.server,
            terminal=self.terminal or None,
            request=self.request or None,
            operation=self.operation or None,
            code=self.code,
            ms=self.ms,
            **more,
        )


def server_id(given: str | None) -> str:
    """The id of a request: the one that nginx gave, else a new one."""
    return given if given and _ID.fullmatch(given) else uuid.uuid4().hex
