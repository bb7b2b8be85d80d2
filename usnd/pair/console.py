"""The peer's power by its remote console, through a fence agent (`fence_ipmilan`, `fence_redfish`, …).

Owns how agents are asked: `--action status|off|on`; status exits 0 for on, 2 for off, anything else for no
answer (fence agents' API). Use the agent's `method=onoff`. What counts is what is read back.
"""

from collections.abc import Sequence

from usnd.domain.pair.evidence import Power
from usnd.pair.commands import run

_STATUS = {0: Power.ON, 2: Power.OFF}
PATIENCE = 8.0
"""Seconds for an agent that switches."""
ANSWER = 4.0
"""Seconds for one that only asks; later it is no answer."""


async def power(agent: Sequence[str], patience: float = ANSWER) -> Power:
    """What the console says; SILENT when it does not answer."""
    status, _ = await run((*agent, "--action", "status"), patience)
    return _STATUS.get(status, Power.SILENT)


async def switch(agent: Sequence[str], *, on: bool, patience: float = PATIENCE) -> bool:
    """Tells it to; whether the agent says that it was done."""
    status, _ = await run((*agent, "--action", "on" if on else "off"), patience)
    return status == 0
