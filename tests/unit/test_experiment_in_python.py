"""An experiment made in Python: the same values, checks and faults as one from a file."""

import functools
from pathlib import Path
from typing import Any

import numpy
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
    change_experiment,
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


@pytest.mark.parametrize(("section", "value"), [("space", Float(0, 1)), ("params", 2)])
def test_a_name_that_is_no_text_is_said_to_be_a_name(section: str, value: object) -> None:
    given: Any = {section: {1: value}}
    with pytest.raises(UserError) as caught:
        Experiment(name="a", trainable=train, objective="maximize accuracy", **given)
    (fault,) = [one for one in caught.value.faults if "name" in one.why]
    assert fault.why == "a name in it is 1, which is no text." and fault.fix == "write '1'."
    assert f"`{section}` is not valid" in fault.what


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


def test_values_of_numpy_are_taken_as_pythons_own() -> None:
    experiment = made(
        space={
            "kind": Categorical(numpy.array([16, 32])),  # type: ignore[arg-type]
            "rate": Float(numpy.float64(0), 1),
        },
        params={"z": numpy.float64(0.5)},
        budget=Budget(trials=numpy.int64(3)),
    )
    assert experiment.space["kind"].model_dump()["choices"] == [16, 32]
    assert experiment.budget.trials == 3 and type(experiment.budget.trials) is int
    assert change_experiment(experiment, {}, {"budget.trials": numpy.int64(4)}).budget.trials == 4


def test_what_a_notebook_shows_of_an_experiment_has_no_secret() -> None:
    experiment = made(
        params={"api_key": "hunter2secret", "licence": "A1-B2-C3"}, secrets=["licence"]
    )
    for shown in (repr(experiment), str(experiment)):
        assert "api_key" in shown and "hunter2" not in shown and "A1-B2" not in shown
    assert experiment.params["licence"] == "A1-B2-C3"
