"""How many failed trials end a search: a number in a row, a share of the recent, or a total."""

import pytest

from hpsearch.analysis.overview import reasons
from hpsearch.common.errors import SearchFailed, UserError
from hpsearch.common.text import kind_of
from hpsearch.common.trial import TrialRecord, TrialState
from hpsearch.engine import RECENT
from hpsearch.engine.failures import Failures
from hpsearch.experiment import Budget, read_experiment
from tests.support import Bench, make_experiment

FAILS = """
def train(params, trial):
    trial.report(1, {"value": 1.0})
    if CONDITION:
        raise RuntimeError(f"diverged at {trial.number}")
"""


def fails(condition: str) -> str:
    return FAILS.replace("CONDITION", condition)


def test_a_wide_search_in_which_a_third_diverges_goes_on(bench: Bench) -> None:
    records = bench.run_code(fails("trial.number % 3 == 0"), budget={"trials": 90})
    assert len(records) == 90
    assert sum(record.state is TrialState.FAILED for record in records) == 30


def test_so_many_in_a_row_end_the_search_and_name_the_key(bench: Bench) -> None:
    with pytest.raises(SearchFailed, match=r"15 trials in a row failed.*`budget.failed_in_a_row"):
        bench.run_code(fails("trial.number > 2"), budget={"trials": 90})
    assert len(bench.heard.done) == 18


def test_after_a_correction_the_same_command_goes_on(bench: Bench) -> None:
    with pytest.raises(SearchFailed):
        bench.run_code(fails("trial.number > 2"), budget={"trials": 40})
    assert len(bench.run_code(fails("False"), budget={"trials": 40})) == 40


def test_a_share_of_the_recent_trials_ends_the_search(bench: Bench) -> None:
    budget = {"trials": 90, "failed_share": 0.5}
    with pytest.raises(SearchFailed, match=r"25 trials of the last 50 failed.*failed_share"):
        bench.run_code(fails("trial.number % 2"), budget=budget)
    assert len(bench.heard.done) == RECENT


@pytest.mark.parametrize("failed", [0.9, 0.5])
def test_the_share_is_of_those_that_ended_last(failed: float) -> None:
    failures, budget = Failures(), Budget(failed_in_a_row=None, failed_share=failed)
    for number in range(200):
        assert failures.too_many(budget) is None
        failures.count(record(number, "why" if number < 20 else ""))
    for number in range(200, 200 + int(RECENT * failed)):
        assert failures.too_many(budget) is None
        failures.count(record(number, "why"))
    assert failures.too_many(budget) is not None


def test_null_is_no_limit(bench: Bench) -> None:
    budget = {"trials": 60, "failed_in_a_row": None, "failed_share": None}
    records = bench.run_code(fails("True"), budget=budget)
    assert len(records) == 60


def test_a_file_that_sets_a_total_alone_has_that_limit_alone(bench: Bench) -> None:
    budget = Budget(failed_trials=40)
    assert (budget.failed_in_a_row, budget.failed_share) == (None, None)
    assert Budget.model_validate(budget.model_dump()) == budget
    assert Budget(failed_trials=40, failed_in_a_row=3).failed_in_a_row == 3
    assert (Budget().failed_trials, Budget(failed_trials=None).failed_in_a_row) == (None, 15)
    with pytest.raises(SearchFailed, match=r"40 trials failed, as many as `budget.failed_trials`"):
        bench.run_code(fails("True"), budget={"trials": 60, "failed_trials": 40})


def test_a_share_is_no_percentage(bench: Bench) -> None:
    file = bench.folder / "e.yaml"
    file.write_text(
        "name: x\ntrainable: samples.py:raises\nobjective: {metric: v, direction: maximize}\n"
        "budget: {failed_share: 90}\n"
    )
    with pytest.raises(UserError, match=r"budget\.failed_share"):
        read_experiment(file)


# ---- one failure, many texts ---------------------------------------------------------------------


def record(number: int, reason: str) -> TrialRecord:
    state = TrialState.FAILED if reason else TrialState.COMPLETE
    made = make_experiment()
    return TrialRecord(number, made.seed, {}, state, started=None, reason=reason)  # type: ignore[arg-type]


ALIKE = [
    ("Exception in thread Thread-7 (fetch)", "Exception in thread Thread-123 (fetch)"),
    ("no file '/tmp/hpsearch-3-k2j4h5_g/scratch/a'", "no file '/tmp/hpsearch-14-abcdefgh/a'"),
    ("no file /data/hpsearch-3-k2j4h5_g/a.pt: 2", "no file /data/hpsearch-4-abcdefgh/a.pt: 2"),
    ("no file /scratch/tmpab12_d3f/a.pt", "no file /scratch/tmpzzzzzzzz/a.pt"),
    ("no file /var/folders/x1/T/q/a", "no file /var/folders/zz/T/b"),
    ("<Loader object at 0x7f3a2b99d0> is closed", "<Loader object at 0x55e1> is closed"),
    ("DataLoader worker (pid 4711) exited", "DataLoader worker (pid 9) exited"),
    ("cannot connect to 10.0.0.7:46321", "cannot connect to 127.0.0.1:80"),
    ("since 2026-11-26T01:02:03.5Z", "since 2026-12-01T23:59:59.25Z"),
    ("since Thu Nov 26 01:29:28 2026", "since Fri Dec 4 11:00:00 2026"),
    ("since 26 Nov 2026", "since 4 December 2027"),
    ("run 3f2a9c1b77 of 0b7c6d1e-1111-4222-8333-444455556666", "run 77aabbc0 of "
     "ffffffff-0000-4000-8000-000000000000"),
    ("shapes (3, 4) and (5,) differ", "shapes (128, 64, 2) and (7,) differ"),
    ("loss is 1e-3\nmore", "loss is -20,000.5\nother"),
]  # fmt: skip


@pytest.mark.parametrize(("one", "other"), ALIKE)
def test_what_differs_from_trial_to_trial_makes_no_other_failure(one: str, other: str) -> None:
    assert kind_of(one) == kind_of(other)
    assert list(reasons([record(0, one), record(1, other)]).values()) == [[0, 1]]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("KeyError: 'lr'", "KeyError: 'momentum'"),
        ("no file /data/train.csv", "no file /data/test.csv"),
        ("value is nan at step 2", "loss is nan at step 2"),
        ("may 3 fail", "must 3 fail"),
    ],
)
def test_other_words_make_another_failure(one: str, other: str) -> None:
    assert kind_of(one) != kind_of(other)


def test_the_first_trials_fail_alike_also_if_their_paths_differ(bench: Bench) -> None:
    with pytest.raises(SearchFailed, match="first 3 trials failed in the same way"):
        bench.run_code(
            "import threading\n"
            "def train(params, trial): raise OSError(\n"
            "    f'{trial.scratch} {id(trial):#x} {threading.current_thread().name}')\n",
            budget={"trials": 50},
        )
