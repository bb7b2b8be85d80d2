"""What `usnd cdr export` and `usnd cdr summary` share: this process closes, makes and sends files."""

from typing import TYPE_CHECKING

from usnd.cli.common import fail

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from usnd.config.sections import Config
    from usnd.services.billing.export import Client, Contents
    from usnd.store.core.writer import Store


async def deliver(
    settings: "Config",
    writer: str,
    contents: "Callable[[Store], Contents]",
    clients: "Sequence[Client]",
    *,
    patient: bool,
) -> bool:
    """Whether all is confirmed. writer: whose place in the store this run takes; an older run of it ends.

    Ends the program where another one has begun. Raises RecordsMissing.
    """
    from usnd.daemon import utc_now
    from usnd.services.billing.export import Export, TakenOver
    from usnd.store.core.writer import Store
    from usnd.store.core.writer_connection import StoreTaken

    directory = settings.billing.directory
    assert directory is not None
    store = Store.open(settings.store.url, writer=writer)
    try:
        export = Export(store, directory, utc_now, contents=contents(store))
        return await export.run(clients, patient=patient)
    except (StoreTaken, TakenOver):
        fail("another export has begun meanwhile and goes on: this one ends")
    finally:
        await store.close()
