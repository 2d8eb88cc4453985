"""What is found wrong with a command before anything starts."""

import json
from pathlib import Path
from typing import Any

import pytest

from hpsearch.common.errors import UserError
from hpsearch.experiment import Command, Experiment, dump_yaml, read_stored
from hpsearch.usecases import Source, validate
from hpsearch.usecases.model.faults import command_not_exportable
from hpsearch.usecases.plan import trainable_faults
from tests.support import make_experiment


def told(folder: Path, trainable: dict[str, Any], **sections: Any) -> list[str]:
    """Return the codes of the faults, each with the fix that it has."""
    experiment = make_experiment("", trainable=trainable, **sections)
    return [f"{fault.code}: {fault.fix}" for fault in trainable_faults(experiment, folder)]


def test_all_that_is_wrong_with_a_command_is_said_at_once(tmp_path: Path) -> None:
    (tmp_path / "train.py").touch()
    space = {"x": {"type": "int", "low": 1, "high": 2}, "y": {"type": "int", "low": 1, "high": 2}}
    space["y"]["when"] = {"x": 1}
    words = ["python", "trian.py", "--x=${xx}", "${trial.sed}", "--y=${y}", "all=${args}"]
    metrics = {"pattern": r"(?P<step>\d) (?P<valu>\d)"}
    found = told(tmp_path, {"command": words, "metrics": metrics}, space=space)
    assert [one.partition(":")[0] for one in found] == [
        "unknown-placeholder", "unknown-placeholder", "unusable-placeholder",
        "unusable-placeholder", "no-program", "no-objective-in-pattern",
    ]  # fmt: skip
    assert "did you mean `trial.seed`?" in found[1] and "`$${trial.sed}`" in found[1]
    assert found[4] == "no-program: did you mean `train.py`?"


@pytest.mark.parametrize(
    ("word", "code"),
    [
        ("${x", "unclosed-placeholder"),
        ("--x=${x} ${", "unclosed-placeholder"),
        ("${trial.seed}", "ambiguous-placeholder"),
        ("${args}", "ambiguous-placeholder"),
        ("${x} $${x", ""),
    ],
)
def test_a_placeholder_has_an_end_and_one_meaning(tmp_path: Path, word: str, code: str) -> None:
    space = {n: {"type": "int", "low": 1, "high": 2} for n in ("x", "trial.seed", "args")}
    found = told(tmp_path, {"command": ["sh", word]}, space=space)
    assert [one.partition(":")[0] for one in found] == [code] * bool(code)


@pytest.mark.parametrize(
    ("program", "fix"),
    [
        ("no-such-program", "install it, or give its path."),
        ("tool", "write `./tool`."),
        ("./tol", "did you mean `tool`?"),
        ("./tool", "run `chmod +x"),
    ],
)
def test_a_program_that_is_not_there_is_named(tmp_path: Path, program: str, fix: str) -> None:
    (tmp_path / "tool").touch()
    (found,) = told(tmp_path, {"command": [program, "${args}"]})
    assert found.startswith(f"no-program: {fix}")


def test_a_script_outside_the_folder_is_not_sent_to_a_cluster(tmp_path: Path) -> None:
    folder = tmp_path / "experiments"
    folder.mkdir()
    (tmp_path / "train.py").touch()
    command = {"command": ["python", "../train.py", "${args}"]}
    assert told(folder, command) == []
    (found,) = told(folder, command, resources={"ray_address": "auto"})
    assert found.startswith("trainable-not-sent")


@pytest.mark.parametrize("line", ["train '${x}'", 'train "--x=${x}"', 'train "it\'s ${x}"'])
def test_a_placeholder_in_quotes_would_be_quoted_twice(tmp_path: Path, line: str) -> None:
    (found,) = told(tmp_path, {"command": line, "shell": True})
    assert found == "unusable-placeholder: write `${x}` without quotes around it."


@pytest.mark.parametrize("line", ["echo 'a' ${x} \"b\"", "echo \\' ${x} \\'", "echo $${HOME} ${x}"])
def test_a_placeholder_beside_quotes_is_fine(tmp_path: Path, line: str) -> None:
    assert told(tmp_path, {"command": line, "shell": True}) == []


def test_a_file_of_all_trials_needs_one_trial_at_a_time(tmp_path: Path) -> None:
    command = {"command": ["python", "${args}"], "metrics": {"file": "out/log.csv"}}
    (found,) = told(tmp_path, command)
    assert found.startswith("shared-file: write `${trial.scratch}/log.csv`")
    assert told(tmp_path, command, resources={"parallel_trials": 1}) == []


def test_one_number_is_not_several_objectives(tmp_path: Path) -> None:
    both = [{"metric": name, "direction": "maximize"} for name in ("a", "b")]
    command = {"command": ["python", "${args}"], "metrics": "number"}
    (found,) = told(tmp_path, command, objective=both, pruner={"type": "none"})
    assert found.startswith("one-number")


def test_the_plan_names_a_hyperparameter_that_no_argument_has(tmp_path: Path) -> None:
    for words, said in ((["${x}"], ["`rate`"]), (["${args}"], []), (["${params.json}"], [])):
        given = {"command": ["python", *words]}
        experiment = make_experiment("", trainable=given, params={"rate": 1})
        notices = validate(Source(experiment, None, tmp_path)).notices
        assert [notice.partition(" ")[0] for notice in notices] == said


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"command": "python train.py ${args}"}, 'write the list [python, train.py, "${args}"]'),
        ({"command": ["a"], "shell": True}, "write `command` as a text"),
        ({"command": []}, "write the program and its arguments"),
        ({"command": ["a"], "metrics": {}}, "keep one of `pattern`, `file`, `tensorboard`"),
        ({"command": ["a"], "metrics": {"pattern": "("}}, "correct the expression"),
        ({"command": ["a"], "metrics": {"pattern": r"(?P<step>\d)"}}, "write `(?P<NAME>...)`"),
        ({"command": ["a"], "metrics": "yaml"}, "it must be one of 'json' or 'number'"),
        ({"command": ["a"], "grace_second": 1}, "did you mean `grace_seconds`?"),
        ({"command": ["a"], "grace_seconds": 60}, "it must be at most 50"),
        ({"command": 3}, "it must be a list"),
    ],
)
def test_a_mistake_in_the_section_is_one_fault_with_its_fix(wrong: Any, why: str) -> None:
    with pytest.raises(UserError) as error:
        Experiment(name="a", trainable=wrong, objective="maximize value")
    assert len(error.value.faults) == 1 and why in str(error.value)


def test_python_code_makes_the_same_command_as_a_file() -> None:
    made = Command(["python", "train.py", "${args}"], metrics="json", grace_seconds=3.0)
    given = {"command": ["python", "train.py", "${args}"], "metrics": "json", "grace_seconds": 3.0}
    one = Experiment(name="a", trainable=made, objective="maximize v")
    other = read_stored(json.dumps({**one.model_dump(mode="json"), "trainable": given}), Path())
    assert one == other and one.reference == "python train.py ${args}"
    assert read_stored(dump_yaml(one.model_dump(mode="json")), Path()) == one


def test_a_model_of_a_command_cannot_be_built_and_the_error_says_so() -> None:
    fault = command_not_exportable("python train.py")
    assert fault.code == "not-exportable" and "build_model" in fault.fix


def test_a_command_in_place_of_a_function_is_told_how_commands_are_written(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text("def train(params, trial): ...")
    experiment = make_experiment("", trainable="python train.py --fast")
    (fault,) = trainable_faults(experiment, tmp_path)
    written = 'write `trainable: {command: [python, train.py, --fast, "${args}"]}`.'
    assert "write `train.py:train`." in fault.fix and fault.fix.endswith(written)


@pytest.mark.parametrize(
    ("words", "codes"),
    [
        (["env", "A=1", "python", "-u", "trian.py", "other.py"], ["no-program"]),
        (["python", "-m", "package.train", "${args}"], []),
        (["python", "-c", "print(1)", "${args}"], []),
        (["python", "${trial.scratch}/made.py", "${args}"], []),
        (["/bin/cp", "made.py", "later.py"], []),
    ],
)
def test_the_script_of_an_interpreter_must_be_there(
    tmp_path: Path, words: list[str], codes: list[str]
) -> None:
    found = told(tmp_path, {"command": words})
    assert [one.partition(":")[0] for one in found] == codes


def test_lists_and_derived_hyperparameters_can_be_named_if_every_trial_has_them(
    tmp_path: Path,
) -> None:
    (tmp_path / "train.py").touch()
    item = {"type": "int", "low": 1, "high": 9}
    space = {
        "depth": {"type": "int", "low": 1, "high": 2},
        "widths": {"type": "list", "length": "depth", "of": item},
        "some": {"type": "list", "length": "depth", "of": item, "when": {"depth": 2}},
    }
    params = {"units": "${depth} * 8", "rest": "${some.0} + 1"}
    words = ["python", "train.py", "${depth}", "${widths}", "${units}", "${some}", "${rest}"]
    found = told(tmp_path, {"command": words}, space=space, params=params)
    assert [one.partition(":")[0] for one in found] == ["unusable-placeholder"] * 2
