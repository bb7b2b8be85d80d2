"""How a command of ours runs and ends: what cannot be written or read on its way is a sentence, no traceback.

`usnd` and `usn-arbiter` run by it. What a command knows to tell better it tells itself; what is left is its
output: a full disk, a pipe that nobody reads any more. Python and its libraries warn nobody: that is for who
develops, with `-W`.
"""

import os
import sys
import warnings
from collections.abc import Callable
from contextlib import suppress

from usnd.process.os_errors import in_words

_FAILED = 1


def run(command: Callable[[], object], name: str) -> None:
    """Runs the command to its end, with all it printed; ends the program if that fails."""
    if not sys.warnoptions:
        warnings.simplefilter("ignore")
    try:
        try:
            command()
        finally:
            if sys.stdout is not None:
                sys.stdout.flush()
    except BrokenPipeError:  # who read it has had enough
        _forget_output()
        sys.exit(_FAILED)
    except OSError as error:
        _forget_output()
        with suppress(OSError):
            sys.stderr.write(f"{name}: {in_words(error, 'the output cannot be written')}\n")
        sys.exit(_FAILED)


def _forget_output() -> None:
    """What is left of it is not tried again at the end of the program."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
