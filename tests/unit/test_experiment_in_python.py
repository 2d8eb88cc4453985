"""An experiment made in Python: the same values, checks and faults as one from a file."""

import functools
from pathlib import Path
from typing import Any

import pytest

from hpsearch.common.errors import UserError
from hpsearch.experiment import (
    Budget,
    Categorical,
    Experiment,
    Float,
    Int,
    Pruner,
    Resources,
    Sampler,
    dump_yaml,
    read_experiment,
)


def train(params: dict[str, Any], trial: object) -> None: ...


class Trainer:
    def __call__(self, params: dict[str, Any], trial: object) -> None: ...

    def train(self, params: dict[str, Any], trial: object) -> None: ...


def made(**sections: Any) -> Experiment:
    given: dict[str, Any] = {"name": "made", "trainable": "a.py:train"}
    return Experiment(**{**given, "objective": "maximize accuracy", **sections})


def test_what_python_makes_reads_back_from_a_file_as_the_same(tmp_path: Path) -> None:
    experiment = made(
        space={
            "rate": Float(1e-4, 1, log=True),
            "depth": Int(1, 4, when={"kind": "a"}),
            "kind": Categorical(("a", "b")),
        },
        sampler=Sampler("tpe", n_startup_trials=5),
        pruner=Pruner("none"),
        budget=Budget(trials=3),
        resources=Resources(cpus_per_trial=2),
    )
    file = tmp_path / "experiment.yaml"
    file.write_text(dump_yaml(experiment.model_dump(mode="json")))
    assert read_experiment(file) == experiment


def test_all_faults_are_told_at_once_with_the_codes_of_a_file() -> None:
    with pytest.raises(UserError) as caught:
        Experiment(
            name="a b",
            trainable=train,
            objective="maximise accuracy",
            space={"rate": Float(3, 1), "kind": Categorical([])},
            budget=Budget(trails=3, minutes=-1),
            smapler=Sampler("tpe"),
        )
    codes = sorted(fault.code for fault in caught.value.faults)
    assert codes == ["bad-value"] * 3 + ["unknown-key"] * 2 + ["wrong-value"] * 2
    assert "did you mean `sampler`?" in str(caught.value)


@pytest.mark.parametrize(
    ("function", "name"),
    [
        (train, "<function train of tests.unit.test_experiment_in_python>"),
        (functools.partial(train), "<function train of tests.unit.test_experiment_in_python>"),
        (Trainer(), "<function Trainer of tests.unit.test_experiment_in_python>"),
        (Trainer().train, "<function Trainer.train of tests.unit.test_experiment_in_python>"),
        (lambda params, trial: None, "<function <lambda> of tests.unit.test_experiment_in_python>"),
    ],
)
def test_a_function_is_kept_and_the_stored_text_says_that_python_gave_it(
    function: Any, name: str
) -> None:
    experiment = made(trainable=function)
    assert experiment.function is function and experiment.trainable == name
    assert experiment.model_copy(update={"seed": 1}).function is function


def test_several_objectives_may_be_given_in_short() -> None:
    experiment = made(objective=["maximize a", "minimize b"], pruner=Pruner("none"))
    assert [(goal.direction, goal.metric) for goal in experiment.goals] == [
        ("maximize", "a"),
        ("minimize", "b"),
    ]


def test_a_section_made_with_too_many_values_is_a_type_error_as_in_all_python() -> None:
    with pytest.raises(TypeError, match="at most 2 values by position"):
        Float(1, 2, 3)  # type: ignore[call-arg, arg-type]
    with pytest.raises(TypeError, match="`low` twice"):
        Float(1, low=2)  # type: ignore[call-arg, misc]
