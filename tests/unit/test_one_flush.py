"""One flush of the journal serves an end and the next proposal, and nobody hears too early."""

import json
import os
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from hpsearch.common.trial import Measurement, Place, TrialRecord
from hpsearch.engine import Answer, Ended, Event, Parts, Reported, Result, Search, Task
from hpsearch.experiment import Experiment
from hpsearch.store.folder import FolderStudy
from hpsearch.strategies import OptunaStudy
from tests.support import make_experiment

TRIALS = 6
CREATED, ENDED = 4, 6
"""Optuna's codes of records: a trial is created, has an outcome."""


class Disk:
    """What of the journal would be there after a power cut; how often it was flushed."""

    def __init__(self, journal: Path) -> None:
        self._journal = journal
        self._durable = b""
        self.flushes = 0

    def fsync(self, descriptor: int) -> None:
        journal = self._journal
        if journal.exists() and os.path.samestat(os.fstat(descriptor), journal.stat()):
            self._durable = journal.read_bytes()
            self.flushes += 1

    def has_proposal(self, number: int) -> bool:
        creations = [log for log in self._logs() if log["op_code"] == CREATED]
        return len(creations) > number and bool(creations[number]["params"])

    def has_outcome(self, number: int) -> bool:
        return any(log["op_code"] == ENDED and log["trial_id"] == number for log in self._logs())

    def _logs(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self._durable.splitlines()]


class Instant:
    """A pool of two slots whose trials report and end at once."""

    slots = most_slots = 2

    def __init__(self, disk: Disk) -> None:
        self._disk = disk
        self._events: deque[Event] = deque()

    def load(self, check: Callable[[], None] = lambda: None) -> None: ...

    def serve(self, loop: Callable[[], Result]) -> Result:
        return loop()

    def start(self, task: Task) -> None:
        assert self._disk.has_proposal(task.number), "its proposal is not durable"
        measured = (Measurement(1, {"value": task.params["x"]}, 0.1),)
        place = Place("here", 1, "cpu")
        self._events += [
            Reported(task.number, measured, False, place),
            Ended(task.number, "returned"),
        ]

    def wait(self, seconds: float) -> Sequence[Event]:
        return (self._events.popleft(),) if self._events else ()

    def answer(self, number: int, answer: Answer) -> None: ...

    def hold(self, number: int) -> None: ...

    def limit(self, slots: int) -> None: ...

    def kill(self, number: int, reason: str) -> None: ...

    def close(self) -> None: ...


class Listener:
    """Notes what it hears."""

    def __init__(self, disk: Disk) -> None:
        self._disk = disk
        self.heard: list[tuple[str, int]] = []

    def started(self, record: TrialRecord) -> None:
        self.heard.append(("started", record.number))

    def measured(self, record: TrialRecord, measurements: Sequence[Measurement]) -> None: ...

    def paused(self, record: TrialRecord) -> None: ...

    def finished(self, record: TrialRecord) -> None:
        assert self._disk.has_outcome(record.number), "its outcome is not durable"
        self.heard.append(("finished", record.number))


@pytest.fixture
def experiment() -> Experiment:
    return make_experiment(
        budget={"trials": TRIALS}, sampler={"type": "random"}, pruner={"type": "none"}
    )


def test_an_end_and_the_next_proposal_share_a_flush_that_comes_before_anyone_hears(
    experiment: Experiment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = FolderStudy(tmp_path / "sample")
    disk = Disk(store.layout.journal)
    monkeypatch.setattr(os, "fsync", disk.fsync)
    study = OptunaStudy(store, experiment)
    listener, before = Listener(disk), disk.flushes
    parts = Parts(
        study=study,
        pool=Instant(disk),
        checkpoints=store.checkpoints,
        artifacts=store.artifacts,
        listeners=[listener],
        notify=lambda text: None,
    )
    Search(experiment, parts).run()
    study.close()
    started, finished = ([n for word, n in listener.heard if word == one]
                         for one in ("started", "finished"))  # fmt: skip
    assert started == finished == [*range(TRIALS)]
    assert listener.heard.index(("finished", 0)) < listener.heard.index(("started", 2))
    assert disk.flushes - before == TRIALS + 2  # the first two proposals have one of their own


def test_a_journal_to_which_nothing_was_appended_is_not_flushed_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = FolderStudy(tmp_path / "sample")
    disk = Disk(store.layout.journal)
    monkeypatch.setattr(os, "fsync", disk.fsync)
    journal = store.journal(writable=True)
    journal.append(b"one\n")
    journal.flush()
    journal.flush()
    assert disk.flushes == 1
    journal.append(b"two\n")
    journal.flush()
    assert disk.flushes == 2
    journal.close()
