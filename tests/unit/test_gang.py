"""What several ranks say is one attempt: the rule of a gang, on plain values."""

import pytest

from hpsearch.common.checkpoints import Stored, StoredFile
from hpsearch.common.decision import Decision
from hpsearch.common.trial import Measurement, Place
from hpsearch.engine import (
    Answer,
    Ended,
    Event,
    Reported,
    Restored,
    RunFound,
    RunWanted,
    Saved,
    Task,
)
from hpsearch.workers.gang import Gang, Rendezvous
from hpsearch.workers.gang.end import END_SECONDS, FAILED_SECONDS
from hpsearch.workers.gang.rendezvous import joined

HERE = Place("host", 1, "cpu")
STOP = Decision(stop=True, reason="enough")
SAVE = Decision(save=True)


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    monkeypatch.setattr("time.monotonic", clock := Clock())
    return clock


class Ranks:
    """A gang, and what each rank was answered."""

    def __init__(self, size: int = 2) -> None:
        self.answers: list[list[Answer]] = [[] for _ in range(size)]
        self.gang = Gang(7, size, lambda rank, answer: self.answers[rank].append(answer))

    def report(self, rank: int, step: int, *, savable: bool = True) -> list[Event]:
        measured = (Measurement(step, {"value": 1.0}, 1.0),)
        return self.gang.take(rank, Reported(7, measured, savable=savable, place=HERE))

    def save(self, rank: int, step: int, *names: str, problem: str = "") -> list[Event]:
        files = {name: StoredFile(1, f"hash of {name}") for name in names}
        stored = Stored(f"1/{step}", files, problem)
        return self.gang.take(
            rank, Saved(7, Measurement(step, {"value": float(rank)}, 1.0), stored)
        )

    def end(
        self, rank: int, how: str = "returned", reason: str = "", **more: object
    ) -> list[Event]:
        return self.gang.take(rank, Ended(7, how, reason, **more))  # type: ignore[arg-type]

    def verdict(self, *, in_doubt: bool = False) -> Ended | None:
        return self.gang.verdict(in_doubt=in_doubt)


def test_the_engine_hears_the_reports_of_rank_0_alone() -> None:
    ranks = Ranks()
    assert not ranks.report(1, 1)
    (event,) = ranks.report(0, 1)
    assert isinstance(event, Reported)


def test_a_decision_reaches_ranks_behind_and_ahead_at_their_own_report_of_its_step() -> None:
    ranks = Ranks(3)
    ranks.report(1, 1)  # ahead
    assert ranks.answers[1] == []
    for step, decision in [(1, Decision()), (2, STOP)]:
        ranks.report(0, step)
        ranks.gang.answer(decision)
        if step == 1:
            ranks.report(1, 2)
    assert ranks.answers[1] == [Decision(), STOP]
    ranks.report(2, 1)  # behind by a step: it does not stop before the others did
    assert ranks.answers[2] == [Decision()]
    ranks.report(2, 2)
    assert ranks.answers[2] == [Decision(), STOP]


def test_every_report_of_a_gang_waits_for_its_answer() -> None:
    ranks = Ranks()
    ranks.report(0, 1)
    ranks.gang.answer(Decision(waits_at=5.0))
    assert ranks.answers[0] == [Decision(waits_at=0.0)]


def test_a_rank_that_reports_other_steps_is_answered_and_stopped_too() -> None:
    ranks = Ranks()
    ranks.report(0, 10)
    ranks.gang.answer(SAVE)
    ranks.report(1, 5)
    assert ranks.answers[1] == [Decision()]
    ranks.report(1, 15)
    ranks.report(0, 12)
    ranks.gang.answer(STOP)
    assert ranks.answers[1] == [Decision(), STOP]


def test_nobody_waits_for_a_rank_0_that_has_ended() -> None:
    ranks = Ranks()
    ranks.report(1, 3)
    ranks.end(0)
    (answer,) = ranks.answers[1]
    assert isinstance(answer, Decision) and answer.stop and not answer.save


def test_a_checkpoint_is_whole_with_the_parts_of_all_ranks_in_any_order() -> None:
    for order in ([0, 1, 2], [2, 0, 1]):
        ranks = Ranks(3)
        for rank in range(3):
            ranks.report(rank, 1)
        events = [event for rank in order for event in ranks.save(rank, 1, f"rank-{rank}/x")]
        (saved,) = events
        assert isinstance(saved, Saved)
        assert {*saved.stored.files} == {"rank-0/x", "rank-1/x", "rank-2/x"}
        assert saved.measurement.metrics == {"value": 0.0}


def test_a_rank_behind_is_waited_for_and_one_without_a_part_is_not() -> None:
    ranks = Ranks(3)
    ranks.report(0, 1)
    assert not ranks.save(0, 1, "x")
    assert not ranks.report(1, 1, savable=False)
    (saved,) = ranks.report(2, 1, savable=False)
    assert isinstance(saved, Saved) and [*saved.stored.files] == ["x"]


def test_ranks_that_never_report_have_no_part_once_rank_0_goes_on_without_them() -> None:
    ranks = Ranks()
    ranks.report(0, 1)
    assert not ranks.save(0, 1, "x")
    assert [type(event) for event in ranks.report(0, 2)] == [Reported, Saved]
    assert not ranks.save(0, 2, "x")
    assert [type(event) for event in ranks.end(0)] == [Saved]


def test_a_checkpoint_without_a_part_that_was_due_is_none() -> None:
    ranks = Ranks()
    for rank in range(2):
        ranks.report(rank, 1)
    assert not ranks.save(0, 1, "x")
    assert not ranks.end(1, "crashed")
    assert not ranks.end(0, "raised")


def test_what_one_rank_could_not_store_spoils_the_checkpoint() -> None:
    ranks = Ranks()
    for rank in range(2):
        ranks.report(rank, 1)
    ranks.save(0, 1, "x")
    (saved,) = ranks.save(1, 1, problem="disk full")
    assert isinstance(saved, Saved)
    assert (saved.stored.problem, saved.stored.files) == ("disk full", {})


def test_parts_without_any_file_are_no_checkpoint() -> None:
    ranks = Ranks()
    for rank in range(2):
        ranks.report(rank, 1)
    assert not ranks.save(0, 1) and not ranks.save(1, 1)


def test_the_end_is_that_of_rank_0_once_all_have_ended(clock: Clock) -> None:
    ranks = Ranks()
    ranks.end(1, threads=("loader",), output=b"one\n")
    assert ranks.verdict() is None
    ranks.end(0, reason="fine", output=b"zero\n", place=HERE)
    ended = ranks.verdict()
    assert ended is not None
    assert (ended.how, ended.reason, ended.place) == ("returned", "fine", HERE)
    assert ended.output == b"zero\nrank 1 printed:\none\n" and ended.threads == ("loader",)


def test_ranks_that_hang_after_rank_0_has_ended_are_not_waited_for_for_ever(clock: Clock) -> None:
    ranks = Ranks()
    ranks.end(0)
    clock.now += END_SECONDS - 1
    ranks.report(1, 1)  # it is alive
    clock.now += END_SECONDS - 1
    assert ranks.verdict() is None
    clock.now += 2
    ended = ranks.verdict()
    assert ended is not None and ended.how == "returned"


def test_an_error_waits_for_the_death_that_may_have_caused_it(clock: Clock) -> None:
    ranks = Ranks(3)
    ranks.end(0, "raised", "RuntimeError: Connection closed by peer")
    clock.now += FAILED_SECONDS + 1
    assert ranks.verdict(in_doubt=True) is None  # rank 1's connection broke
    ranks.end(1, "crashed", "the worker's process died")
    ended = ranks.verdict()
    assert ended is not None and not ended.measurements
    assert (ended.how, ended.reason) == ("crashed", "rank 1: the worker's process died")


def test_a_machine_that_is_gone_is_blamed_before_a_process_and_that_before_an_error(
    clock: Clock,
) -> None:
    ranks = Ranks(4)
    ranks.end(3, "raised", "ValueError: 3", traceback="trace of 3")
    ranks.end(2, "raised", "CUDA out of memory", traceback="trace of 2", device_fault=True)
    clock.now += FAILED_SECONDS + 1
    ended = ranks.verdict()
    assert ended is not None and ended.device_fault
    assert ended.reason == "rank 2: CUDA out of memory"
    assert ended.traceback == "rank 3:\ntrace of 3\nrank 2:\ntrace of 2"
    ranks.end(0, "crashed", "died")
    ranks.end(1, "lost", "its machine is gone")
    ended = ranks.verdict()
    assert ended is not None and ended.how == "lost"


def test_the_first_of_several_errors_is_the_reason_at_once_if_all_have_ended() -> None:
    ranks = Ranks()
    ranks.end(1, "raised", "ValueError: first")
    assert ranks.verdict() is None
    ranks.end(0, "raised", "RuntimeError: second")
    ended = ranks.verdict()
    assert ended is not None and ended.reason == "rank 1: ValueError: first"


def test_what_all_ranks_raise_is_not_said_of_one_of_them() -> None:
    ranks = Ranks()
    for rank in (1, 0):
        ranks.end(rank, "raised", "KeyError: 'typo'", traceback=f"trace of {rank}")
    ended = ranks.verdict()
    assert ended is not None
    assert (ended.reason, ended.traceback) == ("KeyError: 'typo'", "trace of 1")


def test_a_rank_that_fails_after_rank_0_has_ended_changes_nothing() -> None:
    ranks = Ranks()
    ranks.end(0)
    ranks.end(1, "raised", "RuntimeError: Connection closed by peer")
    ended = ranks.verdict()
    assert ended is not None and ended.how == "returned"


def test_infeasible_hyperparameters_are_infeasible_for_the_gang() -> None:
    ranks = Ranks()
    ranks.end(1, "infeasible", "too large")
    ranks.end(0, "infeasible", "too large")
    ended = ranks.verdict()
    assert ended is not None and (ended.how, ended.reason) == ("infeasible", "too large")


def test_a_gang_that_is_killed_ends_when_its_processes_are_dead() -> None:
    ranks = Ranks()
    ranks.gang.fail("over its time limit")
    assert ranks.verdict(in_doubt=True) is None
    ended = ranks.verdict()
    assert ended is not None and (ended.how, ended.reason) == ("crashed", "over its time limit")


def test_ranks_that_resume_from_different_steps_must_not_go_on() -> None:
    ranks = Ranks(3)
    assert not ranks.gang.take(1, Restored(7, 3, damaged=(5,)))
    events = ranks.gang.take(0, Restored(7, 5))
    assert events == [Restored(7, 5, damaged=(5,)), Restored(7, 5)]
    assert "different steps" in ranks.gang.mismatch


def test_ranks_that_resume_from_the_same_step_go_on() -> None:
    ranks = Ranks()
    assert ranks.gang.take(0, Restored(7, 5)) == [Restored(7, 5)]
    assert ranks.gang.take(1, Restored(7, 5)) == [Restored(7, 5)]
    assert not ranks.gang.mismatch


def test_the_run_is_asked_for_once_and_told_to_all() -> None:
    ranks = Ranks(3)
    assert ranks.gang.take(1, RunWanted(7)) == [RunWanted(7)]
    assert not ranks.gang.take(0, RunWanted(7))
    ranks.gang.answer(RunFound("run"))
    assert not ranks.gang.take(2, RunWanted(7))
    assert ranks.answers == [[RunFound("run")]] * 3


def test_each_rank_finds_the_others_by_the_variables_of_torch() -> None:
    task = Task(7, 1, 5, {}, environment={"MLFLOW_RUN_ID": "run"}, rank=1, world_size=2)
    found = joined(task, Rendezvous(7, "10.0.0.2", 1234)).environment
    assert found == {
        "MLFLOW_RUN_ID": "run",
        "MASTER_ADDR": "10.0.0.2",
        "MASTER_PORT": "1234",
        "RANK": "1",
        "WORLD_SIZE": "2",
        "LOCAL_RANK": "0",
        "LOCAL_WORLD_SIZE": "1",
        "NODE_RANK": "1",
    }
