"""How a command of the workbench ends: with a sentence that says what went wrong, never a traceback."""

import sys
from collections.abc import Callable

from workbench.parts.debian import DebianError
from workbench.parts.node_js import NodeError
from workbench.parts.process import PartError


def command(work: Callable[[], int | None], failed: str = "", status: int = 1) -> int:
    """The exit status of `work`, 0 for None; `status` where a part could not be had, 130 when interrupted.

    failed: what has failed then, said before why.
    """
    try:
        return work() or 0
    except (DebianError, NodeError, PartError) as error:
        print(f"{failed}: {error}" if failed else error, file=sys.stderr)
        return status
    except KeyboardInterrupt:
        print("interrupted; everything is stopped", file=sys.stderr)
        return 130
