"""How a command of the workbench ends: with a sentence that says what went wrong, never a traceback."""

import sys
from collections.abc import Callable

from workbench.parts.debian import DebianError
from workbench.parts.node_js import NodeError
from workbench.parts.process import PartError
from workbench.parts.smsc.jasmin import NoJasmin


def command(work: Callable[[], int | None]) -> int:
    """The exit status of `work`, 0 for None; 1 where a part could not be had, 130 when interrupted."""
    try:
        return work() or 0
    except (DebianError, NodeError, NoJasmin, PartError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted; everything is stopped", file=sys.stderr)
        return 130
