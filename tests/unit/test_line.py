"""An attempt goes on while a report of it is judged that cannot stop it."""

import queue
from typing import Any

import pytest

from hpsearch.common.decision import Decision
from hpsearch.common.trial import Measurement, Place
from hpsearch.engine import Event, Hold, Reported, RunFound, RunWanted
from hpsearch.workers.line import MOST_UNANSWERED, Line

PLACE = Place("here", 1, "cpu")
STOP = Decision(stop=True, reason="enough")


class Driver:
    """Answers at once what waits for it, with STOP; the rest when `catch_up` is called."""

    def __init__(self) -> None:
        self.heard: list[Event] = []
        self._unanswered: list[Event] = []
        self._answers: queue.SimpleQueue[object] = queue.SimpleQueue()

    def send(self, event: Event) -> None:
        self.heard.append(event)
        self._unanswered.append(event)
        if not isinstance(event, Reported) or event.waits:
            self.catch_up()

    def recv(self) -> Any:
        return self._answers.get(timeout=300)

    def poll(self) -> bool:
        return not self._answers.empty()

    def hold(self) -> None:
        self._answers.put(Hold())

    def catch_up(self, waits_at: float = 10) -> None:
        for event in self._unanswered:
            is_free = isinstance(event, Reported) and not event.waits
            other = RunFound("run") if isinstance(event, RunWanted) else STOP
            self._answers.put(Decision(waits_at=waits_at) if is_free else other)
        self._unanswered.clear()


@pytest.fixture
def driver() -> Driver:
    return Driver()


@pytest.fixture
def line(driver: Driver) -> Line:
    line = Line(driver)
    line.begin(waits_at=10)
    return line


def report(step: int, value: float = 0.5, *, savable: bool = False) -> Reported:
    return Reported(0, (Measurement(step, {"value": value}, 0.0),), savable, PLACE)


@pytest.mark.parametrize(
    "event", [report(10), report(1, float("nan")), report(1, savable=True), RunWanted(0)], ids=str
)
def test_what_may_stop_it_or_is_asked_for_waits_and_has_its_own_answer(
    driver: Driver, line: Line, event: Reported | RunWanted
) -> None:
    for step in (-2, -1):
        assert line.exchange(report(step)) == Decision()
    answer = line.exchange(event)
    assert answer == (RunFound("run") if isinstance(event, RunWanted) else STOP)
    assert driver.heard[-1] == event and not driver.poll()


def test_a_report_below_the_step_does_not_wait_and_says_so(driver: Driver, line: Line) -> None:
    assert line.exchange(report(9)) == Decision()
    (heard,) = driver.heard
    assert isinstance(heard, Reported) and not heard.waits


def test_each_answer_moves_the_step(driver: Driver, line: Line) -> None:
    line.exchange(report(1))
    driver.catch_up(waits_at=3)
    assert line.exchange(report(2)) == Decision()
    assert line.exchange(report(3)) == STOP


def test_told_to_wait_it_waits_at_its_next_report(driver: Driver, line: Line) -> None:
    line.exchange(report(1))
    driver.hold()
    assert line.exchange(report(2)) == STOP


def test_it_runs_ahead_of_the_driver_by_so_many_reports_at_most(driver: Driver, line: Line) -> None:
    line.begin(waits_at=float("inf"))
    for step in range(MOST_UNANSWERED):
        assert line.exchange(report(step)) == Decision()
    assert line.exchange(report(MOST_UNANSWERED)) == STOP


def test_answers_to_one_attempt_do_not_reach_the_next(driver: Driver, line: Line) -> None:
    line.exchange(report(1))
    driver.catch_up(waits_at=float("inf"))
    line.begin(waits_at=0)
    assert line.exchange(report(1)) == STOP
