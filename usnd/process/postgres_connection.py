"""Connecting to PostgreSQL so that a try that is given up leaves no connection behind.

psycopg leaves the socket of a failed try to the garbage collector, which a program that makes little garbage
runs seldom. A PostgreSQL that hung takes all those sockets for clients when it goes on, and lets nobody else
in when there are a hundred. usnd/store/core and usnd/pair/database connect by this.
"""

from traceback import clear_frames
from typing import Any

import psycopg


def connect(conninfo: str = "", **settings: Any) -> psycopg.Connection:
    """As psycopg.connect. Raises psycopg.Error, once the socket is closed."""
    try:
        return psycopg.connect(conninfo, **settings)
    except psycopg.Error as error:
        clear_frames(error.__traceback__)
        raise
