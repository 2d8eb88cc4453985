"""A bad input to anything public: a UserError, and no line of ours in the traceback of a notebook.

A method without a row here fails the first test, so that none is forgotten.
"""

import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FunctionType
from typing import Any

import numpy
import pandas
import pytest

import hpsearch
from hpsearch import Float, HpsearchError, Study, Trial, UserError

CODE = Path(hpsearch.__file__).parent
LOCAL: dict[str, Any] = {"local": True, "register": False, "quiet": True}

PLANNED: dict[str, Any] = {
    "name": "planned",
    "space": {"x": Float(0, 1)},
    "objective": "minimize loss",
    "budget": {"trials": 1},
}


def train(params: dict[str, Any], trial: Trial) -> float:
    return float(params["x"])


@pytest.fixture(scope="module", autouse=True)
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("errors")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.delenv("HPSEARCH_STUDIES", raising=False)
        patch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{folder}/mlflow.db")
        hpsearch.run(
            train, name="found", space={"x": Float(0, 1)}, objective="minimize loss", trials=1,
            **LOCAL,
        )  # fmt: skip
        yield folder


def gone() -> Study:
    return Study("studies", "gone")


def found() -> Study:
    return hpsearch.open_study("found")


OF_SCRIPTS = {"report"}
"""What a script calls raises what a trial's `report` does."""

BAD: dict[str, list[Callable[[], object]]] = {
    "run": [
        lambda: hpsearch.run("nothing.yaml"),
        lambda: hpsearch.run(train, set={"nothing": 1}),
        lambda: hpsearch.run(train, set="nothing"),  # type: ignore[arg-type]
        lambda: hpsearch.run(train, name="x", studies="ftp://bucket"),
        lambda: hpsearch.run(train, name="x", space=3, trials=1),  # type: ignore[arg-type]
        lambda: hpsearch.run(train, name="x", params={1: 2}),  # type: ignore[dict-item]
        lambda: hpsearch.run(train, name="x", params=pandas.DataFrame({"x": [1]})),
        lambda: hpsearch.run(train, name="x", space=numpy.ones(2)),  # type: ignore[arg-type]
    ],
    "plan": [
        lambda: hpsearch.plan("nothing.yaml"),
        lambda: hpsearch.plan(5),  # type: ignore[arg-type]
        lambda: hpsearch.plan(train, set="nothing"),  # type: ignore[arg-type]
        lambda: hpsearch.plan(train, name="x", space=3),
        lambda: hpsearch.plan(train, **PLANNED, from_study="gone"),
        lambda: hpsearch.plan(train, **PLANNED, from_study=5),  # type: ignore[arg-type]
        lambda: hpsearch.plan(train, **PLANNED, from_study="found", studies="ftp://bucket"),
        lambda: hpsearch.plan(train, **PLANNED, probe=0, local=True, quiet=True),
        lambda: hpsearch.plan(train, **PLANNED, probe="4", local=True, quiet=True),  # type: ignore[arg-type]
        lambda: hpsearch.plan(train, **PLANNED, minutes=-1, local=True, quiet=True),
        lambda: hpsearch.plan(train, **PLANNED, minutes="1", local=True, quiet=True),  # type: ignore[arg-type]
    ],
    "open_study": [
        lambda: hpsearch.open_study("nothing"),
        lambda: hpsearch.open_study("found", "ftp://bucket"),
        lambda: hpsearch.open_study("../found"),
    ],
    "list_studies": [
        lambda: hpsearch.list_studies("ftp://bucket"),
        lambda: hpsearch.list_studies(5),  # type: ignore[arg-type]
        lambda: hpsearch.list_studies("a\0b"),
        lambda: hpsearch.list_studies("\ud800"),
    ],
    "import_trials": [
        lambda: hpsearch.import_trials("nothing.yaml", "results.csv"),
        lambda: hpsearch.import_trials(train, "results.csv"),  # type: ignore[arg-type]
    ],
    "Study.amend": [
        lambda: gone().amend(set={"space.x.high": 2.0}),
        lambda: found().amend(set={"nothing": 1}),
        lambda: found().amend(set=["nothing"]),  # type: ignore[arg-type]
        lambda: found().amend("nothing.yaml"),
        lambda: found().amend(5),  # type: ignore[arg-type]
        lambda: found().amend(space=3),
        lambda: found().amend(objective="maximize nothing"),
    ],
    "Study.import_trials": [
        lambda: gone().import_trials("results.csv"),
        lambda: found().import_trials("nothing.csv"),
        lambda: found().import_trials("nothing.db"),
        lambda: found().import_trials(5),  # type: ignore[arg-type]
        lambda: found().import_trials("a\0b"),
        lambda: found().import_trials("postgres://x"),
        lambda: found().import_trials("nothing.csv", map=["a=b"]),  # type: ignore[arg-type]
        lambda: found().import_trials("nothing.csv", map={"a": 3}),  # type: ignore[dict-item]
    ],
    "Study.__init__": [lambda: Study("studies", "../up"), lambda: Study("ftp://bucket", "x")],
    "Study.look": [lambda: gone().look()],
    "Study.experiment": [lambda: gone().experiment],
    "Study.standing": [lambda: gone().standing],
    "Study.trials": [lambda: gone().trials],
    "Study.best": [lambda: gone().best],
    "Study.best_trials": [lambda: gone().best_trials],
    "Study.to_dataframe": [lambda: gone().to_dataframe()],
    "Study.to_optuna": [lambda: gone().to_optuna()],
    "Study.importance": [lambda: gone().importance()],
    "Study.suggest": [
        lambda: found().suggest({"nothing": 1}),
        lambda: found().suggest(["x"]),
        lambda: found().suggest(5),  # type: ignore[arg-type]
        lambda: found().suggest({"x": numpy.ones(2)}),
    ],
    "Study.slots": [
        lambda: gone().slots(1),
        lambda: found().slots(1),
        lambda: found().slots(0),
        lambda: found().slots(True),
        lambda: found().slots("4"),  # type: ignore[arg-type]
    ],
    "Study.logs": [
        lambda: found().logs(99),
        lambda: found().logs("0"),  # type: ignore[arg-type]
        lambda: found().logs(0, "1"),  # type: ignore[arg-type]
    ],
    "Study.replay": [lambda: gone().replay()],
    "Study.what_if": [
        lambda: gone().what_if("random"),
        lambda: found().what_if("nothing"),
        lambda: found().what_if(pruner="nothing"),
        lambda: found().what_if(5),  # type: ignore[arg-type]
        lambda: found().what_if(set=["nothing"]),  # type: ignore[arg-type]
        lambda: found().what_if("random", set={"nothing": 1}),
        lambda: found().what_if("random", set={"sampler.nothing": 1}),
    ],
    "Study.run": [
        lambda: found().run(trials=0, **LOCAL),
        lambda: found().run(5, **LOCAL),  # type: ignore[arg-type]
    ],
    "Study.stream": [
        lambda: found().stream(trials=0),
        lambda: list(found().stream(trials=2, local=True)),  # its function is not known here
    ],
    "Study.stop": [],  # nothing to get wrong; with another process it is tested elsewhere
    "Study.search": [],  # takes what the command has read
    "Study.confirm": [
        lambda: found().confirm(0, quiet=True),
        lambda: found().confirm(seeds=1, quiet=True),
        lambda: found().confirm("1", quiet=True),  # type: ignore[arg-type]
        lambda: found().confirm(seeds=10**30, quiet=True),
    ],
    "Study.evaluate": [lambda: found().evaluate(99), lambda: gone().evaluate()],
    "Study.export": [
        lambda: found().export(formats=["onx"]),
        lambda: found().export(formats="onnx"),
        lambda: found().export(formats=b"onnx"),  # type: ignore[arg-type]
        lambda: found().export(5),  # type: ignore[arg-type]
        lambda: found().export("a\0b"),
    ],
    "Study.load_model": [lambda: found().load_model(-1)],
    "Study.predict": [
        lambda: found().predict(["nothing.png"]),
        lambda: found().predict([], 9),
        lambda: found().predict("digit.png"),
        lambda: found().predict(Path("digit.png")),  # type: ignore[arg-type]
        lambda: found().predict([5, "\ud800"]),  # type: ignore[list-item]
        lambda: found().predict(["x" * 300]),
    ],
    "Study.report": [
        lambda: found().report("mlflow.db"),
        lambda: found().report(5),  # type: ignore[arg-type]
        lambda: found().report("\ud800"),
        lambda: found().report("x" * 300),
    ],
    "Study.remove": [lambda: gone().remove()],
    "Study.name": [],
    "Study.address": [],
}
"""What raises an error, by the public name."""


def test_everything_public_that_can_be_called_has_a_row() -> None:
    functions = {
        name
        for name in hpsearch.__all__
        if isinstance(getattr(hpsearch, name), FunctionType) and name not in OF_SCRIPTS
    }
    members = {
        f"Study.{name}"
        for name, member in vars(Study).items()
        if isinstance(member, FunctionType | property) and not name.startswith("_")
    }
    assert {*BAD} == functions | members | {"Study.__init__"}


@pytest.mark.parametrize(
    ("name", "act"), [(name, act) for name, acts in BAD.items() for act in acts]
)
def test_a_bad_input_is_a_user_error_without_a_frame_of_ours(
    name: str, act: Callable[[], object]
) -> None:
    with pytest.raises(UserError) as caught:
        act()
    error = caught.value
    assert error.faults and error.__cause__ is None and error.__suppress_context__
    shown = [frame for frame, _ in traceback.walk_tb(error.__traceback__) if not is_hidden(frame)]
    assert [frame.f_code.co_name for frame in shown[1:]] == ["<lambda>"]


def is_hidden(frame: Any) -> bool:
    """Return whether IPython leaves the frame out; only the wrapper of a call may ask for it."""
    hidden = bool(frame.f_locals.get("__tracebackhide__"))
    assert not hidden or Path(frame.f_code.co_filename) == CODE / "study" / "traceback.py"
    return hidden


def test_a_traceback_has_one_line_of_ours_and_debugging_shows_the_origin() -> None:
    with pytest.raises(HpsearchError) as caught:
        found().importance, gone().importance()
    frames = [frame for frame, _ in traceback.walk_tb(caught.value.__traceback__)]
    assert sum(Path(frame.f_code.co_filename).is_relative_to(CODE) for frame in frames) == 1
    origin: BaseException = caught.value
    while origin.__context__ is not None:
        origin = origin.__context__
    assert "find_study" in "".join(traceback.format_tb(origin.__traceback__))


def test_a_misspelt_argument_is_named_with_the_nearest_one() -> None:
    def train(params: Any, trial: Any) -> float:
        return 1.0

    for call in (hpsearch.run, hpsearch.plan):
        with pytest.raises(UserError, match="did you mean `trials`"):
            call(train, trails=2)
    with pytest.raises(UserError, match="`minutes` is 0"):
        hpsearch.plan(train, objective="minimize x", name="p", trials=6, minutes=0, local=True)


def test_a_study_in_memory_ends_with_its_process_and_the_error_says_so() -> None:
    with pytest.raises(UserError, match="end with the process") as caught:
        hpsearch.open_study("memory://sample")
    assert "--studies" not in str(caught.value)
