"""What usnd does when it is started while its database is away: one sentence, and systemd starts it again."""

from node_smsc import NodeSmsc

from workbench.parts.postgres import Postgres, programs
from workbench.parts.process import until
from workbench.parts.usn import BOUND, Usn
from workbench.parts.voice.asterisk import asterisk_tree


async def test_a_start_without_the_database_ends_in_a_sentence_and_the_next_one_works() -> None:
    async with NodeSmsc() as smsc, Postgres(programs(), "away") as database:
        usn = Usn(asterisk_tree(), 9, smsc.port, store_url=database.url())
        try:
            usn.command("db", "upgrade")
            database.kill()
            usn.process.start()
            assert await until(lambda: not usn.process.alive, 10)
            assert usn.process.returncode == 1
            assert "see that PostgreSQL runs" in usn.journal.read_text()
            assert "Traceback" not in usn.journal.read_text()
            await database.start()
            usn.process.start()
            await usn.until_event(BOUND)
        finally:
            await usn.stop()
