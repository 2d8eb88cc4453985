"""Proposals are made ahead if a slot would wait for them, else only when they are needed."""

from collections.abc import Sequence
from pathlib import Path

import optuna
import pytest
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend

from hpsearch.common.trial import TrialRecord
from hpsearch.engine import Event, lookahead
from hpsearch.engine.lookahead import Proposer
from hpsearch.workers.local.pool import LocalPool
from tests.support import Bench


class Clock:
    """Stands still while nobody moves it."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now


class SlowStudy:
    """Takes a second over each proposal."""

    allows_lookahead = True

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.is_prepared = False

    def prepare(self) -> None:
        self.clock.now += 0.0 if self.is_prepared else 1.0
        self.is_prepared = True

    def ask(self) -> None:
        self.prepare()
        self.is_prepared = False


@pytest.fixture
def proposer(monkeypatch: pytest.MonkeyPatch) -> Proposer:
    clock = Clock()
    monkeypatch.setattr(lookahead, "time", clock)
    return Proposer(SlowStudy(clock))  # type: ignore[arg-type]


def test_a_proposal_is_made_ahead_if_a_trial_takes_little_longer_than_it(
    proposer: Proposer,
) -> None:
    assert not proposer.is_behind(2, 10)  # nobody knows yet how long one takes
    for _ in range(3):
        proposer.ask()
        assert proposer.is_behind(2, 10) and not proposer.is_behind(2, 1000)
        proposer.prepare()
        assert not proposer.is_behind(2, 10)


def test_with_one_slot_no_proposal_is_made_ahead_however_long_it_takes(proposer: Proposer) -> None:
    proposer.ask()
    assert not proposer.is_behind(1, 0.0)


def test_no_proposal_is_made_ahead_with_a_strategy_that_does_not_allow_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = Clock()
    monkeypatch.setattr(lookahead, "time", clock)
    study = SlowStudy(clock)
    study.allows_lookahead = False
    proposer = Proposer(study)  # type: ignore[arg-type]
    proposer.ask()
    assert not proposer.is_behind(2, 0.0)


class Counting(Proposer):
    """Counts what is made ahead."""

    ahead = 0

    def is_behind(self, slots: int, trial_seconds: float) -> bool:
        return super().is_behind(slots + 1, trial_seconds)

    def prepare(self) -> None:
        super().prepare()
        Counting.ahead += 1


class Silent(LocalPool):
    """Has nothing to say at once, so that the search may propose."""

    def wait(self, seconds: float) -> Sequence[Event]:
        return super().wait(seconds) if seconds else ()


def test_a_search_that_asks_ahead_tries_what_it_tries_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def search(name: str) -> list[TrialRecord]:
        bench = Bench(tmp_path / name)
        records = bench.run(sampler={"type": "random"}, budget={"trials": 6})
        theirs = JournalStorage(JournalFileBackend(str(bench.paths.journal)))
        assert len(optuna.load_study(study_name="sample", storage=theirs).trials) == len(records)
        return records

    late = search("late")
    monkeypatch.setattr("tests.support.LocalPool", Silent)
    monkeypatch.setattr(lookahead, "NOTICEABLE", -1.0)
    monkeypatch.setattr("hpsearch.engine.scheduler.Proposer", Counting)
    ahead = search("ahead")
    assert Counting.ahead == 5  # all but the first; none after the last
    assert [(r.params, r.values, r.state) for r in ahead] == [
        (r.params, r.values, r.state) for r in late
    ]
