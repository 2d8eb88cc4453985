"""What fails is told in words; samplers learn from what hyperparameters may be to blame for."""

from collections.abc import Callable
from datetime import UTC, datetime
from itertools import product
from typing import Any

import pytest
from optuna.trial import TrialState as OptunaState
from optuna.trial import create_trial

from hpsearch.analysis import failing_parts
from hpsearch.common.causes import cause_of
from hpsearch.common.trial import TrialRecord, TrialState
from hpsearch.strategies.feasibility import Feasibility, is_unusable
from tests.support import make_experiment

NOW = datetime(2026, 1, 1, tzinfo=UTC)
OUT_OF_MEMORY = "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB"
SPACE = {
    "batch": {"type": "int", "low": 1, "high": 1024, "log": True},
    "filters": {"type": "int", "low": 1, "high": 256},
    "kind": {"type": "categorical", "choices": ["a", "b", "c"]},
    "extra": {"type": "float", "low": 0.0, "high": 1.0, "when": {"kind": "c"}},
}
EXPERIMENT = make_experiment(space=SPACE)
ALL: list[dict[str, Any]] = [
    {"batch": batch, "filters": filters, "kind": kind, **({"extra": 0.5} if kind == "c" else {})}
    for batch, filters, kind in product((32, 128, 512, 1024), (16, 64, 128, 256), "abc")
]


def trials(fails: Callable[[dict[str, Any]], bool], reason: str) -> list[TrialRecord]:
    return [
        TrialRecord(number, 0, params, TrialState.FAILED, NOW, reason=reason)
        if fails(params)
        else TrialRecord(number, 0, params, TrialState.COMPLETE, NOW, values=(1.0,))
        for number, params in enumerate(ALL)
    ]


def said(fails: Callable[[dict[str, Any]], bool], reason: str = OUT_OF_MEMORY) -> list[str]:
    return [str(part) for part in failing_parts(trials(fails, reason), EXPERIMENT)]


@pytest.mark.parametrize(
    ("reason", "cause"),
    [
        (OUT_OF_MEMORY, "run out of memory"),
        ("exit code -9: killed by SIGKILL (out of memory?)", "run out of memory"),
        ("MemoryError: ", "run out of memory"),
        ("val_loss is nan at step 3", "report no number"),
        ("val_loss is -inf at step 3", "report no number"),
        ("over its time limit of 5 minutes", "take too long"),
        ("ValueError: nan is not at step 3 here", None),
        ("its worker is gone", None),
    ],
)
def test_a_reason_says_what_the_hyperparameters_may_be_to_blame_for(
    reason: str, cause: str | None
) -> None:
    assert cause_of(reason) == cause


def test_a_failing_corner_is_named_by_the_values_that_trials_had() -> None:
    found = said(lambda one: one["batch"] >= 512 and one["filters"] >= 128)
    assert found == ["`filters` ≥ 128 with `batch` ≥ 512: 12 of 12 trials run out of memory"]


def test_categories_and_parameters_under_a_condition_are_named() -> None:
    assert said(lambda one: one["kind"] != "a", "boom") == [
        "`kind` b or c: 32 of 32 trials fail: boom"
    ]
    found = said(lambda one: one["kind"] == "c", "loss is nan at step 1")
    assert found in (
        ["`kind` c: 16 of 16 trials report no number"],
        ["`extra` 0.5: 16 of 16 trials report no number"],
    )


def test_few_failures_and_failures_everywhere_have_no_corner() -> None:
    assert said(lambda one: one["batch"] == 1024 and one["filters"] == 256) == []
    assert said(lambda one: True) == []


def test_infeasible_trials_have_a_corner_too() -> None:
    records = [
        TrialRecord(number, 0, params, TrialState.INFEASIBLE, NOW)
        if params["batch"] > 128
        else TrialRecord(number, 0, params, TrialState.COMPLETE, NOW, values=(1.0,))
        for number, params in enumerate(ALL)
    ]
    (part,) = failing_parts(records, EXPERIMENT)
    assert str(part) == "`batch` ≥ 512: 24 of 24 trials are infeasible"


def test_a_sampler_sees_what_ran_out_of_memory_as_worse_than_all_others() -> None:
    for reason, is_seen in [(OUT_OF_MEMORY, True), ("ConnectionError: no route to host", False)]:
        failed = create_trial(
            state=OptunaState.FAIL,
            user_attrs={"hpsearch": {"reason": reason}},
            intermediate_values={1: 0.9},
        )
        seen = Feasibility(EXPERIMENT.goals).seen(failed)
        assert (seen.state is OptunaState.PRUNED and not seen.intermediate_values) is is_seen
        assert is_unusable(seen) is is_seen
