"""All live pages that are open, and the pictures of conferences that usnd gives for them.

streams.py lets pages in. While at least one is open, usnd is followed; each page is sent what changes for its
subscriber. A page that does not read is sent nothing, and then the newest. Everything here is in the event
loop, and nothing waits for a page.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import structlog

from usnd.domain.conference.picture import Picture, current
from usnd.web.control_line import NoResult, followed
from usnd.web.portal.live.parts import Parts, Render
from usnd.web.portal.reports.times import times_in
from usnd.web.portal.words import Language

_SILENCE = 15.0
"""Seconds after which a usnd that says nothing is as one that is not there."""
_AGAIN = 0.5
"""Seconds until it is asked again."""
AWAY = b"event: away\ndata:\n\n"
"""usnd is not there: what is shown may be out of date."""
BEAT = b"event: beat\ndata: 6000\n\n"
"""All is as it was; a page that hears nothing more for so many ms is cut off. While a conference runs."""
CALM_BEAT = b"event: beat\ndata: 25000\n\n"
"""The same while none does."""
SIGNED_OUT = b"event: signed-out\ndata:\n\n"


class Pushed(Protocol):
    """A connection to a page."""

    def push(self, octets: bytes) -> bool:
        """Sends it, if the page has taken what came before."""
        ...


@dataclass(frozen=True, slots=True)
class Looker:
    """Whose page it is. digest: of their session's token."""

    subscriber: int
    language: Language
    time_zone: str
    digest: str


class LivePage:
    """One that is open."""

    __slots__ = ("_connection", "_parts", "_said", "looker")

    def __init__(self, looker: Looker, parts: Parts, connection: Pushed) -> None:
        self.looker = looker
        self._parts, self._connection = parts, connection
        self._said: int | None = None
        """The version that it was sent last, 0: none; None: that there is none to be had."""

    def tell(self, *, away: bool) -> None:
        """Sends what it does not know yet."""
        if away:
            if self._said is not None and self._connection.push(AWAY):
                self._said = None
        elif self._said != self._parts.version and self._connection.push(self._parts.since(self._said or 0)):
            self._said = self._parts.version

    def beat(self, octets: bytes) -> None:
        """BEAT or CALM_BEAT."""
        self._connection.push(octets)

    def end(self) -> None:
        """That the session has ended. One that does not read learns it when it comes again."""
        self._connection.push(SIGNED_OUT)


class Hub:
    """Of one site. control: usnd's socket. render: a template in a language."""

    def __init__(self, control: Path, render: Callable[[str, Language, Mapping[str, object]], str]) -> None:
        self._control, self._render = control, render
        self._pages = dict[int, dict[str, tuple[Parts, set[LivePage]]]]()
        """By subscriber and language."""
        self._pictures = dict[int, dict[int, Picture]]()
        """By subscriber and conference."""
        self._away = True
        self._following: asyncio.Task[None] | None = None
        self._log = structlog.get_logger("usnd.web")

    def beat(self, *, calm: bool) -> None:
        """Every two seconds. calm: also to pages on which nothing runs, which are told so less often."""
        for subscriber, languages in self._pages.items():
            runs = self.runs(subscriber)
            if runs or calm:
                for _, pages in languages.values():
                    for page in pages:
                        page.beat(BEAT if runs else CALM_BEAT)

    @property
    def pages(self) -> Iterator[LivePage]:
        """All that are open."""
        for languages in self._pages.values():
            for _, pages in languages.values():
                yield from pages

    def count_of(self, subscriber: int) -> int:
        """How many pages they have open."""
        return sum(len(pages) for _, pages in self._pages.get(subscriber, {}).values())

    def runs(self, subscriber: int) -> bool:
        """Whether a conference of theirs does, as far as is known."""
        picture = self._picture(subscriber)
        return picture is not None and not picture.over

    def open(self, looker: Looker, connection: Pushed) -> LivePage:
        """One more; it is told how things are."""
        languages = self._pages.setdefault(looker.subscriber, {})
        if looker.language.code not in languages:
            parts = Parts(self._in(looker.language), times_in(looker.time_zone).zone)
            parts.show(self._picture(looker.subscriber))
            languages[looker.language.code] = (parts, set())
        parts, pages = languages[looker.language.code]
        page = LivePage(looker, parts, connection)
        pages.add(page)
        if self._following is None:
            self._following = asyncio.create_task(self._follow())
        self.tell(page)
        return page

    def close(self, page: LivePage) -> None:
        """It has gone; after the last one usnd is followed no more."""
        subscriber, code = page.looker.subscriber, page.looker.language.code
        languages = self._pages[subscriber]
        languages[code][1].discard(page)
        if not languages[code][1]:
            del languages[code]
        if not languages:
            del self._pages[subscriber]
        if not self._pages:
            self.stop()

    def stop(self) -> None:
        """Nobody looks on any more."""
        if self._following is not None:
            self._following.cancel()
            self._following = None
        self._away = True
        self._pictures.clear()

    def tell(self, page: LivePage) -> None:
        """What it does not know yet."""
        page.tell(away=self._away)

    def _in(self, language: Language) -> Render:
        return lambda template, values: self._render(template, language, values)

    def _picture(self, subscriber: int) -> Picture | None:
        return current([*self._pictures.get(subscriber, {}).values()])

    async def _follow(self) -> None:
        while True:
            try:
                async with aclosing(followed(self._control, _SILENCE)) as lots:
                    self._begin(await anext(lots))
                    async for lot in lots:
                        self._take(lot)
            except NoResult as error:
                self._lose(str(error))
            except Exception:  # noqa: BLE001 # the one place for what nobody foresaw
                self._log.error("unforeseen error in live pages", exc_info=True)
                self._lose("see the line before")
            await asyncio.sleep(_AGAIN)

    def _begin(self, all_of_them: tuple[Picture, ...]) -> None:
        """What usnd does not name is over."""
        self._pictures.clear()
        self._keep(all_of_them)
        self._away = False
        self._log.info("live pages follow usnd", conferences=len(all_of_them))
        for subscriber in self._pages:
            self._show(subscriber)

    def _take(self, lot: tuple[Picture, ...]) -> None:
        for subscriber in self._keep(lot):
            self._show(subscriber)

    def _keep(self, lot: tuple[Picture, ...]) -> set[int]:
        """Those whose they are. What is over is kept for those who look at it, until there is another."""
        for one in lot:
            theirs = self._pictures.setdefault(one.subscriber, {})
            theirs[one.conference] = one
            for other in [
                each for each in theirs.values() if each.over and each is not current([*theirs.values()])
            ]:
                del theirs[other.conference]
            if one.over and one.subscriber not in self._pages:
                theirs.pop(one.conference, None)
            if not theirs:
                del self._pictures[one.subscriber]
        return {one.subscriber for one in lot}

    def _show(self, subscriber: int) -> None:
        picture = self._picture(subscriber)
        for parts, pages in self._pages.get(subscriber, {}).values():
            parts.show(picture)
            for page in pages:
                page.tell(away=False)

    def _lose(self, why: str) -> None:
        if self._away:
            return
        self._away = True
        self._log.warning("live pages cannot follow usnd", error=why)
        for page in self.pages:
            page.tell(away=True)
