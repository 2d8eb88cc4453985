"""Trials that report at different steps are compared at the same step."""

import pytest
from optuna.pruners import BasePruner, MedianPruner
from optuna.study import Study, create_study
from optuna.trial import FrozenTrial, TrialState, create_trial

from hpsearch.strategies.aligned import AlignedPruner


def study_of(*curves: dict[int, float]) -> Study:
    study = create_study(direction="maximize")
    for curve in curves:
        study.add_trial(create_trial(value=max(curve.values()), intermediate_values=curve))
    return study


def running(curve: dict[int, float]) -> FrozenTrial:
    return create_trial(state=TrialState.RUNNING, intermediate_values=curve)


def stops(pruner: BasePruner, study: Study, curve: dict[int, float]) -> bool:
    return pruner.prune(study, running(curve))


@pytest.fixture
def median() -> AlignedPruner:
    return AlignedPruner(MedianPruner(n_startup_trials=1, n_warmup_steps=0))


def test_between_two_reports_a_trial_has_the_value_of_the_earlier(median: AlignedPruner) -> None:
    study = study_of({10: 0.5, 20: 0.9})
    assert stops(median, study, {15: 0.4})
    assert not stops(median, study, {15: 0.6})
    assert stops(median, study, {25: 0.8})


def test_before_its_first_report_a_trial_has_no_value(median: AlignedPruner) -> None:
    assert not stops(median, study_of({10: 0.5}), {5: 0.0})


def test_optuna_alone_compares_only_equal_steps() -> None:
    plain = MedianPruner(n_startup_trials=1, n_warmup_steps=0)
    assert not stops(plain, study_of({10: 0.5, 20: 0.9}), {15: 0.4})


def test_at_equal_steps_it_decides_as_optuna_does(median: AlignedPruner) -> None:
    plain = MedianPruner(n_startup_trials=1, n_warmup_steps=0)
    study = study_of({1: 0.1, 2: 0.4}, {1: 0.3, 2: 0.2}, {1: 0.2, 2: 0.6})
    for step in (1, 2):
        for tenth in range(8):
            curve = {step: tenth / 10}
            assert stops(median, study, curve) == stops(plain, study, curve)
