"""`python -m workbench.release`: builds what a node installs, and prints the variables that name the
files.
"""

import sys

from workbench.parts.debian import DebianError
from workbench.release.packages import packages_file
from workbench.release.wheels import ReleaseError, release_file
from workbench.setup.command import command


def main() -> int:
    """The exit status."""
    try:
        print(f"base_packages_file: {packages_file()}")
        print(f"usnd_release_file: {release_file()}")
    except (DebianError, ReleaseError) as error:
        print(f"not built: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(command(main))
