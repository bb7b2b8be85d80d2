"""`python -m workbench.fetch`: gets the real parts into the cache before the tests, with progress.

Owns nothing but the list of what the tests need, so that no test waits for a download.
"""

import sys

from workbench.asterisk import asterisk_tree
from workbench.debian import DebianError
from workbench.node import NodeError, packages
from workbench.postgres import programs


def main() -> int:
    """The exit status."""
    try:
        asterisk_tree()
        programs()
        packages()
    except (DebianError, NodeError) as error:
        print(f"not fetched: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
