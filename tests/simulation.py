"""A search of formulas in simulated time: real loop, study and strategies, no trainable."""

from collections.abc import Callable, Mapping
from typing import Any

from hpsearch.common.trial import Measurement
from hpsearch.engine import Parts, Search, Task
from hpsearch.experiment import Experiment
from hpsearch.store import StudyStore, open_store
from hpsearch.strategies import OptunaStudy
from hpsearch.workers import Course, VirtualPool
from tests.support import Memory, make_experiment

STEPS = 9


def course(task: Task) -> Course:
    """Return the course of a trial whose steps take the longer, the larger `x` is."""
    x, seconds = task.params["x"], 2 + abs(task.params["x"])
    values = (-((x - 1) ** 2) - 3 / step for step in range(1, STEPS + 1))
    return Course.of(
        [Measurement(n, {"value": v}, n * seconds) for n, v in enumerate(values, start=1)]
    )


def simulate(
    sections: Mapping[str, Any],
    *,
    slots: int,
    course_of: Callable[[Task], Course] = course,
    heard: Memory | None = None,
) -> tuple[StudyStore, Experiment]:
    """Search, and return the study and its experiment."""
    experiment = make_experiment(**{"budget": {"trials": 20}, **sections})
    stored = open_store("memory://").study(experiment.name)
    study = OptunaStudy(stored, experiment)
    pool = VirtualPool(course_of, slots=slots)
    listeners = [heard] if heard is not None else []
    parts = Parts(study, pool, stored.checkpoints, stored.artifacts, listeners=listeners)
    Search(experiment, parts).run()
    study.close()
    return stored, experiment
