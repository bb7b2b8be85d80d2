"""A part of a transaction that a test undoes. The product needs none: a unit of work is committed or not."""

from contextlib import AbstractContextManager

from usnd.store.core.transaction import Transaction


def savepoint(tx: Transaction) -> AbstractContextManager[object]:
    """`with savepoint(tx):` undoes the work inside when it raises; what was done before stays."""
    return tx._connection.begin_nested()
