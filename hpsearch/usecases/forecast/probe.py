"""A few trials of an experiment in a study that is thrown away, to see what one takes.

They train to the end: nothing stops them early, and their hyperparameters are random. MLflow and
other recorders do not hear of them.
"""

import socket
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from hpsearch.common.errors import cleaned
from hpsearch.common.shared_change import PROCESS
from hpsearch.common.trial import Measurement, Place, TrialRecord
from hpsearch.engine import Display, Parts, Pool, Search
from hpsearch.experiment import Experiment, change_experiment
from hpsearch.store import StudyStore, open_store
from hpsearch.trainable import IMPORTS
from hpsearch.usecases.interrupts import Interrupts, answered_by
from hpsearch.usecases.pools import loading, open_pool
from hpsearch.usecases.source import Source


@dataclass(frozen=True)
class Sizes:
    """Bytes: of each checkpoint that was kept, and what else is stored of a trial on average."""

    checkpoints: Sequence[int]
    other: float


@dataclass(frozen=True)
class Probe:
    """What a few trials took. `memory` is the peak of a worker in bytes, None if it is unknown."""

    records: Sequence[TrialRecord]
    slots: int
    sizes: Sizes
    memory: int | None


@IMPORTS.applied()
@PROCESS.applied()
def probe(
    source: Source,
    display: Display,
    *,
    trials: int,
    minutes: float | None,
    local: bool = False,
    verbose: bool = False,
) -> Probe:
    """Run so many trials, within so many minutes; raises SearchFailed if they all fail alike."""
    experiment = _probing(source.experiment, trials, minutes)
    with TemporaryDirectory(prefix="hpsearch-probe-") as folder, ExitStack() as stack:
        stack.enter_context(cleaned(experiment.privacy.clean))
        store = open_store(folder).study(experiment.name)
        stack.enter_context(store.lease())
        interrupts = Interrupts(display)
        stack.enter_context(answered_by(interrupts.handle))
        logs = store.logs(experiment.privacy).local
        pool = open_pool(
            experiment, source.folder, display, logs=logs, local=local, verbose=verbose
        )
        stack.callback(pool.close)
        display.phase(loading(experiment, pool))
        pool.load()
        interrupts.check()
        return _run(experiment, store, pool, display, interrupts)


def _run(
    experiment: Experiment,
    store: StudyStore,
    pool: Pool,
    display: Display,
    interrupts: Interrupts,
) -> Probe:
    from hpsearch.strategies import OptunaStudy

    study, memory = OptunaStudy(store, experiment), _Memory()
    parts = Parts(
        study, pool, store.checkpoints, store.artifacts,
        listeners=[memory, display],
        logs=store.logs(experiment.privacy),
        notify=display.notice,
    )  # fmt: skip
    search = Search(experiment, parts)
    display.begin(experiment, [], pool.most_slots, 0.0)
    try:
        interrupts.watch(search)
        search.run()
    finally:
        display.end()
        study.close()
    interrupts.check()
    records = study.records()
    return Probe(records, pool.slots, sizes_of(store, records), memory.peak)


def _probing(experiment: Experiment, trials: int, minutes: float | None) -> Experiment:
    """Return the experiment with a small budget, and nothing that stops or chooses trials."""
    sections = {
        "budget": {"trials": trials, "minutes": minutes},
        "sampler": {"type": "random"},
        "pruner": {"type": "none"},
        "suggestions": [],
        "warm_start": [],
        "on_end": [],
    }
    return change_experiment(experiment, sections, {"tracking.also": []})


def sizes_of(store: StudyStore, records: Sequence[TrialRecord]) -> Sizes:
    """Return what is stored of a study's trials."""
    checkpoints = [
        size for record in records for size in store.checkpoints.sizes(record.number).values()
    ]
    return Sizes(checkpoints, max(0, store.size() - sum(checkpoints)) / max(1, len(records)))


class _Memory:
    """A listener that looks at the worker's memory at each report, if it is of this machine."""

    peak: int | None = None

    def started(self, record: TrialRecord) -> None: ...

    def measured(self, record: TrialRecord, measurements: Sequence[Measurement]) -> None:
        found = _peak_bytes(record.place)
        if found is not None:
            self.peak = max(found, self.peak or 0)

    def paused(self, record: TrialRecord) -> None: ...

    def finished(self, record: TrialRecord) -> None: ...


def _peak_bytes(place: Place | None) -> int | None:
    """Return the most memory that a process has had so far; None if the system does not say."""
    if place is None or place.host != socket.gethostname():
        return None
    try:
        lines = Path(f"/proc/{place.process}/status").read_text().splitlines()
    except OSError:
        return None
    found = (line.split()[1] for line in lines if line.startswith("VmHWM:"))
    return next((int(kilobytes) * 1024 for kilobytes in found), None)
