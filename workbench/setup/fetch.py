"""`python -m workbench.setup.fetch`: gets the real parts into the cache before the tests, with progress.

It is the list of what the tests need, so that no test waits for a download.
"""

import sys

from workbench.chaos.billing.check.checker import sqlite3_program
from workbench.parts.chromium import chromium_tree
from workbench.parts.crm.programs import crm_tree
from workbench.parts.debian import DebianError
from workbench.parts.nginx import nginx_tree
from workbench.parts.node_js import NodeError, axe, lighthouse, packages
from workbench.parts.postgres import programs
from workbench.parts.receiver import receiver_tree
from workbench.parts.smsc.brokers import brokers_tree
from workbench.parts.smsc.jasmin import NoJasmin, jasmin_environment
from workbench.parts.smsc.kannel import kannel_tree
from workbench.parts.voice.asterisk import asterisk_tree
from workbench.parts.voice.capture import tcpdump_tree
from workbench.parts.voice.sipp import sipp_tree
from workbench.release.pdf_libraries import pdf_tree
from workbench.release.prompts import Voice
from workbench.setup.command import command
from workbench.videos.ffmpeg import ffmpeg_tree


def main() -> int:
    """The exit status."""
    try:
        asterisk_tree()
        tcpdump_tree()
        programs()
        nginx_tree()
        chromium_tree()
        crm_tree()
        receiver_tree()
        pdf_tree()
        sqlite3_program()
        packages()
        axe()
        lighthouse()
        kannel_tree()
        sipp_tree()
        ffmpeg_tree()
        Voice()
    except (DebianError, NodeError) as error:
        print(f"not fetched: {error}", file=sys.stderr)
        return 1
    try:
        jasmin_environment()
        brokers_tree()
    except (DebianError, NoJasmin) as error:
        print(f"going on without: {error}", file=sys.stderr)  # its tests skip with this reason
    return 0


if __name__ == "__main__":
    sys.exit(command(main))
