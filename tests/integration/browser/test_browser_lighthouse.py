"""Pages of the portal by Lighthouse: accessibility, best practices (W2). Speed is a benchmark's matter."""

import pytest
from portal.ground import Ground

from workbench.demo.portal import session_cookie
from workbench.parts.lighthouse import ACCESSIBILITY, PRACTICES, verdict

pytestmark = pytest.mark.asyncio(loop_scope="module")
LEAST = 95


@pytest.mark.parametrize("path", ["", "live", "users", "conferences", "usage"])
async def test_a_page_is_well_made(ground: Ground, path: str) -> None:
    cookie = await session_cookie(ground.parts)
    one = await verdict(f"{ground.front.address}{path}", [ACCESSIBILITY, PRACTICES], cookie)
    assert min(one.scores.values()) >= LEAST, one.faults
