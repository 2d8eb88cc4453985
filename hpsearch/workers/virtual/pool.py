"""Attempts in simulated time: a clock that jumps from event to event. Nothing trains, nobody waits.

What a trial would report is known before: its `Course`. Another attempt goes on with the first
report that the one before did not make. There are no checkpoints: to commit one takes real time.
"""

import heapq
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Self, TypeVar

from hpsearch.common.decision import Decision
from hpsearch.common.trial import Measurement, Place
from hpsearch.engine import Answer, Ended, Event, Reported, Restored, Task

Result = TypeVar("Result")
End = Literal["returned", "raised", "infeasible", "crashed", "stopped"]
PLACE = Place("simulated", 0, "cpu")


class TimeIsUp(Exception):
    """The simulated clock is past the end."""


@dataclass(frozen=True)
class Course:
    """What a trial reports if nothing stops it, and how it ends.

    Each turn is a report, after what was logged since the one before; `rest` came after the last.
    """

    turns: Sequence[Sequence[Measurement]]
    how: End = "returned"
    reason: str = ""
    rest: Sequence[Measurement] = ()

    @classmethod
    def of(
        cls, measurements: Sequence[Measurement], how: End = "returned", reason: str = ""
    ) -> Self:
        """Return the course of a trial that was measured so."""
        turns: list[list[Measurement]] = []
        rest: list[Measurement] = []
        for measurement in measurements:
            rest.append(measurement)
            if measurement.source == "reported":
                turns.append(rest)
                rest = []
        return cls(turns, how, reason, rest)

    def __len__(self) -> int:
        return len(self.turns)

    def seconds(self, turn: int) -> float:
        """Return how long a turn takes; its end takes no time."""
        if turn == len(self):
            return 0.0
        before = self.turns[turn - 1][-1].seconds if turn else 0.0
        return max(0.0, self.turns[turn][-1].seconds - before)


@dataclass
class _Attempt:
    """An attempt, and the index of its next turn."""

    number: int
    course: Course
    turn: int
    is_stopped: bool = False


class VirtualPool:
    """See `ports.Pool`; raises TimeIsUp if the next event is after `seconds`."""

    def __init__(
        self, course_of: Callable[[Task], Course], *, slots: int, seconds: float = math.inf
    ) -> None:
        self.slots = self.most_slots = slots
        self.now = 0.0
        """The simulated seconds since the begin."""
        self._course_of = course_of
        self._seconds = seconds
        self._due: list[tuple[float, int]] = []
        self._attempts: dict[int, _Attempt] = {}
        self._turns: dict[int, int] = {}
        """How many turns of each trial are over."""
        self._answers: list[Event] = []

    def load(self, check: Callable[[], None] = lambda: None) -> None: ...

    def close(self) -> None: ...

    def serve(self, loop: Callable[[], Result]) -> Result:
        """Return what the loop returns."""
        return loop()

    def hold(self, number: int) -> None:
        """Do nothing: each attempt waits at each report."""

    def limit(self, slots: int) -> None:
        """Never called: nobody can ask for it."""
        raise AssertionError(slots)

    def kill(self, number: int, reason: str) -> None:
        """Never called: nothing hangs here."""
        raise AssertionError(reason)

    def start(self, task: Task) -> None:
        """Begin an attempt."""
        course = self._course_of(task)
        turn = self._turns.get(task.number, 0)
        step = course.turns[turn - 1][-1].step if turn else None
        self._attempts[task.number] = attempt = _Attempt(task.number, course, turn)
        self._answers.append(Restored(task.number, step))
        self._continue(attempt)

    def wait(self, seconds: float) -> Sequence[Event]:
        """Return the next event, with the clock at its time; nothing if asked not to wait."""
        if self._answers:
            answers, self._answers = self._answers, []
            return answers
        if not seconds or not self._due:
            return ()
        self.now, number = heapq.heappop(self._due)
        if self.now > self._seconds:
            raise TimeIsUp
        attempt = self._attempts[number]
        if attempt.turn == len(attempt.course):
            return [self._ended(attempt, attempt.course.how)]
        measurements = attempt.course.turns[attempt.turn]
        self._turns[number] = attempt.turn = attempt.turn + 1
        return [Reported(number, measurements, savable=False, place=PLACE)]

    def answer(self, number: int, answer: Answer) -> None:
        """Go on or stop."""
        if not isinstance(answer, Decision):  # nothing here asks for its run
            return
        attempt = self._attempts[number]
        attempt.is_stopped |= answer.stop
        if attempt.is_stopped:
            self._answers.append(self._ended(attempt, "stopped"))
        else:
            self._continue(attempt)

    def _continue(self, attempt: _Attempt) -> None:
        due = self.now + attempt.course.seconds(attempt.turn)
        heapq.heappush(self._due, (due, attempt.number))

    def _ended(self, attempt: _Attempt, how: End) -> Ended:
        del self._attempts[attempt.number]
        course = attempt.course
        rest = () if how == "stopped" else course.rest
        return Ended(attempt.number, how, course.reason, measurements=rest, place=PLACE)
