"""One wrong value is one fault, in plain English."""

from pathlib import Path

import pytest

from hpsearch.common.errors import UserError
from hpsearch.experiment import Experiment, read_experiment

TEXT = """\
name: good
trainable: cnn.py:train
objective: {metric: a, direction: maximize}
params: {batch: 3}
space:
  lr: {type: float, low: 1e-4, high: 1.0, log: true}
  o: {type: categorical, choices: [sgd, adam]}
  x: {type: int, low: 0, high: 3, when: {o: sgd}}
"""
WRONG = ["[[1, 2], [3]]", "{a: {b: 1}}", "[]", "-1.5", "null", "'text'", "true", ".nan", "3"]
PATHS = [
    *("name", "trainable", "objective", "objective.metric", "objective.direction", "seed"),
    *(
        "params",
        "params.batch",
        "space",
        "space.lr",
        "space.lr.low",
        "space.lr.log",
        "space.lr.step",
    ),
    *("space.o.choices", "space.x.when", "space.x.when.o", "space.x.type", "sampler"),
    *("sampler.type", "pruner.type", "budget", "budget.trials", "budget.minutes", "budget.target"),
    *("resources.gpus_per_trial", "resources.cpus_per_trial", "resources.retries"),
    *("resources.ray_address", "tracking.uri", "checkpoints.keep", "checkpoints.max_gigabytes"),
    *("budget.stop_when_unlikely", "budget.failed_share", "budget.failed_in_a_row"),
    *("resources.workers_per_trial", "resources.wait_minutes", "checkpoints.every_seconds"),
]


@pytest.mark.parametrize("path", PATHS)
def test_a_wrong_value_is_at_most_one_fault_in_plain_words(tmp_path: Path, path: str) -> None:
    file = tmp_path / "experiment.yaml"
    file.write_text(TEXT)
    for wrong in WRONG:
        try:
            read_experiment(file, (f"{path}={wrong}",))
        except UserError as refused:
            said = str(refused)
            assert len(refused.faults) == 1 or wrong.startswith(("{", "[[")), said
            for foreign in ("Input should", "a valid", "instance of", "None", "True"):
                assert foreign not in said.replace("MLflow", ""), said


@pytest.mark.parametrize(
    ("section", "fix"),
    [
        ({"objective": {"metric": "loss", "direction": "max"}}, "did you mean `maximize`?"),
        ({"objective": "loss"}, 'write `"minimize loss"` or `"maximize loss"`.'),
        ({"space": {"x": {"type": "integer", "low": 1, "high": 3}}}, "did you mean `int`?"),
        ({"space": {"x": (0.5, 1)}}, "write `hpsearch.Float(0.5, 1)`; put a value that stays"),
        ({"budget": {"minutes": -3}}, "set it to a number above 0."),
        ({"budget": {"stop_when_unlikely": 5}}, "set it to a number below 1."),
        ({"trials": 5}, "did you mean `budget.trials`?"),
        ({"budget": {"retries": 2}}, "did you mean `resources.retries`?"),
        ({"sampler": "random"}, "write `sampler: {type: random}`."),
        ({"params": {"depth": 1}, "parameter_constraints": ["dept < 2"]}, "did you mean `depth`?"),
    ],
)
def test_a_near_miss_is_told_what_to_write(section: dict[str, object], fix: str) -> None:
    given: dict[str, object] = {"name": "a", "trainable": "a.py:b", "space": {}}
    with pytest.raises(UserError) as refused:
        Experiment(**{**given, "objective": "minimize loss", **section})  # type: ignore[arg-type]
    assert [one.fix.startswith(fix) for one in refused.value.faults] == [True]
