"""`python -m usnd` is the command `usnd`."""

from usnd.cli import main

main()
