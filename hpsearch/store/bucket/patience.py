"""How long a store that does not answer is waited for: briefly at first, long during a search."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from obstore.exceptions import BaseError

from hpsearch.common.errors import SearchFailed, UserError
from hpsearch.store.bucket import faults
from hpsearch.store.bucket.answers import first_line, refusal

FIRST_PAUSE, LONGEST_PAUSE = 0.1, 5.0
"""Seconds between two tries; each pause is twice the one before."""

TELL_SECONDS = 2.0
"""A store that is back sooner is not worth a word."""

T = TypeVar("T")


class Patience:
    """Repeats what fails for a while, and says once what it waits for.

    Before a search a refusal is final at once. During it everything is tried again: credentials
    are renewed and servers come back. All of it runs in the one thread of `loop.py`.
    """

    BEFORE_SECONDS, DURING_SECONDS, END_SECONDS = 10.0, 120.0, 5.0

    def __init__(self, address: str) -> None:
        self._address = address
        self._is_away = self._gave_up = False
        self._away_since: float | None = None
        self.seconds = self.BEFORE_SECONDS
        self.notify: Callable[[str], None] = lambda text: None

    def give_up(self) -> None:
        """Try nothing a second time, until the store answers again."""
        self._gave_up = True

    async def __call__(self, request: Callable[[], Awaitable[T]]) -> T:
        """Return what the request returns; raises UserError or SearchFailed in the end."""
        began, pause = time.monotonic(), FIRST_PAUSE
        while True:
            try:
                answer = await request()
            except FileNotFoundError as error:
                if refusal(self._address, error) is None:
                    raise
                problem: BaseException = error
            except (BaseError, OSError) as error:
                problem = error
            else:
                self._tell_back()
                return answer
            waited = time.monotonic() - began
            self._away_since = self._away_since or began
            if waited + pause > self.seconds or not self._may_wait(problem):
                self.give_up()
                raise self._failure(problem, time.monotonic() - self._away_since)
            if waited >= TELL_SECONDS:
                self._tell_away(problem)
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    def _may_wait(self, error: BaseException) -> bool:
        """Return whether to try again; once it was given up, nothing else waits."""
        if self._gave_up:
            return False
        return self.seconds >= self.DURING_SECONDS or refusal(self._address, error) is None

    def _failure(self, error: BaseException, seconds: float) -> UserError | SearchFailed:
        refused, problem = refusal(self._address, error), first_line(error)
        if self.seconds < self.DURING_SECONDS:
            return UserError(refused or faults.store_away(self._address, problem, seconds))
        return SearchFailed(faults.search_cut_off(self._address, problem, seconds))

    def _tell_away(self, error: BaseException) -> None:
        if not self._is_away:
            self._is_away = True
            self.notify(
                f"{self._address} does not answer ({first_line(error)}); "
                f"trying again for up to {self.seconds:.0f} s"
            )

    def _tell_back(self) -> None:
        self._gave_up, self._away_since = False, None
        if self._is_away:
            self._is_away = False
            self.notify(f"{self._address} answers again")
