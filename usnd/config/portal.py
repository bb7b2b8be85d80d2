"""The section `[portal]`: who serves the subscriber's portal, and how long people stay signed in."""

from datetime import timedelta
from typing import Annotated

from msgspec import Meta

from usnd.config_file.values import Section, UserName
from usnd.domain.portal.sessions import SessionRules

Duration = Annotated[float, Meta(ge=60, le=7 * 86400)]


class PortalConfig(Section, frozen=True, kw_only=True):
    """REQUIREMENTS W1. `user`: whom the portal's site runs as; it may act for who is signed in there, only.

    `idle`: seconds until who asks for nothing is signed out; `longest`: until everybody is.
    """

    user: UserName | None = None
    idle: Duration = 1800
    longest: Duration = 43200

    def session_rules(self) -> SessionRules:
        """How long people stay signed in."""
        return SessionRules(timedelta(seconds=self.idle), timedelta(seconds=self.longest))
