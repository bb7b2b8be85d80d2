"""The stream of a live page through nginx: for whose session it is, and for as long as that lasts (W2)."""

from collections.abc import Callable
from contextlib import ExitStack

import pytest
from portal.browser import Browser
from portal.node import PortalNode
from portal.stream import opened

from usnd.web.portal.live.streams import MOST_EACH
from workbench.parts.process import until


@pytest.fixture(scope="module")
def ann(node: PortalNode) -> tuple[str, Browser]:
    number = node.subscriber()
    return number, node.signed_in(number)


def sign_out_everywhere(node: PortalNode, number: str) -> None:
    browser = node.signed_in_again(number)
    browser.get("/security")
    browser.send("/sign-out-everywhere")


def end(node: PortalNode, number: str) -> None:
    node.sql(
        "UPDATE portal_sessions SET ends_at = now() WHERE subscriber_id ="
        f" (SELECT id FROM subscribers WHERE number = '{number}')"
    )


def suspend(node: PortalNode, number: str) -> None:
    node.sql(f"UPDATE subscribers SET suspended = true WHERE number = '{number}'")


def test_it_says_how_it_is_at_once_and_may_be_kept_by_nobody(ann: tuple[str, Browser]) -> None:
    with opened(ann[1]) as stream:
        assert stream.status == 200
        assert stream.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert stream.headers["cache-control"] == "no-store"
        assert "script-src 'self'" in stream.headers["content-security-policy"]
        said = stream.until("parts")
    assert said["whole"]
    assert [name for name, _ in said["parts"]] == ["conference"]
    assert "No conference is running" in said["parts"][0][1]


@pytest.mark.parametrize("token", ["", "A" * 43, "%C3%A4%0D%0A" * 20])
def test_without_a_session_there_is_none(node: PortalNode, token: str) -> None:
    browser = node.browser()
    browser.cookies["__Host-usn"] = token
    with opened(browser) as stream:
        assert stream.status == 403
        assert stream.next() == ("", None)


@pytest.mark.parametrize("spoil", [end, suspend])
def test_with_a_session_that_does_not_count_there_is_none(
    node: PortalNode, spoil: Callable[[PortalNode, str], None]
) -> None:
    number = node.subscriber()
    browser = node.signed_in(number)
    spoil(node, number)
    with opened(browser) as stream:
        assert stream.status == 403


@pytest.mark.parametrize("spoil", [end, suspend, sign_out_everywhere])
def test_it_ends_with_the_session(node: PortalNode, spoil: Callable[[PortalNode, str], None]) -> None:
    number = node.subscriber()
    with opened(node.signed_in(number)) as stream:
        stream.until("parts")
        spoil(node, number)
        stream.until("signed-out")
        assert stream.next() == ("", None)


async def test_one_subscriber_has_no_more_than_so_many_and_who_leaves_makes_room(node: PortalNode) -> None:
    browser = node.signed_in(node.subscriber())
    with ExitStack() as open_ones:
        for _ in range(MOST_EACH):
            open_ones.enter_context(opened(browser)).until("parts")
        with opened(browser) as stream:
            assert stream.status == 429
        assert browser.get("/").status == 200, "pages are still served"

    def has_room() -> bool:
        with opened(browser) as stream:
            return stream.status == 200

    assert await until(has_room, 10)


@pytest.mark.parametrize("how", ["killed", "stopped"])
async def test_who_looks_on_is_told_when_usnd_goes_and_is_right_when_it_is_back(
    node: PortalNode, ann: tuple[str, Browser], how: str
) -> None:
    with opened(ann[1]) as stream:
        stream.until("parts")
        if how == "killed":
            node.usnd.kill()
        else:
            await node.usnd.stop()
        stream.until("away")
        node.usnd.start()
        said = stream.until("parts")
    assert said["whole"]


async def test_who_looks_on_comes_again_when_the_site_has_gone(
    node: PortalNode, ann: tuple[str, Browser]
) -> None:
    with opened(ann[1]) as stream:
        stream.until("parts")
        await node.front.site.stop()
        assert stream.next() == ("", None)
    await node.front.start_site()
    with opened(ann[1]) as stream:
        assert stream.until("parts")["whole"]
