"""The experiment file: what is wrong with it is said at once, all of it, with its place."""

from pathlib import Path

import pytest

from hpsearch.common.errors import UserError
from hpsearch.experiment import Experiment, dump_yaml, read_experiment, read_stored

GOOD = """\
name: good
trainable: cnn.py:train
objective: {metric: val_accuracy, direction: maximize}
space:
  learning_rate: {type: float, low: 1e-4, high: 1e-1, log: true}
"""


def read(folder: Path, text: str, *overrides: str) -> Experiment:
    file = folder / "experiment.yaml"
    file.write_text(text)
    return read_experiment(file, overrides)


def message(folder: Path, text: str, *overrides: str) -> str:
    with pytest.raises(UserError) as refused:
        read(folder, text, *overrides)
    return str(refused.value)


def test_a_number_in_scientific_notation_is_a_float(tmp_path: Path) -> None:
    parameter = read(tmp_path, GOOD).space["learning_rate"]
    assert parameter.type == "float" and parameter.low == 1e-4


@pytest.mark.parametrize(
    ("line", "code", "part"),
    [
        ("sapce: {}", "unknown-key", "did you mean `space`?"),
        ("budget: {trails: 3}", "unknown-key", "did you mean `trials`?"),
        ("budget: {trials: 0}", "wrong-value", "`budget.trials` is 0"),
        ("budget: {trials: many}", "wrong-value", "'many'"),
        ("resources: {gpus_per_trial: -1}", "wrong-value", "gpus_per_trial"),
        ("resources: {gpus_per_trial: atuo}", "wrong-value", "'auto'"),
        ("resources: {gpu_per_trial: auto}", "unknown-key", "did you mean `gpus_per_trial`?"),
        ("sampler: {type: tpee}", "wrong-value", "tpee"),
        ("seed: -1", "wrong-value", "`seed` is -1"),
        ("name: again", "duplicate-key", "line 1"),
    ],
)
def test_a_wrong_key_or_value_is_named(tmp_path: Path, line: str, code: str, part: str) -> None:
    text = message(tmp_path, GOOD + line + "\n")
    assert f"error[{code}]" in text and part in text
    assert "experiment.yaml:6" in text


@pytest.mark.parametrize(
    ("parameter", "part"),
    [
        ("{type: float, low: 1, high: 0}", "above `high`"),
        ("{type: float, low: 0, high: 1, log: true}", "above 0"),
        ("{type: float, low: .nan, high: 1}", "finite"),
        ("{type: categorical, choices: []}", "empty"),
        ("{type: floating, low: 0, high: 1}", "floating"),
        ("{low: 0, high: 1}", "type"),
        ("{type: int, low: 0, high: 1, hgih: 2}", "did you mean `high`?"),
        ("{type: int, low: 0, high: 1, when: {nobody: 1}}", "`nobody`, which is not in `space`"),
        ("{type: int, low: 0, high: 1, when: {learning_rate: 9}}", "can never be"),
        ("{type: int, low: 0, high: 1, when: {x: 1}}", "circular"),
    ],
)
def test_a_wrong_parameter_is_named(tmp_path: Path, parameter: str, part: str) -> None:
    assert part in message(tmp_path, f"{GOOD}  x: {parameter}\n")


def test_a_parameter_is_either_fixed_or_searched(tmp_path: Path) -> None:
    text = message(tmp_path, GOOD + "params: {learning_rate: 0.1}\n")
    assert "`learning_rate` is in both `params` and `space`" in text


@pytest.mark.parametrize("name", ["../up", "a/b", "", ".hidden", "x" * 300, "a\\0b", "a b"])
def test_a_name_that_could_leave_its_folder_is_refused(tmp_path: Path, name: str) -> None:
    text = message(tmp_path, GOOD.replace("name: good", f'name: "{name}"'))
    assert "`name`" in text


def test_all_faults_are_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(UserError) as refused:
        read(tmp_path, GOOD + "sapce: {}\nbudget: {trials: 0}\nseed: x\n")
    assert len(refused.value.faults) == 3


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("name: !!python/object:os.system x\n", "malformed-yaml"),
        ("a: [1, 2\n", "malformed-yaml"),
        ("- a list\n", "not-an-experiment"),
        ("", "not-an-experiment"),
        ("[" * 50_000, "malformed-yaml"),
        ("a: &a [*a]\n", "yaml-bomb"),
        ("name: \x00\n", "malformed-yaml"),
    ],
)
def test_what_is_no_plain_yaml_is_refused(tmp_path: Path, text: str, code: str) -> None:
    assert f"error[{code}]" in message(tmp_path, text)


def test_an_alias_bomb_is_refused_without_being_unfolded(tmp_path: Path) -> None:
    levels = [f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]" for n in range(1, 12)]
    assert "yaml-bomb" in message(tmp_path, "\n".join(["l0: &l0 [x, x]", *levels]))


def test_a_plain_alias_may_be_used(tmp_path: Path) -> None:
    text = GOOD + "  a: &unit {type: float, low: 0, high: 1}\n  b: *unit\n"
    assert read(tmp_path, text).space["b"] == read(tmp_path, text).space["a"]


def test_ten_megabytes_are_refused_by_their_size(tmp_path: Path) -> None:
    assert "file-too-large" in message(tmp_path, GOOD + "#" * 10_000_000)


def test_a_missing_file_is_answered_with_the_nearest_one(tmp_path: Path) -> None:
    (tmp_path / "cnn.yaml").write_text(GOOD)
    with pytest.raises(UserError, match=r"did you mean .*cnn\.yaml"):
        read_experiment(tmp_path / "cn.yaml")


def test_an_override_takes_the_place_of_any_key(tmp_path: Path) -> None:
    experiment = read(
        tmp_path, GOOD, "space.learning_rate.high=0.3", "budget.trials=7", "sampler.type=random"
    )
    parameter = experiment.space["learning_rate"]
    assert parameter.type == "float" and parameter.high == 0.3
    assert (experiment.budget.trials, experiment.sampler.type) == (7, "random")


@pytest.mark.parametrize("override", ["nonsense", "=1", "a..b=1", "name.x=1", "budget.trails=3"])
def test_an_override_that_fits_nowhere_is_refused(tmp_path: Path, override: str) -> None:
    assert "--set" in message(tmp_path, GOOD, override)


@pytest.mark.parametrize(("text", "fixed"), [("auto", None), ("null", None), ("0.5", 0.5)])
def test_gpus_are_a_number_or_left_to_the_machine(
    tmp_path: Path, text: str, fixed: float | None
) -> None:
    resources = read(tmp_path, GOOD, f"resources.gpus_per_trial={text}").resources
    assert resources.fixed_gpus == fixed
    assert str(resources.gpus_per_trial).lower().replace("none", "null") == text


def test_a_wrong_number_of_gpus_is_one_fault(tmp_path: Path) -> None:
    with pytest.raises(UserError) as refused:
        read(tmp_path, GOOD, "resources.gpus_per_trial=-1")
    assert len(refused.value.faults) == 1


def test_the_resolved_experiment_reads_back_as_the_same(tmp_path: Path) -> None:
    text = GOOD + "pruner: {type: median, n_startup_trials: 3}\n"
    text += "resources: {gpus_per_trial: auto}\n"
    experiment = read(tmp_path, text)
    assert read(tmp_path, dump_yaml(experiment.model_dump(mode="json"))) == experiment


def test_several_objectives_cannot_be_pruned(tmp_path: Path) -> None:
    several = GOOD.replace(
        "{metric: val_accuracy, direction: maximize}",
        "[{metric: a, direction: maximize}, {metric: b, direction: minimize}]",
    )
    assert "the median pruner takes a single objective" in message(
        tmp_path, several + "pruner: {type: median}\n"
    )
    for pruner in ("", "pruner: {type: none}\n"):
        assert len(read(tmp_path, several + pruner).goals) == 2


def test_every_key_of_the_file_is_explained() -> None:
    sections = Experiment.model_json_schema()["$defs"].values()
    unexplained = [
        f"{section['title']}.{key}"
        for section in sections
        for key, field in section.get("properties", {}).items()
        if key != "type" and "description" not in field
    ]
    assert not unexplained


def test_a_study_of_the_version_before_is_read_though_it_would_be_refused_now(
    tmp_path: Path,
) -> None:
    file = tmp_path / "experiment.yaml"
    text = GOOD + "  n: {type: int, low: 0, high: 100000000000000000000}\n"
    text += "  x: {type: int, low: 0, high: 1, when: {learning_rate: 0.01}}\n"
    file.write_text(text + "  c: {type: categorical, choices: [0o17, 0:30]}\n")
    experiment = read_stored(file.read_text(), file)
    assert experiment.space["c"].model_dump()["choices"] == ["0o17", "0:30"]
    assert experiment.space["n"].model_dump()["high"] == 10**20
    with pytest.raises(UserError):
        read_experiment(file)
