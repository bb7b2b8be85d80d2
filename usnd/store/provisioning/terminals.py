"""The terminals in the store: which certificates may provision, and what each may do (REQUIREMENTS P2).

`usnd terminal` writes them; services/provisioning and the site read them for each request.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import bindparam, delete, insert, select, update

from usnd.domain.certificates.rights import Rights, stored_rights
from usnd.domain.certificates.terminal import Terminal
from usnd.store.core.execution import Executor
from usnd.store.core.row_sets import OneOf, json_of
from usnd.store.core.statements import Row
from usnd.store.schema import terminals

_T = terminals.c
_FIELDS = (_T.name, _T.serial, _T.issuer, _T.not_after, _T.operations, _T.prefixes, _T.revoked_at)
_ALL = select(*_FIELDS).order_by(_T.name, _T.id)
_FIND = select(*_FIELDS).where(OneOf(_T.serial, "serials"))
_ONE = (_T.serial == bindparam("its_serial"), _T.issuer == bindparam("its_issuer"))
_INSERT = insert(terminals)
_UPDATE = update(terminals).where(*_ONE)
_DELETE = delete(terminals).where(*_ONE, _T.revoked_at.is_(None))

Certificate = tuple[str, str]
"""Its serial number and its issuer, as `Terminal` has them."""


class Terminals:
    """All that are designated, also those whose certificate was revoked or has ended."""

    def __init__(self, tx: Executor) -> None:
        self._tx = tx

    def find(self, certificates: Collection[Certificate]) -> dict[Certificate, Terminal]:
        """Those of the certificates that are designated."""
        if not certificates:
            return {}
        rows = self._tx.execute(_FIND, {"serials": json_of({serial for serial, _ in certificates})})
        found = {(one.serial, one.issuer): one for one in map(_terminal, rows)}
        return {which: found[which] for which in certificates if which in found}

    def list(self, *, out_too: bool = False) -> tuple[Terminal, ...]:
        """All, by name; those of one name as designated. out_too: also the revoked ones taken out."""
        found = map(_terminal, self._tx.execute(_ALL))
        return tuple(one for one in found if out_too or not one.taken_out)

    def designate(self, terminal: Terminal, by: str, now: datetime) -> bool:
        """Enters a certificate, or gives it that name and those rights; True if it is new here.

        A certificate that was revoked stays so.
        """
        values = {
            "name": terminal.name,
            **_rights(terminal.rights),
            "designated_by": by,
            "designated_at": now,
        }
        if self._tx.execute(_UPDATE, {**_which(terminal.serial, terminal.issuer), **values}).rowcount:
            return False
        new = {"serial": terminal.serial, "issuer": terminal.issuer, "not_after": terminal.not_after}
        self._tx.execute(_INSERT, {**values, **new})
        return True

    def undesignate(self, serial: str, issuer: str) -> bool:
        """Takes a certificate out; False if it was not in.

        Of one that is revoked the row stays, without rights: it is revoked for ever.
        """
        which = _which(serial, issuer)
        if self._tx.execute(_DELETE, which).rowcount:
            return True
        return self._tx.execute(_UPDATE, {**which, **_rights(Rights())}).rowcount == 1

    def revoke(self, serial: str, issuer: str, at: datetime) -> bool:
        """Notes that a certificate is revoked; False if it was not in."""
        return self._tx.execute(_UPDATE, {**_which(serial, issuer), "revoked_at": at}).rowcount == 1


def _which(serial: str, issuer: str) -> Row:
    return {"its_serial": serial, "its_issuer": issuer}


def _rights(rights: Rights) -> Row:
    return {
        "operations": json_of(sorted(one.value for one in rights.operations)),
        "prefixes": json_of(rights.prefixes),
    }


def _terminal(row: Any) -> Terminal:
    operations = msgspec.json.decode(row.operations, type=list[str])
    rights = stored_rights(operations, msgspec.json.decode(row.prefixes, type=list[str]))
    return Terminal(row.name, row.serial, row.issuer, row.not_after, rights, row.revoked_at)
