"""What the sites need of this machine: for `check-config`, and `--check` of the commands `usnd web`.

Reads files, connects to nothing. Each finding is a sentence: what is wrong, and what to do.
"""

import os
import pwd
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from usnd.domain.alarms.catalogue import (
    CERTIFICATE_ENDED,
    CERTIFICATE_UNUSABLE,
    REVOCATION_LIST_ENDED,
    REVOCATION_LIST_MISSING,
)

if TYPE_CHECKING:
    from usnd.config.provisioning import ProvisioningConfig
    from usnd.web.config import WebSection

_UNUSABLE = {CERTIFICATE_ENDED, CERTIFICATE_UNUSABLE, REVOCATION_LIST_ENDED, REVOCATION_LIST_MISSING}
"""What ends only soon has its alarm, and `usnd ca check`."""


def of_node(section: "ProvisioningConfig", now: datetime) -> Iterator[str]:
    """What is wrong with what `[provisioning]` of usnd.toml names."""
    from usnd.ca.findings import of_server
    from usnd.ca.places import AUTHORITIES, LISTS

    yield from of_user(section.user)
    if (published := section.authorities) is not None:
        yield from _believed("authorities", published / AUTHORITIES, published / LISTS, now)
    if (certificate := section.certificate) is not None:
        found = of_server(certificate, now)
        if found.alarm is not None and found.alarm in _UNUSABLE:
            yield f"certificate: {found.trouble or f'{certificate}: {found.state}'}. {found.alarm.remedy}"


def of_site(section: "WebSection", now: datetime) -> Iterator[str]:
    """What is wrong with what `[web]` of the site's file names."""
    if section.client_ca is not None and section.client_crl is not None:
        yield from _believed("client_ca", section.client_ca, section.client_crl, now)
    for key, directory in (("socket", section.socket.parent), ("control", section.control.parent)):
        if not directory.is_dir():
            yield f"{key}: {directory}: there is no such directory: make it, or correct the name"
    if not section.spool.is_dir():
        yield f"spool: {section.spool}: there is no such directory: make it, or correct the name"
    elif not os.access(section.spool, os.W_OK | os.X_OK):
        yield f"spool: {section.spool}: cannot be written: give it to the site's user"


def root(user: str | None) -> str | None:
    """Why a site must not run as that user; None: it may."""
    try:
        uid = pwd.getpwnam(user or "").pw_uid
    except KeyError:
        return None
    return None if uid else "user: is root: name a user of its own, who may do nothing else"


def of_user(user: str | None) -> Iterator[str]:
    """What is wrong with the user that a site runs as; None: it has none of its own."""
    if user is None:
        return
    try:
        pwd.getpwnam(user)
    except KeyError:
        yield f"user: there is no user {user}: make it, or correct the name"


def _believed(key: str, authorities: Path, lists: Path, now: datetime) -> Iterator[str]:
    """What is wrong with the files that say whom to believe."""
    from usnd.ca.crl_watch import CrlWatch
    from usnd.ca.findings import of_files

    for found in of_files(None, CrlWatch(authorities, lists, lambda: now), now):
        if found.alarm is not None and found.alarm in _UNUSABLE:
            yield f"{key}: {found.trouble or f'{found.of}: {found.state}'}. {found.alarm.remedy}"
