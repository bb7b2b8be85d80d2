"""An `OSError` in words that a person reads: what it was about, and why. All that print one come by it.

The system names no file where a write fails (a full disk), and no reason where time has run out.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from os import PathLike


def reason(error: OSError) -> str:
    """Why alone: `No space left on device`."""
    return error.strerror or str(error) or "it took too long"


def in_words(error: OSError, otherwise: object) -> str:
    """`/etc/usn/ca: Permission denied`. otherwise: what it was about, where the error names no file."""
    return f"{_file_of(error) or otherwise}: {reason(error)}"


@contextmanager
def about(path: PathLike[str]) -> Iterator[None]:
    """What fails within is about that file, unless it names another one itself."""
    try:
        yield
    except OSError as error:
        error.filename = _file_of(error) or str(path)
        raise


def _file_of(error: OSError) -> str:
    """Empty where there is none; a mere number is one that is open."""
    return str(error.filename) if isinstance(error.filename, str | PathLike) else ""
