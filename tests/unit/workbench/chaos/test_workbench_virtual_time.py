"""The loop of the month: time passes when nobody has anything to do, and never while a thread works."""

import asyncio
import threading

from workbench.chaos.billing.virtual_time import VirtualLoop


def test_days_of_timers_pass_in_their_order() -> None:
    loop, came = VirtualLoop(), list[tuple[str, float]]()

    async def sleeper(name: str, seconds: float) -> None:
        await asyncio.sleep(seconds)
        came.append((name, round(loop.time())))

    async def all_of_them() -> None:
        await asyncio.gather(sleeper("week", 7 * 86_400), sleeper("second", 1), sleeper("day", 86_400))

    try:
        loop.run_until_complete(all_of_them())
    finally:
        loop.close()
    assert came == [("second", 1), ("day", 86_400), ("week", 604_800)]


def test_while_a_thread_works_no_timer_comes() -> None:
    loop, came, goes_on = VirtualLoop(), list[str](), threading.Event()

    async def main() -> None:
        loop.call_later(1, came.append, "timer")
        answer: asyncio.Future[None] = loop.create_future()

        def work() -> None:
            goes_on.wait()
            loop.call_soon_threadsafe(answer.set_result, None)

        thread = threading.Thread(target=work)
        thread.start()
        with loop.standing_still():
            loop.call_soon(goes_on.set)
            await answer
        came.append("answer")
        thread.join()
        await asyncio.sleep(2)

    try:
        loop.run_until_complete(main())
    finally:
        loop.close()
    assert came == ["answer", "timer"]
