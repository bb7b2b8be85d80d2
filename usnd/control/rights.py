"""Who may ask the running usnd for what: a table of users and groups, by what the kernel says of the peer.

Each request names the right that it needs (requests.py); the server asks here before anything is done. A site
of its own user (provisioning, portal, console) gets a row by that user's name.
"""

import grp
import os
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

import structlog

from usnd.process.local_socket import Peer


class Right(Enum):
    """What may be asked for. SECRETS: to set passwords and PINs; no request of this release does."""

    LOOK = "look at conferences"
    CONTROL = "launch and control conferences"
    SECRETS = "change secrets"
    PROVISION = "provision subscribers"
    PORTAL = "act for who is signed in to the portal"


ALL = frozenset(Right)
OPERATORS = ALL - {Right.SECRETS, Right.PROVISION, Right.PORTAL}
PROVISIONING = frozenset({Right.PROVISION})
"""Of the provisioning site: only on subscribers, and only for a terminal that is designated."""
PORTAL = frozenset({Right.PORTAL})
"""Of the portal's site: only for the subscriber of a session."""


@dataclass(frozen=True, slots=True)
class Row:
    """`user`: a uid or a name; or `group`: a gid, whose members are meant."""

    rights: frozenset[Right]
    user: int | str | None = None
    group: int | None = None

    def means(self, peer: Peer) -> bool:
        """Whether the row is about that peer."""
        if self.group is not None:
            return self.group in peer.groups
        return self.user in (peer.uid, peer.name)


def who_may_what(
    own_user: int, operators: int | None, site: str | None = None, portal: str | None = None
) -> tuple[Row, ...]:
    """The table. `own_user`: whom usnd runs as; `operators`: their group's gid, None: there are none.

    `site`, `portal`: the names of the users that the provisioning site and the portal's run as; None: it has
    none of its own.
    """
    table = [Row(ALL, user=0), Row(ALL, user=own_user)]
    if operators is not None:
        table.append(Row(OPERATORS, group=operators))
    if site is not None:
        table.append(Row(PROVISIONING, user=site))
    if portal is not None:
        table.append(Row(PORTAL, user=portal))
    return tuple(table)


def rights_of(peer: Peer, table: Iterable[Row]) -> frozenset[Right]:
    """All that the rows about the peer give."""
    return frozenset(right for row in table if row.means(peer) for right in row.rights)


def table_here(
    operators_group: str | None, site: str | None = None, portal: str | None = None
) -> tuple[Row, ...]:
    """The table of this process. Without an operators' group, whoever is in the group it runs as is one.

    A group that does not exist has nobody in it; the journal says so.
    """
    own = os.geteuid()
    if operators_group is None:
        return who_may_what(own, os.getegid(), site, portal)
    try:
        return who_may_what(own, grp.getgrnam(operators_group).gr_gid, site, portal)
    except KeyError:
        structlog.get_logger("usnd.control").error(
            "there is no operators' group: only root and the user of usnd may command it",
            operators_group=operators_group,
        )
        return who_may_what(own, None, site, portal)
