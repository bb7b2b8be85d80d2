"""The command `usnd subscriber erase`: what is personal goes, records stay under a pseudonym."""

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

from usnd.cli.common import (
    DEFAULT_CONFIG,
    WRONG,
    ConfigFile,
    asker,
    check_store,
    e164_of,
    fail,
    load_config,
)
from usnd.cli.subscriber.lists import Number
from usnd.process import journal, os_errors

if TYPE_CHECKING:
    from collections.abc import Sequence

    from usnd.config.sections import Config
    from usnd.domain.recording.files import Recording
    from usnd.services.erasure import Erased, Node

WRITER = "usnd-erasure"


def erase(
    number: Number,
    config: ConfigFile = DEFAULT_CONFIG,
    *,
    yes: Annotated[
        bool, typer.Option("--yes", help="Do it; otherwise it is only said what would go.")
    ] = False,
) -> None:
    """Erase a mobile, registered or not any more: its address book, texts, recordings, sign-ins, imports.

    In call detail records its numbers are replaced by pseudonyms, once all of them are delivered. This cannot
    be undone. Safe to repeat.
    """
    from usnd.store.core.trouble import DatabaseTrouble, in_words

    settings = load_config(config)
    e164 = e164_of(number, settings)
    key = settings.node_key()
    if key is None:
        fail("provisioning.credential_key is not set: pseudonyms are made with it", WRONG)
    journal.set_up_command(settings.log.format, settings.log.level)
    check_store(settings)
    try:
        with in_words(settings.store.url):
            done = asyncio.run(_run(settings, e164, yes=yes))
    except DatabaseTrouble as error:
        fail(str(error))
    except OSError as error:
        fail(os_errors.in_words(error, settings.recording.directory))
    _tell(e164, done, yes=yes)


async def _run(settings: "Config", number: str, *, yes: bool) -> "Erased":
    from usnd.services.erasure import Erasing, Refused
    from usnd.store.core.writer import Store
    from usnd.store.core.writer_connection import StoreTaken
    from usnd.store.subscribers import StillLive

    store = Store.open(settings.store.url, writer=WRITER)
    erasing = Erasing(store, _node(settings))
    try:
        if not yes:
            return await erasing.look(number)
        return await erasing.erase(number, lambda found: _remove(settings, found))
    except Refused as error:
        fail(str(error))
    except StillLive:
        fail("a conference of theirs started this moment: run the command again when it is over")
    except StoreTaken:
        fail("another erasure has begun meanwhile: run this one again when it is done")
    finally:
        await store.close()


def _node(settings: "Config") -> "Node":
    from usnd.daemon import utc_now
    from usnd.services.erasure import Node
    from usnd.services.subscribers import time_zones

    key = settings.node_key()
    assert key is not None
    own = settings.node_own(time_zones())
    of_cdrs = [one.name for one in settings.cdr_destination]
    of_summaries = [one.name for one in settings.summary_destination]
    return Node(key, own, of_cdrs, asker(), utc_now, of_summaries)


def _remove(settings: "Config", found: "Sequence[Recording]") -> None:
    if settings.recording.directory is not None:
        for one in found:
            (settings.recording.directory / one.path).unlink(missing_ok=True)


def _tell(number: str, done: "Erased", *, yes: bool) -> None:
    was = "is" if done.registered else "is not"
    typer.echo(f"{number} {was} registered" if not yes else f"{number} is erased")
    went = "went" if yes else "would go"
    typer.echo(f"  {len(done.recordings)} recordings {went}, with texts, address book, sign-ins and imports")
    typer.echo(f"  {done.records} CDRs {'have' if yes else 'would have'} pseudonyms for its numbers")
    if yes:
        typer.echo("  CDR files of these records go from both servers within an hour: `usnd cdr prune`")
    else:
        typer.echo("nothing was changed: --yes does it")
    if done.untold:
        typer.echo(
            f"  {done.untold} changes keep the number until the CRM has polled them: run this again then"
        )
