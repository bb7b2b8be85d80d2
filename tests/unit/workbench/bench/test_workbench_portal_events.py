"""The bench of the portal: when a page shows what happened, of what its stream was sent."""

import asyncio
import json

import pytest

from workbench.bench.portal.conferences import Event, delays
from workbench.bench.portal.watching import Page

BOB, EVE = "+447700900101", "+447700900102"


def sent(number: str, says: str) -> str:
    """As web/portal/live/parts.py sends a person."""
    number_ = f'<p class="number"><bdi>{number}</bdi></p>'
    html = f'<li id="p1-1">{number_}\n<p class="what"><span class="say">{says}</span>'
    return f"event: parts\nid: 3\ndata: {json.dumps({'whole': False, 'parts': [['p1-1', html]]})}"


def test_the_delay_is_until_the_first_message_that_shows_it_on_each_page() -> None:
    pages = [
        [(1.0, sent(BOB, "in")), (2.2, sent(BOB, "in, muted")), (2.9, sent(BOB, "in, muted"))],
        [(2.5, sent(EVE, "in, muted")), (3.0, sent(BOB, "in, muted")), (4.4, sent(BOB, "in"))],
    ]
    found, missed = delays([Event(2.0, 0, BOB, on=True)], pages, [0, 0])
    assert found == pytest.approx([0.2, 1.0])
    assert missed == 0
    assert delays([Event(4.0, 0, BOB, on=False)], pages, [0, 0]) == (pytest.approx([0.4]), 1)


def test_a_page_of_another_conference_is_not_asked() -> None:
    assert delays([Event(2.0, 1, BOB, on=True)], [[]], [0]) == ([], 0)


async def test_messages_are_read_whatever_pieces_they_come_in_and_beats_are_left_out() -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    ours = b"2f\r\nevent: parts\nid: 1\ndata: {}\n\n\r\n13\r\nevent: beat\ndata:\n\n\r\n"
    theirs = b"2f\r\nevent: parts\r\nid: 2\r\ndata: {}\r\n\r\n\r\n"
    page = Page(b"")
    for octet in head + ours + theirs:
        page.data_received(bytes([octet]))
    assert page.status == 200
    assert [said.partition(b"id: ")[2][:1] for _, said in page.messages] == [b"1", b"2"]
    await asyncio.wait_for(page.first, 1)
