"""Room for checkpoints: who loses theirs first, who never does, and what a person is told."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hpsearch.common.goal import Goal
from hpsearch.common.trial import Measurement, TrialRecord, TrialState
from hpsearch.engine import Saved
from hpsearch.engine.attempt import Attempt
from hpsearch.engine.checkpoint_policy import CheckpointPolicy
from hpsearch.experiment import CheckpointRules
from hpsearch.store import open_store
from hpsearch.store.folder import FolderStudy
from hpsearch.store.folder.checkpoints import FolderCheckpoints
from tests.stored import put, save

FILES = {"weights": bytes(1_000_000)}
GOALS = (Goal("value", "maximize"),)


def running(number: int) -> TrialRecord:
    return TrialRecord(number, 0, {}, TrialState.RUNNING, datetime(2026, 11, 1, tzinfo=UTC))


def reported(number: int, value: float) -> Attempt:
    attempt = Attempt(running(number), GOALS)
    attempt.decisive = measured(value)
    return attempt


def measured(value: float, step: int = 1) -> Measurement:
    return Measurement(step, {"value": value}, 1.0)


def size(store: FolderCheckpoints, number: int) -> int:
    return sum(store.sizes(number).values())


@dataclass
class Kept:
    """A policy over a real store, driven as the search drives it."""

    store: FolderCheckpoints
    rules: CheckpointRules
    said: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        artifacts = open_store("memory://").study("sample").artifacts
        self.policy = CheckpointPolicy(
            self.store, artifacts, goals=GOALS, rules=self.rules, notify=self.said.append
        )

    def save(self, number: int, value: float, step: int = 1) -> None:
        self.policy.begin(number)
        stored = put(self.store.files(number), FILES)
        event, error = Saved(number, measured(value, step), stored), None
        try:
            self.store.commit(number, event.measurement, stored)
        except OSError as refused:
            error = refused
        self.policy.note_saved(event, event.measurement, error)

    def finish(self, number: int, value: float) -> None:
        done = running(number).changed(TrialState.COMPLETE, values=(value,), best_step=1)
        self.policy.count(done)
        self.policy.clean(done)

    def trial(self, number: int, value: float) -> None:
        self.save(number, value)
        self.finish(number, value)

    @property
    def numbers(self) -> list[int]:
        return [number for number in range(10) if self.store.steps(number)]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[FolderCheckpoints]:
    yield FolderStudy(tmp_path / "study").checkpoints


def kept(store: FolderCheckpoints, megabytes: float | None, keep: int = 5) -> Kept:
    room = None if megabytes is None else megabytes / 1000
    return Kept(store, CheckpointRules(keep=keep, max_gigabytes=room))


def test_without_a_limit_only_the_number_counts(store: FolderCheckpoints) -> None:
    it = kept(store, None, keep=2)
    for number, value in enumerate([0.1, 0.9, 0.5]):
        it.trial(number, value)
    assert it.numbers == [1, 2] and not it.said


def test_the_worst_of_the_kept_trials_make_room_and_the_best_ones_stay(
    store: FolderCheckpoints,
) -> None:
    it = kept(store, 3.5)
    for number, value in enumerate([0.1, 0.9, 0.5, 0.7, 0.2]):
        it.trial(number, value)
        assert sum(size(store, one) for one in range(10)) <= 3.5e6
    assert it.numbers == [1, 3, 4]  # 0 and then 2 went when another one was saved
    assert not it.said


def test_room_is_made_only_after_the_new_checkpoint_is_safe(
    store: FolderCheckpoints, monkeypatch: pytest.MonkeyPatch
) -> None:
    it = kept(store, 2.5)
    it.trial(0, 0.9)
    it.trial(1, 0.5)
    monkeypatch.setattr(store, "commit", lambda *_: (_ for _ in ()).throw(OSError("no room")))
    it.save(2, 0.7)
    assert it.numbers == [0, 1]


def test_running_trials_and_the_best_one_keep_theirs_and_that_is_said_once(
    store: FolderCheckpoints,
) -> None:
    it = kept(store, 1.5)
    it.trial(0, 0.9)
    it.save(1, 0.1)
    it.save(2, 0.2)
    it.save(2, 0.3, step=2)
    assert it.numbers == [0, 1, 2] and store.steps(2) == [2]
    (said,) = it.said
    assert "checkpoints take 0.002 GB" in said
    assert "`checkpoints.max_gigabytes`" in said


def test_a_trial_that_waits_to_be_resumed_counts_too(store: FolderCheckpoints) -> None:
    save(store, 7, measured(0.1), FILES)
    it = kept(store, 1.5)
    it.policy.begin(7)
    it.trial(0, 0.9)
    assert it.numbers == [0, 7] and len(it.said) == 1


def test_if_room_is_short_no_checkpoint_is_asked_for_that_would_be_deleted(
    store: FolderCheckpoints,
) -> None:
    it = kept(store, 2.5)
    for number, value in enumerate([0.9, 0.5, 0.7]):
        it.trial(number, value)
    it.policy.begin(4)
    assert not it.policy.wants(reported(4, 0.6), 1)
    assert it.policy.wants(reported(4, 0.8), 1)


def test_a_checkpoint_that_is_about_to_replace_another_does_not_count_twice(
    store: FolderCheckpoints,
) -> None:
    it = kept(store, 2.5)
    it.trial(0, 0.9)
    it.save(1, 0.5)
    coming = Saved(1, measured(0.6, 2), put(store.files(1), FILES))
    it.policy.note_saving(coming)
    store.commit(1, coming.measurement, coming.stored)
    it.save(2, 0.1)
    assert len(it.said) == 1 and "0.003 GB" in it.said[0]
    it.policy.note_saved(coming, coming.measurement, None)
    assert store.steps(1) == [2]


def test_a_checkpoint_takes_none_away_that_was_made_meanwhile(store: FolderCheckpoints) -> None:
    it = kept(store, None)
    it.policy.begin(1)
    both = []
    for step in (1, 2):
        both.append(Saved(1, measured(0.6, step), put(store.files(1), FILES)))
        it.policy.note_saving(both[-1])
        store.commit(1, both[-1].measurement, both[-1].stored)
    it.policy.note_saved(both[0], both[0].measurement, None)
    assert store.steps(1) == [1, 2]
    it.policy.note_saved(both[1], both[0].measurement, None)
    assert store.steps(1) == [1, 2]  # the value's, and the last one
