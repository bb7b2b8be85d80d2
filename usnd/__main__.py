"""`python -m usnd` is the command `usnd`."""

from usnd.cli.main import main

main()
