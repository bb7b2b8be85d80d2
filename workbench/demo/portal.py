"""`make play-portal`: what `make play` gives, with the portal beside it at an address that is printed.

The subscriber has users, a group and an instant conference, made by texts, and a password, chosen as anybody
does who has forgotten theirs: a code comes by SMS.
"""

import asyncio
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from usnd.control.answers import PortalAnswer
from usnd.control.portal_requests import ChoosePassword, OfPortal, SendCode, SignIn, UseCode
from usnd.control.requests import socket_of
from usnd.domain.portal.outcomes import Outcome
from usnd.web.control_line import NoResult, at_portal
from usnd.web.portal.visitor import SESSION
from workbench.demo.play import give_handsets, play_with, played, welcome
from workbench.demo.stage import GROUP, GROUP_NAME, SUBSCRIBER, Stage, stage
from workbench.parts.process import PartError, private_directory
from workbench.parts.sites.portal import SETTINGS, PortalFront

PASSWORD = "play in the portal"  # noqa: S105 # it is printed
DIAL_IN = '[dial_in]\ncommon = "52270"\nconferences = ["52281", "52282", "52283"]\n'
_SOURCE = "127.0.0.1"
_PATIENCE = 25.0
_TEXT_PATIENCE = 20.0


@asynccontextmanager
async def portal_stage(
    store_url: str = "",
    site_url: str = "",
    settings: str = "",
    tries_per_minute: int = 20,
    requests_per_second: int = 20,
) -> AsyncIterator[tuple[Stage, PortalFront]]:
    """The stage of the demo with a portal before its usnd. Raises PartError, DebianError.

    store_url: a database of its own if empty; site_url: the same for the site, which only reads it.
    settings: further sections of usnd.toml. The rest: limits of nginx.
    """
    home = private_directory("usn-portal-")
    try:
        recordings, videos = home / "recordings", home / "videos"
        for place in (recordings, videos):
            place.mkdir()
        recording = f'[recording]\ndirectory = "{recordings}"\nmin_free_gigabytes = 0.001\n'
        async with stage(f"{DIAL_IN}{SETTINGS}{recording}{settings}", store_url=store_url) as parts:
            front = PortalFront(home, tries_per_minute, requests_per_second, recordings, videos)
            front.configure(socket_of(parts.usn.home), site_url or parts.usn.store_url)
            async with front:
                yield parts, front
    finally:
        shutil.rmtree(home, ignore_errors=True)


async def furnish(parts: Stage) -> None:
    """The subscriber gets users, a group and instant conference 1, and a password. Raises PartError."""
    for nick, number in GROUP.items():
        await parts.text(f"UC {nick} {number} {nick.title()}.Jones {GROUP_NAME}")
    await parts.text(f"CC1 {GROUP_NAME}")
    await choose_password(parts, PASSWORD)


async def choose_password(parts: Stage, password: str) -> None:
    """As who has forgotten theirs. Raises PartError."""
    control = socket_of(parts.usn.home)
    await _ask(control, SendCode(number=SUBSCRIBER, source=_SOURCE))
    try:
        text = await parts.smsc.next_text(SUBSCRIBER, _TEXT_PATIENCE)
    except TimeoutError:
        raise PartError(f"no code came in {_TEXT_PATIENCE:g} s") from None
    code = text.body.split()[0]
    used = await _ask(control, UseCode(number=SUBSCRIBER, code=code, source=_SOURCE))
    await _ask(control, ChoosePassword(token=used.token, password=password, source=_SOURCE))
    await parts.smsc.next_text(SUBSCRIBER, _TEXT_PATIENCE)


async def session_cookie(parts: Stage) -> str:
    """Of a new session of the subscriber who was furnished, as a browser sends it. Raises PartError."""
    request = SignIn(number=SUBSCRIBER, password=PASSWORD, source=_SOURCE)
    answer = await _ask(socket_of(parts.usn.home), request)
    return f"{SESSION}={answer.token}"


async def _ask(control: Path, request: OfPortal) -> PortalAnswer:
    """In a thread: the SMSC lives in this loop."""
    try:
        answer = await asyncio.to_thread(at_portal, control, request, _PATIENCE)
    except NoResult as error:
        raise PartError(f"the portal: {error}") from error
    if answer.outcome is not Outcome.DONE:
        raise PartError(f"the portal answers {answer.outcome.value} to {type(request).__name__}")
    return answer


async def play() -> None:
    """Starts the stage, plays, stops it. Raises PartError, DebianError."""
    print(
        "starting the SMSC, the mobile switch, the USN's Asterisk, usnd, the portal and nginx …", flush=True
    )
    async with portal_stage() as (parts, front):
        await give_handsets(parts)
        await furnish(parts)
        await play_with(
            parts,
            f"{welcome()}\n"
            f"The portal: {front.address}\n"
            "  Your browser does not know who signed its certificate; it is this machine alone.\n"
            f"  Sign in as {SUBSCRIBER} with the password: {PASSWORD}",
        )


if __name__ == "__main__":
    sys.exit(played(play()))
