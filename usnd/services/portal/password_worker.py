"""Hashes passwords, one at a time, in a thread of its own: argon2id is slow and wants memory on purpose.

portal.py asks. Who comes when too many wait is sent away at once; some places are kept for devices that are
known, so that who floods the portal from elsewhere does not take them.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from usnd.domain.portal.passwords import normal

T = TypeVar("T")
MOST_WAITING = 16
KEPT_FOR_KNOWN = 4
_MEMORY, _TIME, _LANES = 19 * 1024, 2, 1
"""OWASP's least for argon2id: KiB, passes, lanes. A twentieth of a second of one core."""


class Busy(Exception):
    """Too many wait already."""


class PasswordWorker:
    """For one event loop."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher(time_cost=_TIME, memory_cost=_MEMORY, parallelism=_LANES)
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="passwords")
        self._waiting = 0
        self._nobodys = self._hasher.hash("")

    async def is_right(self, password: str, hash_: str | None, *, known: bool) -> bool:
        """Whether the hash is that password's. None: it is not, and that takes as long. Raises Busy.

        known: they come by a device that is known.
        """
        return await self._run(partial(self._verify, normal(password), hash_), known=known)

    async def hash_of(self, password: str) -> str:
        """By which the password is known again. Raises Busy."""
        return await self._run(partial(self._hasher.hash, normal(password)), known=True)

    async def _run(self, work: partial[T], *, known: bool) -> T:
        if self._waiting >= (MOST_WAITING if known else MOST_WAITING - KEPT_FOR_KNOWN):
            raise Busy
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, work)
        finally:
            self._waiting -= 1

    def _verify(self, password: str, hash_: str | None) -> bool:
        try:
            return self._hasher.verify(hash_ or self._nobodys, password) and hash_ is not None
        except (VerificationError, InvalidHashError):
            return False
