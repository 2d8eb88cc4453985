"""A study as Python code holds it: run, looked at, resumed, shown; in memory and in a folder."""

import functools
import pickle
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import hpsearch
from hpsearch import Float, Int, SearchFailed, Study, Trial, TrialRecord, UserError
from hpsearch.cli.app import main
from hpsearch.common.trial import TrialState
from hpsearch.display.live_table import ClosableDisplay, choose_display
from hpsearch.display.notebook import NotebookProgress
from hpsearch.display.plain_lines import PlainLines, Silence
from hpsearch.store import open_store
from hpsearch.store.documents import IDENTITY
from hpsearch.usecases.identity import read_identity
from hpsearch.workers.faults import gpu_absent

SPACE = {"x": Float(-5, 5), "y": Int(0, 3)}
LOCAL: dict[str, Any] = {"local": True, "register": False, "quiet": True}
ASKED: dict[str, Any] = {"space": SPACE, "objective": "minimize loss", **LOCAL}


def train(params: dict[str, Any], trial: Trial) -> None:
    print(f"hello from {trial.number}")  # noqa: T201
    for step in (1, 2):
        trial.report(step, {"loss": (params["x"] - 2) ** 2 + params["y"] + 1 / step})


def evaluate(model: object, params: dict[str, Any], device: str) -> dict[str, float]:
    return {"accuracy": 0.5}


@dataclass
class Params:
    x: float
    y: int


class Trainer:
    def __call__(self, params: Params, trial: Trial) -> None:
        self.method(params, trial)

    def method(self, params: "Params", trial: Trial) -> None:
        assert isinstance(params, Params)
        trial.report(1, {"loss": params.x + params.y})


def closure() -> Callable[..., object]:
    offset = 1.0

    @dataclass
    class Inner:
        x: float
        y: int

    def train(params: "Inner", trial: Trial) -> None:
        trial.report(1, {"loss": params.x + offset})
        assert isinstance(params, Inner)

    return train


def ends_at(number: int, params: dict[str, Any], trial: Trial) -> float:
    return float(trial.number == number)


@pytest.fixture(scope="module", autouse=True)
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Give all tests one folder with one store of MLflow: its tables take seconds to make."""
    folder = tmp_path_factory.mktemp("study")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.delenv("HPSEARCH_STUDIES", raising=False)
        patch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{folder}/mlflow.db")
        yield folder


@pytest.fixture(scope="module")
def found(folder: Path) -> Study:
    """Return a study of four trials in a folder."""
    return hpsearch.run(train, name="found", trials=4, **ASKED)


# ---- what it knows -------------------------------------------------------------------------------


def test_a_study_tells_its_trials_and_the_best_of_them(found: Study, folder: Path) -> None:
    assert (found.name, found.standing) == ("found", "finished")
    assert found.address == str(folder / "studies" / "found")
    assert [one.number for one in found.trials] == [0, 1, 2, 3]
    assert found.best is not None
    complete = [one.value for one in found.trials if one.state is TrialState.COMPLETE]
    assert found.best.value == min(value for value in complete if value is not None)
    assert found.experiment.function is train and found.experiment.budget.trials == 4
    with pytest.warns(UserWarning, match="it takes at least 10"):
        assert found.importance() == {}


def test_its_trials_are_a_table(found: Study) -> None:
    table = found.to_dataframe()
    assert list(table["number"]) == [0, 1, 2, 3] and list(table["loss"]) == list(table["value"])
    assert list(table["x"]) == [one.params["x"] for one in found.trials]


def test_a_hyperparameter_with_the_name_of_a_column_has_another() -> None:
    study = hpsearch.run(
        lambda params, trial: params["value"], name="names", space={"value": Float(0, 1)},
        objective="minimize loss", trials=1, studies="memory://", **LOCAL,
    )  # fmt: skip
    table = study.to_dataframe()
    assert list(table["value"]) == list(table["params.value"])


def test_a_study_is_shown_as_text_and_as_html(found: Study) -> None:
    text = repr(found)
    assert "found" in text and "finished" in text and "trials: 4" in text
    html = found._repr_html_()
    assert html is not None and "<svg" in html and "<table>" in html and "best: trial" in html
    assert "<script" not in html and "http-equiv" not in html


def test_a_study_is_pickled_by_its_address_and_opened_by_it(
    found: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for other in (
        pickle.loads(pickle.dumps(found)),
        hpsearch.open_study(found.address),
        hpsearch.open_study(Path(found.address)),
        hpsearch.open_study("found", Path(found.address).parent),
    ):
        assert other.trials == found.trials and other.address == found.address
    assert [one.name for one in hpsearch.list_studies(Path(found.address).parent)] == ["found"]


def test_what_is_in_memory_alone_cannot_be_pickled() -> None:
    study = hpsearch.run(train, name="gone", trials=1, studies="memory://", **ASKED)
    with pytest.raises(TypeError, match="ends with this process"):
        pickle.dumps(study)


def test_what_a_trial_printed_is_kept(found: Study) -> None:
    assert str(found.logs(2)) == "hello from 2"


# ---- a function as the trainable -----------------------------------------------------------------


@pytest.mark.parametrize(
    "function",
    [
        Trainer(),
        Trainer().method,
        closure(),
        functools.partial(ends_at, 1),
        functools.partial(Trainer.method, Trainer()),
        lambda params, trial: params["x"],
    ],
    ids=["object", "method", "closure", "partial", "partial of a method", "lambda"],
)
def test_what_can_be_called_serves(function: Callable[..., object]) -> None:
    study = hpsearch.run(function, name="called", trials=2, studies="memory://", **ASKED)
    assert [one.state for one in study.trials] == [TrialState.COMPLETE] * 2


async def train_later(params: dict[str, Any], trial: Trial) -> float:
    return 1.0


def test_a_search_runs_in_a_running_event_loop_an_async_trainable_too() -> None:
    import asyncio

    async def search(function: Callable[..., object]) -> Study:
        return hpsearch.run(function, name="loop", trials=1, studies="memory://", **ASKED)

    for function in (train, train_later):
        study = asyncio.run(search(function))
        assert study.best is not None


def test_a_function_is_checked_as_one_in_a_file_is() -> None:
    def takes_z(params: Params, trial: Trial) -> None: ...

    with pytest.raises(UserError) as caught:
        hpsearch.run(takes_z, name="wrong", trials=1, **{**ASKED, "space": {"z": Float(0, 1)}})
    codes = {fault.code for fault in caught.value.faults}
    assert codes == {"unknown-parameter", "missing-parameter"}


def test_a_study_of_a_function_goes_on_where_the_function_is_given(found: Study) -> None:
    other = hpsearch.open_study("found")
    for act in (
        functools.partial(other.run, trials=9, local=True),
        other.evaluate,
        other.export,
        other.load_model,
        functools.partial(other.confirm, 1, 2, local=True, quiet=True),
        functools.partial(hpsearch.run, f"{found.address}/experiment.yaml", local=True),
    ):
        with pytest.raises(UserError, match=r"open_study\('found', function=train\)|no-checkpoint"):
            act()
    assert len(found.trials) == 4


@pytest.mark.parametrize(
    "words",
    [["run", "studies/found/experiment.yaml"], ["confirm", "found"]],
)
def test_the_command_line_says_how_such_a_study_goes_on(
    found: Study, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2
    assert "open_study('found', function=train)" in capsys.readouterr().err


def test_the_functions_beside_it_are_found() -> None:
    study = hpsearch.run(train, name="beside", trials=1, **ASKED)
    with pytest.raises(UserError) as caught:
        study.evaluate()
    assert caught.value.faults[0].code == "no-checkpoint"  # so `evaluate` was not what is missing


def test_a_checkpoint_that_is_damaged_is_not_said_to_be_missing() -> None:
    def saving(params: dict[str, Any], trial: Trial) -> None:
        def save(folder: Path) -> None:
            (folder / "model.safetensors").write_bytes(b"weights")

        trial.report(1, {"loss": 1.0}, save)

    study = hpsearch.run(saving, name="damaged", trials=1, **ASKED)
    (file,) = Path(study.address).glob("trials/*/checkpoints/*/model.safetensors")
    file.write_bytes(b"weighty")
    with pytest.raises(UserError, match=r"\.bad") as caught:
        study.load_model()
    assert caught.value.faults[0].code == "damaged-checkpoint"


# ---- the search ----------------------------------------------------------------------------------


def test_a_study_goes_on_to_more_trials_in_all() -> None:
    study = hpsearch.run(train, name="more", trials=2, **ASKED)
    before = study.trials
    assert study.run(trials=3, **LOCAL) is study
    assert study.trials[:2] == before and len(study.trials) == 3
    assert hpsearch.run(train, name="more", trials=3, **ASKED).trials == study.trials
    again = hpsearch.open_study("more").run(train, set={"budget.trials": 4}, **LOCAL)
    assert len(again.trials) == 4


def other(params: dict[str, Any], trial: Trial) -> None:
    train(params, trial)


@pytest.mark.parametrize(
    "refused",
    [
        lambda study: study.run(other, trials=4, **LOCAL),
        lambda study: list(study.stream(other, trials=4, local=True, register=False)),
        lambda study: study.run(set={"seed": 9}, **LOCAL),
        lambda study: study.run(trials=4, set={"resources.workers_per_trial": 9}, **LOCAL),
        lambda study: study.run(trials=0, **LOCAL),
        lambda study: study.amend(set={"seed": 9}),
        lambda study: study.amend(set={"space.x.low": 90, "space.x.high": 99}),
    ],
    ids=["function", "stream", "seed", "workers", "trials", "amended seed", "amended space"],
)
def test_a_refused_call_changes_nothing(refused: Callable[[Study], object]) -> None:
    study = hpsearch.run(train, name="refused", trials=3, studies="memory://", **ASKED)
    before = study.experiment, study.trials
    with pytest.raises(UserError):
        refused(study)
    assert (study.experiment, study.trials) == before
    assert study.experiment.function is train
    assert study.amend(set={"space.x.high": 4.5}).changes
    assert len(study.run(trials=4, **LOCAL).trials) == 4


def test_what_no_machine_has_is_not_asked_for_by_the_next_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    study = hpsearch.run(train, name="no-gpu", trials=1, studies="memory://", **ASKED)
    before = study.experiment

    def open_pool(*_: object, **options: object) -> None:
        raise UserError(gpu_absent(9, 0))

    with monkeypatch.context() as patched, pytest.raises(UserError, match="no-gpu"):
        patched.setattr("hpsearch.usecases.driver.open_pool", open_pool)
        study.run(set={"resources.gpus_per_trial": 9}, trials=2, **LOCAL)
    assert study.experiment == before


def test_trials_are_streamed_as_they_end() -> None:
    study = hpsearch.run(train, name="stream", trials=1, **ASKED)
    seen = list(study.stream(trials=4, local=True, register=False))
    assert [one.number for one in seen] == [1, 2, 3]
    assert all(isinstance(one, TrialRecord) and one.state.is_finished for one in seen)


def test_who_leaves_the_stream_interrupts_the_search() -> None:
    study = hpsearch.run(train, name="left", trials=1, pruner=hpsearch.Pruner("none"), **ASKED)
    for trial in study.stream(trials=1000, local=True, register=False):
        if trial.number == 3:
            break
    assert study.standing == "interrupted" and 4 <= len(study.trials) < 1000


def test_an_error_of_the_search_ends_the_stream() -> None:
    study = hpsearch.run(train, name="fails", trials=1, **ASKED)

    def fail(params: dict[str, Any], trial: Trial) -> None:
        raise ValueError("on purpose")

    fail.__qualname__ = "train"
    with pytest.raises(SearchFailed, match="on purpose"):
        list(study.stream(fail, trials=90, local=True))


def test_another_thread_stops_a_search() -> None:
    begun = threading.Event()

    def endless(params: dict[str, Any], trial: Trial) -> None:
        begun.set()
        for step in range(10**9):
            trial.report(step, {"loss": 1.0})

    thread = threading.Thread(
        target=lambda: hpsearch.run(endless, name="stopped", trials=9, **ASKED)
    )
    thread.start()
    assert begun.wait(300)
    study = hpsearch.open_study("stopped")
    before = study.standing
    study.stop()
    thread.join(300)
    assert (before, study.standing) == ("running", "interrupted")


def test_ctrl_c_raises_and_everything_is_saved() -> None:
    def interrupts(params: dict[str, Any], trial: Trial) -> None:
        for step in range(1, 9 ** (1 + trial.number)):
            trial.report(step, {"loss": 1.0})
            if (trial.number, step) == (1, 1):
                signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        off = hpsearch.Pruner("none")
        hpsearch.run(interrupts, name="ctrl-c", trials=4, pruner=off, **ASKED)
    study = hpsearch.open_study("ctrl-c")
    assert study.standing == "interrupted"
    assert [one.state.is_finished for one in study.trials] == [True, False]


def test_a_search_without_a_complete_trial_fails() -> None:
    def fail(params: dict[str, Any], trial: Trial) -> None:
        raise ValueError("on purpose")

    with pytest.raises(SearchFailed, match="on purpose"):
        hpsearch.run(fail, name="failed", trials=2, studies="memory://", **ASKED)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((1, {"loss": 1.0}, {"weights": 1}), "`checkpoint` is a function .* and no dict"),
        ((1, {"loss": 1.0}, "model.pt"), "`checkpoint` is a function .* and no str"),
        ((1, {"loss": 1.0}, True), "`checkpoint` is a function .* and no bool"),
        ((1, 0.5), "metrics are a mapping of names to numbers, not 0.5"),
        ((1, {"loss": "low"}), "metric `loss` is 'low', not a number"),
        ((1.5, {"loss": 1.0}), "a step is a whole number from 0, not 1.5"),
    ],
)
def test_a_report_with_a_wrong_argument_says_which_one_it_is(
    arguments: tuple[Any, ...], said: str
) -> None:
    def report(params: dict[str, Any], trial: Trial) -> None:
        trial.report(*arguments)

    with pytest.raises(SearchFailed, match=f"TypeError: report: {said}"):
        hpsearch.run(report, name="reports", trials=1, studies="memory://", **ASKED)


def test_an_experiment_and_its_file_serve_as_a_function_does(folder: Path) -> None:
    (folder / "code.py").write_text("def train(p, t):\n    return p['x'] * p.get('z', 1)\n")
    made = hpsearch.Experiment(
        name="value", trainable="code.py:train", objective="minimize loss", space={"x": Float(0, 1)}
    )
    study = hpsearch.run(made, trials=1, params={"z": 2}, **LOCAL)
    assert study.trials[0].params["z"] == 2
    assert study.trials[0].value == 2 * float(str(study.trials[0].params["x"]))
    file = Path(study.address, "experiment.yaml")
    (folder / "copy.yaml").write_text(file.read_text())
    copy = hpsearch.run("copy.yaml", name="copy", set={"budget.trials": 2, "seed": 7}, **LOCAL)
    assert len(copy.trials) == 2 and copy.experiment.seed == 7
    assert copy.run(trials=3, **LOCAL).standing == "finished"


def test_a_study_of_python_code_knows_no_file_and_old_ones_still_open(found: Study) -> None:
    store = open_store(Path(found.address).parent).study("found")
    identity = read_identity(store)
    assert identity.source == "" and identity.folder == Path.cwd()
    before = store.read(IDENTITY)
    store.write(IDENTITY, b'{"id": "1", "source": "/there/e.yaml"}')
    assert read_identity(store).folder == Path("/there")
    assert before is not None
    store.write(IDENTITY, before)


# ---- bad input -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "codes"),
    [
        ({"trials": 0}, ["wrong-value"]),
        ({"smapler": hpsearch.Sampler("tpe")}, ["unknown-argument"]),
        ({"name": None, "space": {"x": Float(3, 1)}}, ["bad-value", "missing-key"]),
        ({"set": {"budget.trails": 3}}, ["unknown-key"]),
        ({"set": {"": 3}}, ["bad-override"]),
        ({"objective": "minimise loss"}, ["wrong-value"]),
        ({"sampler": hpsearch.Sampler("tpe", nothing=3)}, ["unknown-option"]),
    ],
)
def test_all_faults_of_a_call_are_told_with_the_codes_of_a_file(
    given: dict[str, Any], codes: list[str]
) -> None:
    with pytest.raises(UserError) as caught:
        hpsearch.run(train, **{"name": "bad", "trials": 1, **ASKED, **given})
    assert sorted(fault.code for fault in caught.value.faults) == codes
    assert not Path("studies", "bad").exists()


def test_an_error_is_raised_as_if_by_the_call(found: Study) -> None:
    with pytest.raises(UserError) as caught:
        hpsearch.open_study("nothing")
    assert caught.value.__cause__ is None and caught.value.__suppress_context__
    assert [one.name for one in caught.traceback][1:] == ["called"]


@pytest.mark.parametrize("given", [5, None, b"e.yaml"])
def test_what_is_no_experiment_is_said_to_be_none(given: Any) -> None:
    with pytest.raises(UserError, match="unknown-experiment"):
        hpsearch.run(given)


def test_a_study_that_was_removed_says_so() -> None:
    study = hpsearch.run(train, name="removed", trials=1, **ASKED)
    study.remove()
    with pytest.raises(UserError, match="no-study"):
        study.best  # noqa: B018
    assert "no-study" in repr(study) and study._repr_html_() is None


def test_an_unknown_format_is_refused(found: Study) -> None:
    with pytest.raises(UserError, match="did you mean `onnx`"):
        found.export(formats=["onx"])


# ---- what is shown -------------------------------------------------------------------------------


class ZMQInteractiveShell:
    """Called as IPython calls that of a kernel."""


def test_a_notebook_shows_its_own_progress_and_a_thread_no_table(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shown: list[ClosableDisplay] = []
    thread = threading.Thread(target=lambda: shown.append(choose_display(quiet=False)))
    thread.start()
    thread.join()
    assert isinstance(shown[0], PlainLines)
    shown[0].close()
    kernel = ModuleType("IPython")
    kernel.get_ipython = ZMQInteractiveShell  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "IPython", kernel)
    assert isinstance(choose_display(quiet=False), NotebookProgress)
    assert isinstance(choose_display(quiet=True), Silence)


# ---- what outlives a call ------------------------------------------------------------------------


def test_nothing_of_a_trainable_outlives_the_call(folder: Path) -> None:
    place = folder / "apart"
    place.mkdir()
    (place / "helper.py").write_text("VALUE = 1.0\n")
    (place / "apart_code.py").write_text(
        "import os, warnings, helper\n"
        "def train(p, t):\n"
        "    os.environ['LEFT'] = 'behind'\n"
        "    warnings.simplefilter('ignore')\n"
        "    return helper.VALUE\n"
    )
    (place / "e.yaml").write_text(
        "name: apart\ntrainable: apart_code.py:train\nbudget: {trials: 1}\n"
        "objective: {metric: loss, direction: minimize}\n"
    )
    import os

    path, handlers = list(sys.path), [signal.getsignal(n) for n in (2, 15, 1)]
    environment, filters = dict(os.environ), list(warnings.filters)
    study = hpsearch.run(place / "e.yaml", studies="memory://", **LOCAL)
    assert study.best is not None and study.best.value == 1.0
    assert sys.path == path and {"helper", "apart_code"}.isdisjoint(sys.modules)
    assert [signal.getsignal(n) for n in (2, 15, 1)] == handlers
    assert dict(os.environ) == environment and list(warnings.filters) == filters


def test_two_threads_search_at_once() -> None:
    found: dict[str, Study] = {}

    def search(name: str) -> None:
        found[name] = hpsearch.run(train, name=name, trials=3, **ASKED)

    streams = sys.stdout, sys.stderr, sys.breakpointhook
    threads = [threading.Thread(target=search, args=(name,)) for name in ("one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    values = [[one.value for one in found[name].trials] for name in ("one", "two")]
    assert values[0] == values[1] and len(values[0]) == 3
    assert (sys.stdout, sys.stderr, sys.breakpointhook) == streams
