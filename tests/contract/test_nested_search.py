"""A search with groups and with choices of every kind: run, resumed, suggested to, shown."""

import json
from pathlib import Path
from typing import Any

import pytest
from mlflow import MlflowClient

from hpsearch import usecases
from hpsearch.cli.app import main
from hpsearch.common.trial import TrialState
from hpsearch.display.live_table import choose_display
from hpsearch.store import documents, open_store
from hpsearch.usecases import Result, Source

CODE = """\
from dataclasses import dataclass, field

@dataclass(frozen=True)
class Encoder:
    widths: tuple[int, ...]
    depth: int = 1
    act: str | None = None

@dataclass
class Model:
    encoder: Encoder
    bias: bool = True

@dataclass(frozen=True)
class Size:
    layers: int

@dataclass
class Params:
    model: Model
    size: Size = Size(1)
    extra: dict = field(default_factory=lambda: {"kept": 1})

def train(params: Params, trial):
    assert isinstance(params.model.encoder.widths, tuple) and params.extra["kept"] == 1
    encoder = params.model.encoder
    trial.report(1, {"value": sum(encoder.widths) + encoder.depth + params.size.layers})
"""
TEXT = """\
name: nested
trainable: own.py:train
objective: {metric: value, direction: maximize}
params: {extra: {more: {epochs: 2}}, model.encoder.act: null}
space:
  model:
    encoder:
      widths: {type: categorical, choices: [[64, 32], [128]]}
      depth: {type: int, low: 1, high: 4, when: {model.encoder.widths: [64, 32]}}
    bias: {type: categorical, choices: [true, false]}
  size: {type: categorical, choices: {small: {layers: 2}, large: {layers: 8}}}
suggestions:
  - {model: {encoder: {widths: [64, 32], depth: 3}}, size: {layers: 8}}
"""


@pytest.fixture
def experiment(empty_mlflow: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "mlflow.db").write_bytes(empty_mlflow.read_bytes())
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/mlflow.db")
    (tmp_path / "own.py").write_text(CODE)
    (tmp_path / "e.yaml").write_text(TEXT)
    return tmp_path / "e.yaml"


def run(experiment: Path, trials: int) -> Result:
    source = Source.read(experiment, (f"budget.trials={trials}",))
    usecases.validate(source)
    store = open_store("studies").study("nested")
    return usecases.run(source, choose_display(quiet=True), store=store, local=True)


def test_what_is_recorded_is_flat_and_by_name_and_what_is_given_is_not(
    experiment: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = run(experiment, 2)
    expected = {
        "extra.more.epochs": 2, "model.encoder.act": None, "model.encoder.widths": "[64, 32]",
        "model.encoder.depth": 3, "size": "large",
    }  # fmt: skip
    suggested = first.records[0]
    assert {n: v for n, v in suggested.params.items() if n != "model.bias"} == expected
    assert suggested.values == (64 + 32 + 3 + 8,)

    view = usecases.look(open_store("studies"), "nested")
    words = ['model.encoder.widths="[128]"', "size=small", "model.bias=false"]
    usecases.suggest(view, words)
    second = run(experiment, 4)
    assert [one.state for one in second.records] == [TrialState.COMPLETE] * 4
    assert second.records[:2] == first.records
    again = {n: v for n, v in second.records[2].params.items() if n in view.experiment.space}
    assert again == {"model.encoder.widths": "[128]", "model.bias": False, "size": "small"}
    assert second.records[2].values == (128 + 1 + 2,)

    view = usecases.look(open_store("studies"), "nested")
    usecases.report(view, output=None, force=False)
    page = (view.store.read(documents.REPORT) or b"").decode()
    assert "model.encoder.widths" in page and "[64, 32]" in page and "large" in page

    assert code_of("show", "nested", "--trial", "0", "--json") == 0
    shown = json.loads(capsys.readouterr().out)
    assert {n: v for n, v in shown["params"].items() if n != "model.bias"} == expected
    recorded = MlflowClient().get_run(child_run(0)).data.params
    assert recorded["model.encoder.widths"] == "[64, 32]" and recorded["size"] == "large"


def code_of(*words: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main([*words])
    return int(ended.value.code or 0)


def child_run(number: int) -> str:
    client = MlflowClient()
    ids = [one.experiment_id for one in client.search_experiments()]
    runs: list[Any] = client.search_runs(ids, f"tags.`hpsearch.trial` = '{number}'")
    return str(runs[0].info.run_id)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("depth: {type: int, low: 1", "dept: {type: int, low: 1", "`space.model.encoder.dept`"),
        ("[[64, 32], [128]]", "[[64, 32], [wide]]", "`space.model.encoder.widths` can be ['wide']"),
        ("{layers: 2}", "{layrs: 2}", "Size has no field `layrs`"),
    ],
)
def test_what_does_not_fit_is_refused_before_anything_begins(
    experiment: Path, old: str, new: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    experiment.write_text(TEXT.replace(old, new).partition("suggestions")[0])
    for command in (["validate", "e.yaml"], ["run", "e.yaml", "--local", "--quiet"]):
        assert code_of(*command) == 2
        assert said in " ".join(capsys.readouterr().err.split())
    assert not open_store("studies").study("nested").exists()


def test_the_order_of_named_choices_is_part_of_the_study(
    experiment: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(experiment, 1)
    turned = "{large: {layers: 8}, small: {layers: 2}}"
    experiment.write_text(TEXT.replace("{small: {layers: 2}, large: {layers: 8}}", turned))
    assert code_of("run", "e.yaml", "--local", "--quiet") == 2
    assert "space.size.choices" in " ".join(capsys.readouterr().err.split())
