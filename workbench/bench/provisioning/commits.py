"""What the same database commits by itself: pgbench, one row a transaction, as many clients as terminals."""

import asyncio
import re
from pathlib import Path

from workbench.parts.postgres import ROLE, Programs
from workbench.parts.process import PartError

TABLE = "CREATE TABLE IF NOT EXISTS bench_commits (id bigserial PRIMARY KEY, written text NOT NULL)"
_SCRIPT = "INSERT INTO bench_commits (written) VALUES ('one row of this bench');\n"
_TPS = re.compile(r"^tps = ([0-9.]+)", re.MULTILINE)
_LATENCY = re.compile(r"^latency average = ([0-9.]+) ms", re.MULTILINE)


async def commits(
    programs: Programs, server: Path, home: Path, clients: int, seconds: int
) -> dict[str, float]:
    """Commits a second and the mean latency in ms. server: where its socket is. Raises PartError."""
    script = home / "commits.sql"
    script.write_text(_SCRIPT)
    process = await asyncio.create_subprocess_exec(
        *(str(programs.directory / "pgbench"), "-h", str(server), "-U", ROLE, "-n", "-M", "prepared"),
        *("-c", str(clients), "-j", "2", "-T", str(seconds), "-f", str(script), "postgres"),
        env=dict(programs.environment) or None,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    tps, latency = _TPS.search(out.decode()), _LATENCY.search(out.decode())
    if process.returncode or tps is None or latency is None:
        raise PartError(f"pgbench failed:\n{err.decode()[-2000:]}")
    return {"per_s": float(tps[1]), "mean_ms": float(latency[1])}
