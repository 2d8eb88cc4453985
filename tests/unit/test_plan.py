"""What `validate` says would run."""

import pytest

from hpsearch.usecases.plan import make_plan
from tests.support import make_experiment


@pytest.mark.parametrize(
    ("pruner", "rungs"),
    [
        ({"type": "none"}, "none: every trial runs until it is done"),
        (
            {"type": "median", "n_warmup_steps": 100, "n_startup_trials": 4},
            "median: at every report from step 100, after 4 trials",
        ),
        (
            {"type": "successive_halving", "min_resource": 50, "reduction_factor": 3},
            "successive_halving: at the steps 50, 150, 450, …: the best 1/3 continue",
        ),
        (
            {"type": "percentile", "percentile": 30.0, "interval_steps": 10},
            "percentile: at every report from step 0, at most once every 10 steps, after 5 trials",
        ),
    ],
)
def test_the_rungs_are_those_of_the_pruner(pruner: dict[str, object], rungs: str) -> None:
    assert make_plan(make_experiment(pruner=pruner)).pruner == rungs


def test_every_limit_of_the_budget_is_said_also_a_target_of_zero() -> None:
    budget = {"trials": 9, "minutes": 2.5, "target": 0.0, "patience_trials": 3}
    assert make_plan(make_experiment(budget=budget)).budget == (
        "9 trials, or 2.5 minutes, or until value is 0, or 3 trials without a better one; "
        "stops after 15 failed trials in a row, or if 90% of the last 50 failed"
    )


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        ({"failed_trials": 10}, "stops after 10 failed trials"),
        ({"failed_in_a_row": None}, "stops if 90% of the last 50 failed"),
        ({"failed_in_a_row": None, "failed_share": None}, "does not stop if trials fail"),
    ],
)
def test_the_limits_of_failures_are_said(limits: dict[str, float | None], said: str) -> None:
    plan = make_plan(make_experiment(budget={"trials": 9, **limits}))
    assert plan.budget == f"9 trials; {said}"


def test_no_more_slots_than_trials_are_planned() -> None:
    assert make_plan(make_experiment(budget={"trials": 1})).slots.startswith("1, on the ")


@pytest.mark.parametrize(
    ("gpus", "said"),
    [
        (None, "a GPU if there is one"),
        (0.5, "0.5 GPUs"),
        ("auto", "a GPU if there is one, shared by as many trials as its memory holds"),
    ],
)
def test_the_gpus_of_a_trial_are_said(gpus: float | str | None, said: str) -> None:
    slots = make_plan(make_experiment(resources={"gpus_per_trial": gpus})).slots
    assert slots.endswith(f"each has 1 CPU and {said}")


def test_a_condition_is_part_of_a_parameter() -> None:
    space = {
        "kind": {"type": "categorical", "choices": ["a", "b"]},
        "x": {"type": "float", "low": 0.1, "high": 1.0, "log": True, "when": {"kind": "a"}},
    }
    searched = make_plan(make_experiment(space=space)).searched
    assert searched["x"] == "float 0.1 to 1, log scale, when kind is a"
