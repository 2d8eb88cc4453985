"""Samplers see what running and stopped trials have reported."""

from statistics import median
from typing import Any

import pytest
from optuna.distributions import BaseDistribution, FloatDistribution
from optuna.samplers import BaseSampler, TPESampler
from optuna.study import create_study
from optuna.trial import FrozenTrial, TrialState, create_trial

from hpsearch.common.goal import Direction, Goal
from hpsearch.strategies.live import LiveSampler, as_complete
from hpsearch.strategies.registry import sampler_of
from tests.support import make_experiment

X: dict[str, BaseDistribution] = {"x": FloatDistribution(0, 1)}


def trial(x: float, state: TrialState, *values: float) -> FrozenTrial:
    return create_trial(
        state=state,
        params={"x": x},
        distributions=X,
        intermediate_values=dict(enumerate(values)),
        values=[values[-1]] if state is TrialState.COMPLETE else None,
    )


@pytest.mark.parametrize("state", [TrialState.RUNNING, TrialState.PRUNED])
@pytest.mark.parametrize(("direction", "best"), [("maximize", 3.0), ("minimize", 1.0)])
def test_a_trial_that_has_reported_is_complete_with_its_best_value(
    state: TrialState, direction: Direction, best: float
) -> None:
    reported = trial(0.5, state, 2.0, 3.0, 1.0)
    seen = as_complete(reported, [Goal("value", direction)])
    assert (seen.state, seen.value, seen.params) == (TrialState.COMPLETE, best, {"x": 0.5})
    assert reported.state is state


@pytest.mark.parametrize("state", [TrialState.RUNNING, TrialState.FAIL])
def test_a_trial_without_a_report_stays_as_it_is(state: TrialState) -> None:
    silent = trial(0.5, state)
    assert as_complete(silent, [Goal("value", "maximize")]) is silent


def proposals(sampler: BaseSampler, trials: list[FrozenTrial], count: int = 40) -> list[float]:
    found = []
    for _ in range(count):
        study = create_study(sampler=sampler, direction="maximize")
        study.add_trials(trials)
        found.append(study.ask(X).params["x"])
    return found


def test_proposals_go_where_running_trials_are_good() -> None:
    """Optuna's own sampler keeps away from there."""
    poor = [trial(0.1 + 0.01 * one, TrialState.COMPLETE, 0.0) for one in range(12)]
    leading = [trial(0.9 + 0.002 * one, TrialState.RUNNING, 1.0) for one in range(6)]
    live = proposals(LiveSampler(TPESampler(seed=1), [Goal("value", "maximize")]), poor + leading)
    plain = proposals(TPESampler(seed=1), poor + leading)
    assert median(plain) < 0.5
    assert median(live) > 0.6


@pytest.mark.parametrize(("pruner", "expected"), [("auto", 3), ("asha", 3), ("median", None)])
def test_a_part_of_the_proposals_of_tpe_is_random_with_asha(
    pruner: str, expected: int | None
) -> None:
    options: dict[str, Any] = {"min_resource": 1} if pruner == "asha" else {}
    experiment = make_experiment(sampler={"type": "tpe"}, pruner={"type": pruner, **options})
    sampler = sampler_of(experiment).build(experiment)
    assert isinstance(sampler, LiveSampler) and sampler._random_every == expected
