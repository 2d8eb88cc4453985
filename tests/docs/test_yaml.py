"""Every experiment that a page shows is valid; a part of one is valid with the rest around it."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from hpsearch.experiment import Experiment, dump_yaml
from hpsearch.tracking import further
from hpsearch.usecases import Source, validate
from tests.docs.pages import Block, blocks

REST: dict[str, Any] = {
    "name": "a-part",
    "trainable": "stub.py:train",
    "objective": {"metric": "loss", "direction": "minimize"},
}
STUB = "def {function}(params, trial):\n    trial.report(1, {{'loss': 1.0}})\n"


@pytest.fixture(autouse=True)
def every_recorder(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have pages name recorders that are not installed here."""
    monkeypatch.setattr(further, "find_spec", lambda package: package)


@pytest.mark.parametrize("block", blocks("yaml"), ids=str)
def test_every_experiment_on_a_page_is_valid(block: Block, tmp_path: Path) -> None:
    keys = yaml.safe_load(block.text).keys()
    assert keys <= Experiment.model_fields.keys(), "it is no experiment, and nothing checks it"
    rest = {key: value for key, value in REST.items() if key not in keys}
    file = tmp_path / "experiment.yaml"
    file.write_text(block.text + (dump_yaml(rest) if rest else ""))
    _write_stubs(yaml.safe_load(file.read_text())["trainable"], tmp_path)
    source = Source.read(file)
    validate(source)
    assert keys <= source.experiment.model_fields_set


def _write_stubs(trainable: Any, folder: Path) -> None:
    """Write the file of a function, or the scripts that a command names."""
    if isinstance(trainable, str):
        place, _, function = trainable.rpartition(":")
        (folder / place).write_text(STUB.format(function=function))
        return
    for word in trainable["command"]:
        if word.endswith(".py"):
            (folder / word).touch()


def test_experiments_are_found() -> None:
    assert len(blocks("yaml")) >= 5
