"""What a trainable is given, what may stand beside it, and that both are what the contract says."""

import inspect
import os
import runpy
from pathlib import Path
from typing import Any

import pytest

from hpsearch.common.logs import is_being_written, tail
from hpsearch.trainable import HOOKS, Hooks, Trial, contract, hook_notices, load_trainable
from hpsearch.usecases.source import Source
from hpsearch.usecases.validate import validate
from hpsearch.workers.log_writer.live import Live
from hpsearch.workers.log_writer.log import Log
from tests.experiments.stub_trial import StubTrial
from tests.support import Bench, write_trainables

ROOT = Path(__file__).parents[2]
TRAIN = "def train(params, trial): ...\n"


def members(kind: type) -> dict[str, Any]:
    return {name: one for name, one in vars(kind).items() if not name.startswith("_")}


def public(kind: type) -> dict[str, Any]:
    """Return the members of a protocol, without what `typing` adds."""
    return {name: one for name, one in members(kind).items() if inspect.getdoc(one)}


def notices(folder: Path, beside: str) -> list[str]:
    (folder / "own.py").write_text(TRAIN + beside)
    return hook_notices("own.py:train", folder)


# ---- hooks ---------------------------------------------------------------------------------------


def test_every_hook_stands_in_the_protocol_with_a_docstring() -> None:
    assert tuple(public(Hooks)) == HOOKS
    assert all("Called" in (inspect.getdoc(hook) or "") for hook in public(Hooks).values())


def test_a_hook_is_found_by_name_and_may_be_missing(tmp_path: Path) -> None:
    (tmp_path / "own.py").write_text(TRAIN + "def evaluate(model, params, device): return {}\n")
    trainable = load_trainable("own.py:train", tmp_path)
    found = trainable.hook("evaluate")
    assert found is not None and found(None, None, "cpu") == {}
    assert trainable.hook("build_model") is None


def test_what_is_not_callable_is_no_hook(tmp_path: Path) -> None:
    (tmp_path / "own.py").write_text(TRAIN + "describe_data = {'data': 'digits'}\n")
    assert load_trainable("own.py:train", tmp_path).hook("describe_data") is None


def test_a_name_that_is_no_hook_is_our_mistake(tmp_path: Path) -> None:
    trainable = load_trainable("samples.py:quadratic", write_trainables(tmp_path))
    with pytest.raises(ValueError, match="'build_modle' is not a hook; hooks are build_model, "):
        trainable.hook("build_modle")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "hook"),
    [
        ("build_modle", "build_model"),
        ("buildModel", "build_model"),
        ("example_inputs", "example_input"),
        ("evalute", "evaluate"),
        ("train_finale", "train_final"),
        ("readInput", "read_input"),
    ],
)
def test_a_misspelt_hook_is_noticed(tmp_path: Path, name: str, hook: str) -> None:
    (said,) = notices(tmp_path, f"def {name}(*given): ...\n")
    assert said == f"`{name}` beside the trainable is not called: did you mean the hook `{hook}`?"


@pytest.mark.parametrize(
    "beside",
    [
        "def build_model(params): ...\ndef build_models(all): ...\n",  # the hook is there
        "def evaluate_model(m): ...\ndef train_fold(n): ...\n",  # words of their own
        "def _evaluate(m): ...\n",  # meant to be private
        "evaluates = 3\n",
    ],
)
def test_helpers_with_names_of_their_own_are_left_alone(tmp_path: Path, beside: str) -> None:
    assert notices(tmp_path, beside) == []


@pytest.mark.parametrize("reference", ["cnn.py:train", "digits_sklearn.py:train"])
def test_nothing_is_noticed_of_our_own_experiments(reference: str) -> None:
    assert hook_notices(reference, ROOT / "experiments") == []


def test_validate_tells_of_a_misspelt_hook(tmp_path: Path) -> None:
    (tmp_path / "own.py").write_text(TRAIN + "def evalute(model): ...\n")
    (tmp_path / "e.yaml").write_text(
        "name: e\ntrainable: own.py:train\nobjective: {metric: v, direction: maximize}\n"
        "space: {x: {type: float, low: 0, high: 1}}\n"
    )
    (said,) = validate(Source.read(tmp_path / "e.yaml")).notices
    assert "`evalute`" in said and "hook `evaluate`" in said


def test_the_reference_has_every_member_and_hook() -> None:
    page = runpy.run_path(str(ROOT / "docs/generate.py"))["trainable"]()
    assert all(f"### trial.{name}\n" in page for name in public(Trial))
    assert all(f"### {name}\n" in page for name in HOOKS)
    assert inspect.getdoc(contract) in page and "self" not in page.split("```text")[1]
    written = (ROOT / "docs/reference/trainable.md").read_text()
    assert written.endswith(page)


# ---- trial ---------------------------------------------------------------------------------------


def test_the_stub_of_the_experiments_has_all_of_a_trial(tmp_path: Path) -> None:
    stub = StubTrial(tmp_path)
    assert all(hasattr(stub, name) for name in public(Trial))


def test_a_trial_knows_its_study_and_begins_at_step_0(bench: Bench) -> None:
    code = """
def train(params, trial):
    assert (trial.study, trial.start_step, trial.checkpoint) == ("sample", 0, None)
    return 1.0
"""
    assert bench.run_code(code, budget={"trials": 1})[0].values == (1.0,)


@pytest.mark.parametrize("saved_at", [0, 1, 4])
def test_a_resumed_trial_begins_one_after_the_step_of_its_checkpoint(
    bench: Bench, saved_at: int
) -> None:
    code = f"""
def train(params, trial):
    for step in range(trial.start_step, 8):
        save = (lambda folder: (folder / "w").write_text("")) if step == {saved_at} else None
        trial.log(step, {{"start": trial.start_step}})
        trial.report(step, {{"value": float(step)}}, save)
"""
    rules = {"every_seconds": 0.0}
    off = {"type": "none"}
    (record,) = bench.run_code(code, [7], budget={"trials": 1}, checkpoints=rules, pruner=off)
    reports = [m for m in record.measurements if m.source == "reported"]
    starts = [m.metrics["start"] for m in record.measurements if m.source == "logged"]
    assert record.attempt == 2 and [m.step for m in reports] == list(range(8))
    assert set(starts) == {0, saved_at + 1} and not bench.notices[1:]


def test_a_trial_that_starts_anew_without_a_checkpoint_begins_at_step_0(bench: Bench) -> None:
    code = """
def train(params, trial):
    for step in range(trial.start_step, 4): trial.report(step, {"value": float(step)})
"""
    (record,) = bench.run_code(code, [2], budget={"trials": 1})
    assert record.attempt == 2 and [m.step for m in record.measurements] == [0, 1, 2, 3]


def test_a_trial_reads_what_it_printed_so_far(bench: Bench) -> None:
    code = """
import os, sys
def train(params, trial):
    assert trial.output == "", trial.output
    print("first")
    assert trial.output == "first", trial.output
    os.system("echo of a child")
    print("of stderr", file=sys.stderr)
    assert trial.output.splitlines() == ["first", "of a child", "of stderr"], trial.output
    for line in range(100): print(line)
    assert trial.output.splitlines() == [str(line) for line in range(70, 100)]
    return 1.0
"""
    records = bench.run_code(code, budget={"trials": 2})
    assert [(record.values, record.reason) for record in records] == [((1.0,), "")] * 2


def test_reading_the_output_breaks_no_line_that_is_not_ended(tmp_path: Path) -> None:
    (file := tmp_path / "1.log").touch()
    reader, writer = os.pipe()
    log = Log(str(file), reader, Live(None))
    for part in (b"whole\nhalf", b" and half\n"):
        os.write(writer, part)
        log.catch_up()
        assert is_being_written(file)
    assert tail(file) == "whole\nhalf and half"
    os.close(writer)
    log.close()
