"""What several tests need: trainables, experiments over them, a listener that remembers."""

from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from pathlib import Path

from hpsearch.common.decision import Decision
from hpsearch.common.errors import SearchFailed
from hpsearch.common.trial import Measurement, TrialRecord
from hpsearch.engine import Ended, Event, Parts, Reported, Search
from hpsearch.experiment import Experiment
from hpsearch.store.folder import FolderStudy
from hpsearch.strategies import OptunaStudy, read_study
from hpsearch.workers.local.pool import LocalPool
from hpsearch.workers.setup import WorkerSetup

TRAINABLES = '''\
"""One trainable for each way in which a trial can go."""

import argparse
import math
import os
import sys
import time
from dataclasses import dataclass


@dataclass(frozen=True)
class Params:
    x: float = 0.0
    steps: int = 3


def quadratic(params: Params, trial) -> None:
    start = 0
    if trial.checkpoint is not None:
        start = int((trial.checkpoint / "step").read_text())
    for step in range(start + 1, params.steps + 1):
        value = -((params.x - 1) ** 2) - 1 / step
        trial.log(step, {"extra": float(step)})
        trial.report(
            step,
            {"value": value, "other": params.x},
            checkpoint=lambda folder: (folder / "step").write_text(str(step)),
        )


def worse_at_the_end(params: Params, trial) -> None:
    for step, value in enumerate([1.0, 3.0, 2.0]):
        trial.report(step, {"value": value})


def prints(params: Params, trial) -> None:
    print(f"hello from trial {trial.number}")
    os.system("echo hello from its child")
    trial.report(1, {"value": params.x})
    print("after its report")


def parses(params: Params, trial) -> None:
    argparse.ArgumentParser("train.py").parse_args(["--bad-option"])


def says_why(params: Params, trial) -> None:
    sys.exit("no data in /data/set")


def raises(params: Params, trial) -> None:
    raise RuntimeError("no such luck")


def raises_after_a_report(params: Params, trial) -> None:
    trial.report(1, {"value": 0.0})
    raise RuntimeError("no such luck")


def says_nothing(params: Params, trial) -> None: ...


def reports_nan(params: Params, trial) -> None:
    trial.report(1, {"value": 1.0})
    trial.report(2, {"value": math.nan})


def reports_text(params: Params, trial) -> None:
    trial.report(1, {"value": "high"})


def reports_backwards(params: Params, trial) -> None:
    trial.report(2, {"value": 1.0})
    trial.report(1, {"value": 1.0})


def lacks_the_objective(params: Params, trial) -> None:
    trial.report(1, {"valu": 1.0})


def swallows_the_stop(params: Params, trial) -> None:
    for step in range(params.steps):
        try:
            trial.report(step, {"value": float(-step)})
        except BaseException:
            pass


def leaves_files(params: Params, trial) -> None:
    (trial.artifacts / "note.txt").write_text(f"trial {trial.number}")
    (trial.scratch / "rubbish").write_text("rubbish")
    trial.report(1, {"value": 1.0})


def tells_its_surroundings(params: Params, trial) -> None:
    trial.report(1, {"value": 0.0, "threads": trial.threads, "seed": trial.seed})


def dies(params: Params, trial) -> None:
    os._exit(7)


def dies_once(params: Params, trial) -> None:
    if trial.checkpoint is None:
        save = lambda folder: (folder / "step").write_text("1")
        trial.report(1, {"value": 1.0}, checkpoint=save)
        trial.report(2, {"value": 2.0})
        os._exit(7)
    trial.report(2, {"value": 20.0})
    trial.report(3, {"value": 3.0})


def hangs(params: Params, trial) -> None:
    trial.report(1, {"value": 1.0})
    time.sleep(600)
'''


def write_trainables(folder: Path) -> Path:
    """Write the trainables into a folder and return it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "samples.py").write_text(TRAINABLES)
    return folder


def make_experiment(function: str = "quadratic", **sections: object) -> Experiment:
    """Return an experiment over one of the trainables."""
    given = {
        "name": "sample",
        "trainable": f"samples.py:{function}",
        "objective": {"metric": "value", "direction": "maximize"},
        "space": {"x": {"type": "float", "low": -5.0, "high": 5.0}},
        "budget": {"trials": 4},
        **sections,
    }
    return Experiment.model_validate(given)


class Memory:
    """A listener that remembers all it heard."""

    def __init__(self) -> None:
        self.begun: list[TrialRecord] = []
        self.points: list[tuple[int, Measurement]] = []
        self.paused_records: list[TrialRecord] = []
        self.done: list[TrialRecord] = []

    def started(self, record: TrialRecord) -> None:
        self.begun.append(record)

    def measured(self, record: TrialRecord, measurements: Sequence[Measurement]) -> None:
        self.points.extend((record.number, one) for one in measurements)

    def paused(self, record: TrialRecord) -> None:
        self.paused_records.append(record)

    def finished(self, record: TrialRecord) -> None:
        self.done.append(record)


def search_on_ray(
    experiment: Experiment, folder: Path, notify: Callable[[str], None] = lambda text: None
) -> list[TrialRecord]:
    """Search over the trainable in a folder, on the Ray that runs; all is closed in the end."""
    from hpsearch.workers.ray.pool import RayPool  # here: few tests need Ray

    stored = FolderStudy(folder / "study")
    study = OptunaStudy(stored, experiment)
    pool = RayPool.of(experiment, folder, verbose=False, notify=notify)
    try:
        Search(
            experiment,
            Parts(
                study=study,
                pool=pool,
                checkpoints=stored.checkpoints,
                artifacts=stored.artifacts,
                listeners=[Memory()],
                notify=notify,
            ),
        ).run()
        return list(study.records())
    finally:
        pool.close()
        study.close()


class Interrupter(Memory):
    """Interrupts a search at its first report."""

    search: Search

    def measured(self, record: TrialRecord, measurements: Sequence[Measurement]) -> None:
        self.search.interrupt()


class Bench:
    """A search in this process over the sample trainables, that can be run again and again."""

    def __init__(self, folder: Path) -> None:
        self.folder = write_trainables(folder)
        self.stored = FolderStudy(folder / "study")
        self.stored.layout.root.mkdir()
        self.paths = self.stored.layout
        self.store = self.stored.checkpoints
        self.heard = Memory()
        self.notices: list[str] = []
        self.search: Search | None = None

    def make(
        self, experiment: Experiment, *listeners: Memory, pool: LocalPool | None = None
    ) -> tuple[Search, OptunaStudy]:
        study = OptunaStudy(self.stored, experiment)
        search = Search(
            experiment,
            Parts(
                study=study,
                pool=pool or LocalPool.of(experiment, self.folder),
                checkpoints=self.store,
                artifacts=self.stored.artifacts,
                listeners=[self.heard, *listeners],
                logs=self.stored.logs(experiment.privacy),
                notify=self.notices.append,
            ),
        )
        return search, study

    def run(self, function: str = "quadratic", **sections: object) -> list[TrialRecord]:
        return self._run(*self.make(make_experiment(function, **sections)))

    def run_code(
        self, code: str, lost: Collection[int] = (), **sections: object
    ) -> list[TrialRecord]:
        """Search over the `train` of some code; the events of the numbers in `lost` are lost."""
        (self.folder / "own.py").write_text(code)
        experiment = make_experiment("own", trainable="own.py:train", **sections)
        return self._run(*self.make(experiment, pool=Losing(experiment, self.folder, lost)))

    def failing(self, code: str) -> TrialRecord:
        """Search over the `train` of some code that fails in the only trial; return that."""
        with suppress(SearchFailed):
            self.run_code(code, budget={"trials": 1})
        (record,) = read_study(self.stored, make_experiment())
        return record

    def interrupted(self, code: str, **sections: object) -> TrialRecord:
        """Interrupt a search over some code at its first report; return its only trial."""
        (self.folder / "own.py").write_text(code)
        interrupter = Interrupter()
        search, study = self.make(
            make_experiment("own", trainable="own.py:train", **sections), interrupter
        )
        interrupter.search = search
        (record,) = self._run(search, study)
        return record

    def _run(self, search: Search, study: OptunaStudy) -> list[TrialRecord]:
        try:
            self.ended = search.run()
        finally:
            study.close()
        return list(study.records())


class Losing(LocalPool):
    """Loses attempts: some of the reports and ends, counted from 0, are the loss of the worker."""

    def __init__(self, experiment: Experiment, folder: Path, lost: Collection[int]) -> None:
        setup = WorkerSetup(experiment.reference, folder, "cpu", 1, study=experiment.name)
        super().__init__(setup)
        self._lost = lost
        self._count = -1

    def wait(self, seconds: float) -> Sequence[Event]:
        return [one for event in super().wait(seconds) for one in self._or_lost(event)]

    def _or_lost(self, event: Event) -> list[Event]:
        """Return the event, or the loss, after the checkpoint that was on its way."""
        if not isinstance(event, Reported | Ended):
            return [event]
        self._count += 1
        if self._count not in self._lost:
            return [event]
        before: list[Event] = []
        while not isinstance(event, Ended):
            if isinstance(event, Reported):
                self.answer(event.number, Decision(stop=True, reason="lost"))
            else:
                before.append(event)
            (event,) = super().wait(0)
        return [*before, Ended(event.number, "lost", "its worker is gone")]
