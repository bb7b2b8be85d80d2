"""The link against an SMSC that is neither ours nor a library's, and says what none of those would."""

import asyncio
import time

import pytest
from raw_smsc import RawSmsc, deliver_sm, tlv
from smpp_daemon import OK, Daemon, StartLink

from usnd.smpp.link.session import Timers
from usnd.smpp.link.settings import BindKind
from usnd.smpp.pdu.status import CommandStatus as S
from usnd.smpp.text.alphabets import Alphabet

TEXT = b"IC Bob"
RECEIPT = b"id:17 sub:001 dlvrd:001 submit date:2601010000 done date:2601010001 stat:DELIVERED err:000 text:"


@pytest.mark.parametrize(
    ("body", "oddity"),
    [
        (deliver_sm(TEXT, tail=b"\0"), "octets behind the last TLV"),
        (deliver_sm(TEXT, tail=tlv(0x0204, b"\1")), "a TLV of another length"),
        (deliver_sm(TEXT, tail=tlv(0x0204, b"\0\1")[:-1]), "a cut-off TLV"),
        (deliver_sm(TEXT, tail=tlv(0x0424, TEXT)), "short_message and message_payload"),
        (deliver_sm(TEXT, service_type=b"SIXSIX"), "a long service_type"),
        (deliver_sm(b"\5\0\3\7\3\5" + TEXT, esm_class=0x40), "a part that cannot be"),
        (deliver_sm(TEXT + b"\0", data_coding=1), "nul behind the text"),
        (deliver_sm(TEXT, tail=tlv(0x1400, b"vendor")[:-1]), "a cut-off TLV"),
        (deliver_sm(TEXT, esm_class=0x0C), "an unknown message type in esm_class"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_an_odd_text_is_read_and_the_oddity_counted(
    started: StartLink, body: bytes, oddity: str
) -> None:
    async with RawSmsc() as smsc, started(smsc.port) as daemon:
        await daemon.bound()
        assert [await smsc.ask(body) for _ in range(2)] == [OK, OK]
        assert [(text.sender, text.body) for text in daemon.texts] == [("+447700900001", "IC Bob")] * 2
        assert daemon.link.counters.oddities == {oddity: 2}


async def test_a_text_of_which_half_a_character_came_is_marked_as_cut(started: StartLink) -> None:
    async with RawSmsc() as smsc, started(smsc.port) as daemon:
        await daemon.bound()
        for text, cut in (("UD Ann", False), ("UD Bob", True)):
            octets = text.encode("utf-16-be")
            assert await smsc.ask(deliver_sm(octets[:-1] if cut else octets, data_coding=8)) == OK
        assert [(text.body, text.cut) for text in daemon.texts] == [("UD Ann", False), ("UD Bo", True)]
        assert daemon.link.counters.oddities == {"half a character behind the text": 1}


async def test_a_text_shorter_than_its_length_is_taken_as_cut(started: StartLink) -> None:
    async with RawSmsc() as smsc, started(smsc.port) as daemon:
        await daemon.bound()
        assert await smsc.ask(deliver_sm(TEXT, length=60)) == OK
        assert [(text.body, text.cut) for text in daemon.texts] == [(TEXT.decode(), True)]
        assert daemon.link.counters.oddities == {"a text shorter than its length says": 1}


@pytest.mark.parametrize(("ends_with_nul", "body"), [(False, "SB bob: @@"), (True, "SB bob: @")])
async def test_a_final_sign_stays_unless_the_smsc_ends_its_texts_with_nul(
    started: StartLink, body: str, *, ends_with_nul: bool
) -> None:
    async with RawSmsc() as smsc, started(smsc.port, mo_ends_with_nul=ends_with_nul) as daemon:
        await daemon.bound()
        assert await smsc.ask(deliver_sm(b"SB bob: \0\0")) == OK
        assert [text.body for text in daemon.texts] == [body]


async def test_what_cannot_be_understood_is_refused_counted_and_said_once(
    started: StartLink, capsys: pytest.CaptureFixture[str]
) -> None:
    async with RawSmsc() as smsc, started(smsc.port) as daemon:
        await daemon.bound()
        unclear = deliver_sm(TEXT, length=len(TEXT) - 1)
        assert [await smsc.ask(unclear) for _ in range(3)] == [S.ESME_RINVOPTPARSTREAM] * 3
        assert daemon.texts == []
        assert daemon.link.counters.oddities == {"refused, ESME_RINVOPTPARSTREAM": 3}
        assert await smsc.ask(deliver_sm(TEXT)) == OK
        assert capsys.readouterr().out.count("a delivery cannot be read") == 1


async def test_a_receipt_without_its_type_is_a_receipt(started: StartLink) -> None:
    async with RawSmsc() as smsc, started(smsc.port) as daemon:
        await daemon.bound()
        assert await smsc.ask(deliver_sm(RECEIPT)) == OK
        assert await smsc.ask(deliver_sm(RECEIPT, data_coding=8, esm_class=4)) == OK
        assert await smsc.ask(deliver_sm(b"", tail=tlv(0x001E, b"17\0") + tlv(0x0427, b"\2"))) == OK
        assert daemon.texts == []
        assert [(one.message_id, one.stat.upper()[:5]) for one in daemon.receipts] == [("17", "DELIV")] * 3


@pytest.mark.parametrize(
    ("mo_alphabet", "octets"),
    [
        (Alphabet.UTF8, "IC Zoë".encode()),
        (Alphabet.UCS2, "IC Zoë".encode("utf-16-be")),
        (Alphabet.LATIN1, "IC Zoë".encode("latin-1")),
        (None, b"IC Zo\x1b\x65"),
    ],
)
async def test_data_coding_0_is_read_as_the_bind_says(
    started: StartLink, mo_alphabet: Alphabet | None, octets: bytes
) -> None:
    async with RawSmsc() as smsc, started(smsc.port, mo_alphabet=mo_alphabet) as daemon:
        await daemon.bound()
        assert await smsc.ask(deliver_sm(octets)) == OK
        assert daemon.texts[0].body == ("IC Zoë" if mo_alphabet else "IC Zo€")


async def answered(smsc: RawSmsc, daemon: Daemon) -> None:
    """Until the SMSC has shown that it read what was answered: it is asked within a second."""
    before = smsc.enquiries
    await daemon.until(lambda: smsc.enquiries > before)
    await asyncio.sleep(0.1)


@pytest.mark.parametrize("kind", [BindKind.TRANSCEIVER, BindKind.RECEIVER])
async def test_what_the_smsc_has_read_in_time_is_not_repeated(started: StartLink, kind: BindKind) -> None:
    async with RawSmsc() as smsc, started(smsc.port, bind=kind) as daemon:
        await daemon.bound()
        assert await smsc.ask(deliver_sm(TEXT)) == OK
        await answered(smsc, daemon)
        assert await smsc.ask(deliver_sm(TEXT)) == OK
        assert [text.repeated for text in daemon.texts] == [False, False]


async def test_what_the_smsc_has_not_read_may_be_repeated(started: StartLink) -> None:
    async with RawSmsc() as smsc, started(smsc.port) as daemon:
        await daemon.bound()
        smsc.lag = 0.5
        assert await smsc.ask(deliver_sm(TEXT)) == OK
        smsc.lag = 0.0  # it had sent this before it read the answer
        assert await smsc.ask(deliver_sm(TEXT)) == OK
        assert await smsc.ask(deliver_sm(b"IC Ann")) == OK
        assert [text.repeated for text in daemon.texts] == [False, True, False]


async def test_what_the_smsc_read_too_late_may_be_repeated(started: StartLink) -> None:
    async with RawSmsc() as smsc, started(smsc.port, repeats_after=0.3) as daemon:
        await daemon.bound()

        async def slowly(_: object) -> S:
            await asyncio.sleep(0.5)
            return OK

        daemon.settle = slowly
        assert await smsc.ask(deliver_sm(TEXT)) == OK
        await answered(smsc, daemon)
        daemon.settle = None
        assert await smsc.ask(deliver_sm(TEXT)) == OK
        assert [text.repeated for text in daemon.texts] == [False, True]


async def test_the_same_sequence_number_is_the_same_text(started: StartLink) -> None:
    async with RawSmsc() as smsc, started(smsc.port) as daemon:
        await daemon.bound()
        for _ in range(2):
            assert await smsc.ask(deliver_sm(TEXT), sequence=77) == OK
            await answered(smsc, daemon)
        assert await smsc.ask(deliver_sm(TEXT), sequence=78) == OK
        assert [text.repeated for text in daemon.texts] == [False, True, False]


async def test_a_text_that_lay_unread_is_known_to_have_waited(started: StartLink) -> None:
    """The process hangs: when it wakes, it cannot know since when that was there."""
    async with RawSmsc() as smsc, started(smsc.port, timers=Timers(5, 5, 5, 1)) as daemon:
        await daemon.bound()
        await asyncio.sleep(0.6)
        asking = asyncio.create_task(smsc.ask(deliver_sm(TEXT)))
        await asyncio.sleep(0)

        def hang() -> None:

            time.sleep(1.5)

        hang()
        assert await asking == OK
        assert daemon.texts[0].waited > 1.4
        await asyncio.sleep(1)
        assert await smsc.ask(deliver_sm(b"IC Ann")) == OK
        assert daemon.texts[1].waited < daemon.texts[0].waited
