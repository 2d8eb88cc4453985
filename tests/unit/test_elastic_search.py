"""A search whose slots come and go, and whose attempts are asked to move."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from hpsearch.common.trial import TrialState
from hpsearch.engine import Ended, Event, Leave, Reported
from hpsearch.experiment import Experiment
from hpsearch.workers.local.pool import LocalPool
from hpsearch.workers.setup import WorkerSetup
from tests.support import Bench, make_experiment

REASON = "its machine is being drained"
UNSAVED = """\
def train(params, trial):
    for step in range(1, 4):
        trial.report(step, {"value": float(step)})
"""


class Elastic(LocalPool):
    """Calls `look` with the number of each wait and what it brought."""

    def __init__(self, experiment: Experiment, folder: Path, slots: int = 1) -> None:
        super().__init__(WorkerSetup(experiment.reference, folder, study=experiment.name))
        self.slots = slots
        self.waits = 0
        self.look: Callable[[int, Sequence[Event]], Sequence[Event]] = lambda waits, events: events

    def wait(self, seconds: float) -> Sequence[Event]:
        self.waits += 1
        return self.look(self.waits, super().wait(0.01))


def make(bench: Bench, slots: int = 1, **sections: Any) -> tuple[Experiment, Elastic]:
    experiment = make_experiment(pruner={"type": "none"}, **sections)
    return experiment, Elastic(experiment, bench.folder, slots)


def test_a_search_waits_for_its_first_slot(bench: Bench) -> None:
    experiment, pool = make(bench, slots=0)

    def look(waits: int, events: Sequence[Event]) -> Sequence[Event]:
        pool.slots = int(waits >= 3)
        return events

    pool.look = look
    records = bench._run(*bench.make(experiment, pool=pool))
    assert [record.state for record in records] == [TrialState.COMPLETE] * 4


def test_an_interrupt_ends_a_search_that_waits_for_a_slot(bench: Bench) -> None:
    experiment, pool = make(bench, slots=0)
    search, study = bench.make(experiment, pool=pool)

    def look(waits: int, events: Sequence[Event]) -> Sequence[Event]:
        if waits == 3:
            search.interrupt()
        return events

    pool.look = look
    assert not bench._run(search, study)
    assert bench.ended == "interrupted"


def test_a_search_that_loses_its_slot_with_its_last_trial_waits_for_no_other(bench: Bench) -> None:
    experiment, pool = make(bench, budget={"trials": 1})

    def look(waits: int, events: Sequence[Event]) -> Sequence[Event]:
        pool.slots = int(not any(isinstance(event, Ended) for event in events))
        return events

    pool.look = look
    (record,) = bench._run(*bench.make(experiment, pool=pool))
    assert record.state is TrialState.COMPLETE and bench.ended == "the only trial has run"


@pytest.mark.parametrize("saves", [True, False])
def test_an_attempt_that_should_leave_moves_if_a_checkpoint_saves_it(
    bench: Bench, saves: bool
) -> None:
    (bench.folder / "own.py").write_text(UNSAVED)
    own: dict[str, Any] = {} if saves else {"trainable": "own.py:train"}
    experiment, pool = make(bench, budget={"trials": 1}, **own)

    def look(_: int, events: Sequence[Event]) -> Sequence[Event]:
        is_first = any(isinstance(e, Reported) and e.measurements[-1].step == 1 for e in events)
        return [*events, Leave(0, REASON)] if is_first else events

    pool.look = look
    (record,) = bench._run(*bench.make(experiment, pool=pool))
    assert record.state is TrialState.COMPLETE
    assert [m.step for m in record.measurements if "value" in m.metrics] == [1, 2, 3]
    assert record.attempt == 1 + saves
    assert bench.notices == ([f"trial 0 moves: {REASON}"] if saves else [])
