"""How much each hyperparameter mattered, by Optuna's default evaluator."""

import optuna

from hpsearch.analysis import Importance
from hpsearch.experiment import Experiment
from hpsearch.strategies.feasibility import is_infeasible
from hpsearch.strategies.quiet import quiet
from hpsearch.strategies.storage import TrialStorage
from hpsearch.strategies.trials import Reading

FEW_TRIALS = 50
"""Optuna advises at least five trials in the best tenth."""

MIN_TRIALS = 10
"""Complete trials: with fewer, the best tenth of them that the evaluator looks at is empty."""

EXPLANATION = (
    "PED-ANOVA, Optuna's default: how far the best tenth of {trials} complete trials lies from "
    "all of them, conditional hyperparameters included. Pruned trials do not count."
)


def importance_of(reading: Reading, experiment: Experiment) -> Importance:
    """Return the importance of each hyperparameter, or why it cannot be computed.

    With several objectives it is that for reaching the Pareto front. Takes 4 s with 3,000 trials.
    """
    with quiet():
        complete = [one for one in reading.trials if one.state is optuna.trial.TrialState.COMPLETE]
        trials = [one for one in complete if not is_infeasible(one)]
        why_not = _why_not(trials)
        if why_not:
            return Importance({}, why_not)
        from optuna.importance import PedAnovaImportanceEvaluator, get_param_importances

        is_whole = len(trials) == len(complete)
        study = _load(reading.storage, experiment) if is_whole else _of(trials, experiment)
        # named, so that `EXPLANATION` stays true if Optuna changes its default
        try:
            shares = get_param_importances(study, evaluator=PedAnovaImportanceEvaluator())
        except (ValueError, RuntimeError) as error:  # of other programs' trials
            return Importance({}, f"Optuna cannot tell: {error}.")
    rough = " With so few trials it is a rough hint." if len(trials) < FEW_TRIALS else ""
    return Importance(shares, EXPLANATION.format(trials=len(trials)) + rough)


def load_importance(trials: int) -> None:
    """Import what `importance_of` needs for so many trials: scikit-learn, which takes a second."""
    if trials >= MIN_TRIALS:
        import optuna.importance  # noqa: F401


def _load(storage: TrialStorage, experiment: Experiment) -> optuna.Study:
    return optuna.load_study(study_name=experiment.name, storage=storage)


def _of(trials: list[optuna.trial.FrozenTrial], experiment: Experiment) -> optuna.Study:
    """Return a study of these trials alone: infeasible ones would be among the best."""
    study = optuna.create_study(directions=[goal.direction for goal in experiment.goals])
    study.add_trials(trials)
    return study


def _why_not(trials: list[optuna.trial.FrozenTrial]) -> str:
    if len(trials) < MIN_TRIALS:
        return f"There are {len(trials)} complete trials; it takes at least {MIN_TRIALS} to tell."
    if not any(trial.params for trial in trials):
        return "Nothing was searched."
    if len({tuple(trial.values) for trial in trials}) == 1:
        return "All complete trials came to the same value."
    return ""
