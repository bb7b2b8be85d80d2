"""Where the voice edge's news goes: to the conference that a call is in, or to dial-in while it is in none.

Called by services/media_server/availability.py, in the loop. A call that nobody knows is released.
"""

from collections.abc import Coroutine
from datetime import datetime

from usnd.asterisk.calls import Calls
from usnd.asterisk.progress import Digit, IncomingCall, News, PinEntered, Talking
from usnd.domain.conference.call import SIGNS_OF_LIFE, CallEvent, CallNews
from usnd.domain.conference.model import Conference
from usnd.domain.recording.control import open_recorders
from usnd.domain.recording.files import RecorderNews, RecordEvent
from usnd.services.conference.conferences import Conferences
from usnd.services.dial_in.admission import DialIn

_OUT_OF_THE_ROOM = frozenset({CallEvent.LEFT, CallEvent.ENDED})


class CallRouter:
    """The conferences and dial-in, as the voice edge sees them."""

    def __init__(self, conferences: Conferences, dial_in: DialIn, calls: Calls) -> None:
        self._conferences = conferences
        self._dial_in = dial_in
        self._calls = calls

    @property
    def live(self) -> tuple[Conference, ...]:
        """Every live conference as it is now."""
        return self._conferences.live

    @property
    def voice_up(self) -> bool:
        """Calls can be placed now."""
        return self._conferences.voice_up

    @property
    def waiting(self) -> frozenset[str]:
        """The calls that came in and are in no conference."""
        return self._dial_in.waiting

    def hear(self, news: News) -> None:
        """Takes what was heard of a call."""
        conference = self._conferences.of_call(news.call)
        match news:
            case IncomingCall():
                self._dial_in.came(news)
                self._begin(self._dial_in.receive(news.call))
            case PinEntered():
                self._begin(self._dial_in.entered(news))
            case _ if conference is not None:
                self._hear_in(conference, news)
            case Digit():
                self._begin(self._dial_in.pressed(news))
            case CallNews(_, CallEvent.ENDED):  # a call in that reached no conference
                self._dial_in.gone(news.call)
                self._conferences.forget([news.call])
            case CallNews():
                if news.event in SIGNS_OF_LIFE and not self._dial_in.knows(news.call):
                    self._conferences.release(news.call)

    def _hear_in(self, conference: int, news: CallNews | Digit | Talking) -> None:
        """Of a call that is in a conference."""
        match news:
            case Digit():
                self._conferences.press(conference, news)
            case Talking():
                self._conferences.pictures.talks(conference, news.call, on=news.on)
            case CallNews():
                if news.event in _OUT_OF_THE_ROOM:
                    self._conferences.pictures.leaves(news.call)
                self._conferences.apply(conference, news)

    def hear_recorder(self, news: RecorderNews) -> None:
        """Takes what was heard of a recorder."""
        self._conferences.hear_recorder(news)

    def lose_calls(self, at: datetime) -> None:
        """Asterisk died at that time, and every call with it."""
        self._dial_in.gone(*self._dial_in.waiting)
        self._conferences.lose_calls(at)

    def stop_placing(self) -> None:
        """The voice link is down: calls that are not placed yet wait for the next survey."""
        self._conferences.pictures.nobody_is_heard()
        self._conferences.stop_placing()

    async def survey(self, started: datetime | None = None) -> None:
        """Asks Asterisk what became of every call, and goes on from there (REQUIREMENTS C11).

        started: when this Asterisk did, if it says so.
        """
        live = self._conferences.live
        known = [(conference.id, call) for conference in live for call in conference.calls]
        expected = {recorder for conference in live for recorder in open_recorders(conference)}
        waiting = self._dial_in.waiting
        found = await self._calls.survey()
        self._dial_in.gone(*(waiting - found.live.keys()))
        self._conferences.go_on_from(found, known, started)
        for recorder in expected - found.recorders.keys():
            self.hear_recorder(RecorderNews(recorder, RecordEvent.MISSING))
        for recorder, in_room in found.recorders.items():
            if in_room or recorder not in expected:
                self.hear_recorder(RecorderNews(recorder, RecordEvent.BEGUN))
        self._conferences.resume(found.live.keys())
        settled = found.settled.keys() - {call.id for _, call in known if call.live}
        await self._calls.forget(settled)

    def _begin(self, work: Coroutine[None, None, None]) -> None:
        self._conferences.spawn(work)
