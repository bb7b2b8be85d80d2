"""`python -m workbench.depot`: builds what a node installs, and prints the variables that name the files."""

import sys

from workbench.command import command
from workbench.debian import DebianError
from workbench.depot.archive import packages_file
from workbench.depot.release import ReleaseError, release_file


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
