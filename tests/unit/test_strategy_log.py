"""A study says which sampler and pruner it had, and from which trial on."""

from typing import Any

from hpsearch.cli.render.strategies import strategies_text
from hpsearch.experiment import Experiment
from hpsearch.store import StudyStore, open_store
from hpsearch.strategies import OptunaStudy, Reading, strategies_of
from tests.support import make_experiment
from tests.unit.test_optuna_study import asked, finish


def run(store: StudyStore, experiment: Experiment, trials: int) -> None:
    study = OptunaStudy(store, experiment)
    for _ in range(trials):
        finish(study, asked(study), 1.0)
    study.close()


def noted(store: StudyStore) -> list[dict[str, Any]]:
    return strategies_of(Reading.of(store, make_experiment()).attributes)


def test_a_change_of_the_sampler_or_the_pruner_is_kept_with_its_first_trial() -> None:
    store = open_store("memory://").study("study")
    random = make_experiment(sampler={"type": "random"}, pruner={"type": "none"})
    asha = {"type": "asha", "min_resource": 2}
    run(store, random, 2)
    run(store, random, 1)
    run(store, make_experiment(sampler={"type": "random"}, pruner=asha), 1)
    run(store, random, 1)
    none, sampler = {"type": "none"}, {"type": "random"}
    assert noted(store) == [
        {"from_trial": 0, "sampler": sampler, "pruner": none},
        {"from_trial": 3, "sampler": sampler, "pruner": asha},
        {"from_trial": 4, "sampler": sampler, "pruner": none},
    ]
    assert strategies_text(noted(store)) == (
        "random with none from trial 0; random with asha (min_resource 2) from trial 3; "
        "random with none from trial 4"
    )


def test_a_study_with_one_strategy_needs_no_words() -> None:
    store = open_store("memory://").study("study")
    run(store, make_experiment(), 1)
    assert len(noted(store)) == 1 and strategies_text(noted(store)) == ""
