"""Lighthouse (npm) with Debian's Chromium: how a browser has a page of a site, in scores of 0 to 100.

The benchmark and a test of the portal call it. It starts a browser of its own for each page. Performance is a
figure of this machine; accessibility and best practices are one of the page.
"""

import asyncio
import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from workbench.parts.chromium import environment_in, program
from workbench.parts.node_js import lighthouse, node
from workbench.parts.process import PartError, private_directory

ACCESSIBILITY, PRACTICES, PERFORMANCE = "accessibility", "best-practices", "performance"
_CHROMIUM = "--headless=new --no-sandbox --ignore-certificate-errors --disable-dev-shm-usage"
_LONGEST_LOAD = 15_000
"""Milliseconds: the page of a running conference is never without a request."""
_PATIENCE = 300.0
_GOOD = 0.9


@dataclass(frozen=True)
class Verdict:
    """Of one page. faults: what cost points, in words. script_octets: of all scripts, as they were sent.

    milliseconds: by the names of Lighthouse's audits.
    """

    scores: dict[str, int]
    faults: tuple[str, ...]
    script_octets: int = 0
    milliseconds: dict[str, int] = field(default_factory=dict)


async def verdict(url: str, categories: Sequence[str], cookie: str = "", *, wide: bool = False) -> Verdict:
    """Loads the page, with that cookie, as a telephone or in a wide window. Raises PartError, NodeError."""
    home = private_directory("usn-lighthouse-")
    try:
        report = home / "report.json"
        words = [
            node(),
            str(lighthouse()),
            url,
            "--quiet",
            "--output=json",
            f"--output-path={report}",
            f"--only-categories={','.join(categories)}",
            f"--chrome-flags={_CHROMIUM}",
            f"--max-wait-for-load={_LONGEST_LOAD}",
            "--no-enable-error-reporting",
        ]
        if cookie:
            headers = home / "headers.json"
            headers.write_text(json.dumps({"Cookie": cookie}))
            words.append(f"--extra-headers={headers}")
        if wide:
            words.append("--preset=desktop")
        environment = {**environment_in(home), "CHROME_PATH": str(program())}
        process = await asyncio.create_subprocess_exec(
            *words, env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
        )
        said, _ = await asyncio.wait_for(process.communicate(), _PATIENCE)
        if process.returncode or not report.is_file():
            raise PartError(f"lighthouse ended with {process.returncode}:\n{said.decode()[-2000:]}")
        return _read(json.loads(report.read_text()))
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _read(report: dict[str, Any]) -> Verdict:
    audits, categories = report["audits"], report["categories"].values()
    if report.get("runtimeError"):
        raise PartError(f"lighthouse: {report['runtimeError']['message']}")
    counted = {ref["id"] for one in categories for ref in one["auditRefs"] if ref["weight"]}
    bad = [audits[name] for name in sorted(counted) if _is_bad(audits[name])]
    requests = audits.get("network-requests", {}).get("details", {}).get("items", [])
    timed = {name: one for name, one in audits.items() if one.get("numericUnit") == "millisecond"}
    return Verdict(
        {one["id"]: round(100 * one["score"]) for one in categories},
        tuple(f"{one['id']}: {one['title']}" for one in bad),
        sum(one.get("transferSize", 0) for one in requests if one.get("resourceType") == "Script"),
        {name: round(one["numericValue"]) for name, one in timed.items() if name in counted},
    )


def _is_bad(audit: dict[str, Any]) -> bool:
    return audit["score"] is not None and audit["score"] < _GOOD
