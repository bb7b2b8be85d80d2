"""20,000 mutated PDUs through splitter, codec, session and reader: only declared errors, nothing grows."""

import gc
import random
import tracemalloc
from collections.abc import Iterator

from smpp_samples import KINDS, sample

from usnd.smpp.link.session import Close, Send, SessionAction, SessionState, SmppSession, Take, Timers
from usnd.smpp.pdu.pdus import (
    BindTransceiver,
    BindTransceiverResp,
    DataSm,
    DeliverSm,
    Framer,
    SubmitSm,
    decode,
    encode,
)
from usnd.smpp.pdu.status import FramingError, PduError
from usnd.smpp.received import read_delivery
from usnd.smpp.text.alphabets import Alphabet

PDUS = 20_000
WINDOW = 10
MIX = (*KINDS, *(DeliverSm, DataSm, SubmitSm) * 5)


def mutated(rng: random.Random) -> bytes:
    """A PDU with a few octets changed, cut out or put in; its length is mostly right again."""
    frame = bytearray(encode(sample(rng.choice(MIX), rng)))
    for _ in range(rng.randint(0, 4)):
        pos = rng.randrange(4, len(frame))
        choice = rng.random()
        if choice < 0.6:
            frame[pos] = rng.choice((0, 1, 0x7F, 0x80, 0xFF, rng.randrange(256)))
        elif choice < 0.8 and len(frame) > 16:
            del frame[max(16, pos) :]
        else:
            frame[max(16, pos) : max(16, pos)] = rng.randbytes(rng.randint(1, 8))
    if rng.random() < 0.5:
        frame[12:16] = rng.randint(0, 30).to_bytes(4, "big")  # a number that may wait
    if rng.random() < 0.995:
        frame[:4] = len(frame).to_bytes(4, "big")
    else:
        frame[:4] = rng.choice((0, 15, 0x10000, 0x10001, 0xFFFFFFFF)).to_bytes(4, "big")
    return bytes(frame)


class Esme:
    """What a connection does, without one: after the end of a session the next begins."""

    def __init__(self) -> None:
        self.now = 0.0
        self.refused = self.sessions = self.deliveries = 0
        self.restart()

    def restart(self) -> None:
        self.framer = Framer()
        self.session = SmppSession(Timers(), WINDOW)
        self.session.bind(BindTransceiver(), self.now)
        self.session.receive(BindTransceiverResp(1), self.now)
        assert self.session.state is SessionState.BOUND
        self.sessions += 1

    def hear(self, octets: bytes) -> None:
        self.now += 0.01
        try:
            for frame in self.framer.feed(octets):
                self.act(self.receive(frame))
                self.act(self.session.tick(self.now))
        except FramingError:
            self.restart()
        if self.session.state is SessionState.CLOSED:
            self.restart()
        while len(self.session._pending) < WINDOW // 2:
            self.session.submit(SubmitSm, self.now)

    def receive(self, frame: bytes) -> list[SessionAction]:
        try:
            return self.session.receive(decode(frame), self.now)
        except PduError as error:
            self.refused += 1
            return self.session.receive_malformed(error, self.now)

    def act(self, actions: list[SessionAction]) -> None:
        for action in actions:
            if isinstance(action, Send):
                encode(action.pdu)
            elif isinstance(action, Take):
                self.deliveries += 1
                read_delivery(action.pdu, "north", "bind-1", Alphabet.GSM7)
                self.act(self.session.answer(action.pdu, 0))
            elif isinstance(action, Close):
                assert self.session.state is SessionState.CLOSED
        assert len(self.session._pending) <= WINDOW + 1
        assert len(self.framer._buffer) <= 0x10000


def stream(rng: random.Random, pdus: int) -> Iterator[bytes]:
    """Mutated PDUs, mostly whole, sometimes in two reads or two in one."""
    for _ in range(pdus):
        octets = mutated(rng)
        cut = rng.randrange(len(octets)) if rng.random() < 0.2 else len(octets)
        yield octets[:cut]
        if cut < len(octets):
            yield octets[cut:]


def test_mutated_pdus_raise_only_what_is_declared_and_nothing_grows() -> None:
    rng = random.Random(20_000)
    esme = Esme()
    for octets in stream(rng, PDUS // 4):  # what is made once is made here
        esme.hear(octets)
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        for octets in stream(rng, PDUS - PDUS // 4):
            esme.hear(octets)
        gc.collect()
        after, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < 100_000  # an unfinished PDU of 64 KiB may be among it
    assert peak - before < 1_000_000
    # The mutations were neither all refused nor all harmless.
    assert esme.refused > PDUS // 20
    assert esme.deliveries > PDUS // 20
    assert esme.sessions > 10
