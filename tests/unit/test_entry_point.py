"""Whatever takes `(params, trial)` serves as a trainable, and what does not is refused."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from hpsearch.common.decision import TrialStopped
from hpsearch.common.errors import Fault, UserError
from hpsearch.trainable import load_trainable
from tests.trainables import called, write

PASSES_ON = """\
def decorator(function):
    @functools.wraps(function)
    def inner(*args, **kwargs): return function(*args, **kwargs)
    return inner
"""
GIVES_MORE = """\
def decorator(function):
    @functools.wraps(function)
    def inner(params, trial): return function(params, trial, 3)
    return inner
"""
OBJECT = """\
class Trainer:
    def __call__(self, p: P, trial): return p
    def method(self, p: P, trial): return p
    @classmethod
    def of_class(cls, p: P, trial): return p
    @staticmethod
    def static(p: P, trial): return p
"""


@pytest.mark.parametrize(
    "source",
    [
        "def train(p: P, trial): return p",
        "def train(p: P, trial: 'Gone'): return p",
        "def train(p: P, trial, more=1, *, further=2): return p",
        "async def train(p: P, trial): return p",
        f"{PASSES_ON}@decorator\ndef train(p: P, trial): return p",
        f"{PASSES_ON}@decorator\n@decorator\nasync def train(p: P, trial): return p",
        f"{GIVES_MORE}@decorator\ndef train(p: P, trial, more): return p",
        "@functools.singledispatch\ndef train(p: P, trial): return p",
        "def base(more, p: P, trial): return p\ntrain = functools.partial(base, 3)",
        "def base(p: P, trial, more): return p\ntrain = functools.partial(base, more=3)",
        "async def base(p: P, trial, *, more): return p\ntrain = functools.partial(base, more=3)",
        f"{OBJECT}train = Trainer()",
        f"{OBJECT}train = Trainer().method",
        f"{OBJECT}train = Trainer.of_class",
        f"{OBJECT}train = Trainer.static",
        "import sys\nthis = sys.modules[__name__]\ndef train(p: 'this.P', trial): return p",
        "try:\n    def train(p: P, trial): return p\nfinally: pass",
        "if True:\n    def train(p: P, trial): return p",
        "for _ in range(1):\n    def train(p: P, trial): return p",
        "def train(trial): ...\ndef train(p: P, trial): return p",
        "def base(p: P, trial): return p\ntrain = base",
    ],
)
def test_a_trainable_gets_its_dataclass(tmp_path: Path, source: str) -> None:
    trainable = load_trainable(write(tmp_path, source), tmp_path)
    assert repr(called(trainable, x=1)) == "P(x=1.0)"


def test_a_stop_goes_through_an_async_trainable(tmp_path: Path) -> None:
    source = "from hpsearch import TrialStopped\nasync def train(p, t): raise TrialStopped('it')"
    with pytest.raises(TrialStopped, match="it"):
        called(load_trainable(write(tmp_path, source), tmp_path))


def test_a_class_and_a_lambda_serve_too(tmp_path: Path) -> None:
    source = "class train:\n    def __init__(self, p: P, trial): self.p = p"
    assert called(load_trainable(write(tmp_path, source), tmp_path), x=1).p.x == 1.0
    dictionary = load_trainable(write(tmp_path, "train = lambda p, trial: p"), tmp_path)
    assert called(dictionary, x=1) == {"x": 1}


def refusal(folder: Path, source: str) -> Fault:
    with pytest.raises(UserError) as refused:
        load_trainable(write(folder, source), folder)
    (fault,) = refused.value.faults
    return fault


@pytest.mark.parametrize(
    "source",
    [
        "def train(): ...",
        "def train(trial): ...",
        "def train(params, trial, more): ...",
        "def train(trial, *, lr, steps=3): ...",
        "def train(**params): ...",
        "def base(params, trial): ...\ntrain = functools.partial(base, {})",
        "class train:\n    def __call__(self, params, trial): ...",
        f"{PASSES_ON}@decorator\ndef train(trial): ...",
        "@functools.cache\ndef train(trial): ...",
        "from os import getcwd as train",
        "train = P",
    ],
)
def test_other_arguments_are_refused(tmp_path: Path, source: str) -> None:
    fault = refusal(tmp_path, source)
    assert fault.code == "trainable-arguments"
    assert "def train(params, trial)" in fault.fix


CLASS = """\
class Base:
    def __init__(self, params: P): self.params = params
    def train(self, trial): return self.params
"""
RECORD = "@dataclass\nclass train:\n    x: float\n    y: int = 3\n"


@pytest.mark.parametrize(
    "source",
    [
        f"{CLASS}train = Base",
        f"{CLASS}class train(Base): ...",
        f"{CLASS}class train(Base):\n    async def train(self, trial): return self.params",
        f"{CLASS}class train(Base):\n    def __init__(self, p: P, depth=1): self.params = p",
    ],
)
def test_a_class_with_a_method_train_is_made_anew_and_trained(tmp_path: Path, source: str) -> None:
    trainable = load_trainable(write(tmp_path, source), tmp_path)
    assert repr(called(trainable, x=1)) == "P(x=1.0)"


@pytest.mark.parametrize(
    "source",
    [
        f"{RECORD}    def train(self, trial): return self.x + self.y",
        "class train(BaseModel):\n    x: float\n    y: int = 3\n"
        "    def train(self, trial): return self.x + self.y",
        "@attrs.define\nclass train:\n    x: float\n    y: int = 3\n"
        "    def train(self, trial): return self.x + self.y",
    ],
)
def test_the_fields_of_a_class_that_trains_are_its_hyperparameters(
    tmp_path: Path, source: str
) -> None:
    trainable = load_trainable(write(tmp_path, source), tmp_path)
    assert called(trainable, x=1) == 4.0
    assert trainable.signature.fields is not None and [*trainable.signature.fields] == ["x", "y"]


@pytest.mark.parametrize(
    "source",
    [
        "class train:\n    def train(self, trial): ...",
        "class train:\n    def __init__(self, params): ...\n    def train(self, p, trial): ...",
        "class train:\n    def __init__(self, params, more): ...\n    def train(self, trial): ...",
        f"{RECORD}    def train(self): ...",
    ],
)
def test_a_class_that_cannot_be_made_or_trained_is_refused(tmp_path: Path, source: str) -> None:
    fault = refusal(tmp_path, source)
    assert fault.code == "trainable-arguments" and "Model(params).train(trial)" in fault.what


@dataclass
class Heard:
    """A trial that hears reports, and stops at one of them."""

    stops_at: int = 99
    start_step: int = 0
    reports: list[tuple[Any, ...]] = field(default_factory=list)

    def report(self, *given: Any) -> None:
        self.reports.append(given)
        if len(self.reports) == self.stops_at:
            raise TrialStopped("enough")


def heard(folder: Path, source: str, trial: Heard | None = None) -> tuple[Heard, Any]:
    trial = trial or Heard()
    trainable = load_trainable(write(folder, source), folder)
    return trial, trainable.train(trainable.make_params({"x": 1}), trial)  # type: ignore[arg-type]


GENERATORS = {
    "function": "def train(p: P, trial):\n    yield {'a': p.x}\n    yield {'a': 2.0}",
    "async": "async def train(p: P, trial):\n    yield {'a': p.x}\n    yield {'a': 2.0}",
    "object": "class T:\n    def __call__(self, p: P, trial):\n        yield {'a': p.x}\n"
    "        yield {'a': 2.0}\ntrain = T()",
    "partial": "def base(p: P, trial, more):\n    yield {'a': p.x}\n    yield {'a': more}\n"
    "train = functools.partial(base, more=2.0)",
    "decorated": f"{PASSES_ON}@decorator\ndef train(p: P, trial):\n    yield {{'a': p.x}}\n"
    "    yield {'a': 2.0}",
    "method": "@dataclass\nclass train:\n    x: float\n    def train(self, trial):\n"
    "        yield {'a': self.x}\n        yield {'a': 2.0}",
    "returned": "def train(p: P, trial):\n    return ({'a': x} for x in (p.x, 2.0))",
}


@pytest.mark.parametrize("source", GENERATORS.values(), ids=GENERATORS)
def test_what_a_generator_yields_is_reported_step_by_step(tmp_path: Path, source: str) -> None:
    trial, _ = heard(tmp_path, source)
    assert trial.reports == [(0, {"a": 1.0}), (1, {"a": 2.0})]


def test_a_generator_that_is_resumed_counts_on(tmp_path: Path) -> None:
    trial, _ = heard(tmp_path, GENERATORS["function"], Heard(start_step=5))
    assert [step for step, _ in trial.reports] == [5, 6]


def test_a_generator_may_yield_the_step_and_how_to_save(tmp_path: Path) -> None:
    source = "def train(p, trial):\n    yield 3, {'a': 1}\n    yield {'a': 2}\n    yield 7, {}, len"
    trial, _ = heard(tmp_path, source)
    assert trial.reports == [(3, {"a": 1}), (4, {"a": 2}), (7, {}, len)]


def test_what_a_generator_returns_is_its_result(tmp_path: Path) -> None:
    assert heard(tmp_path, "def train(p, trial):\n    yield {'a': 1}\n    return 0.5")[1] == 0.5


@pytest.mark.parametrize("kind", ["", "async "])
def test_a_stop_is_raised_at_the_yield(tmp_path: Path, kind: str) -> None:
    source = (
        f"{kind}def train(p, trial):\n    try:\n        yield {{'a': 1}}\n"
        "        yield {'a': 2}\n"
        "    except BaseException as stop:\n        trial.reports.append((repr(stop),))\n"
        "        raise\n    finally:\n        trial.reports.append(('finally',))"
    )
    trial = Heard(stops_at=2)
    with pytest.raises(TrialStopped, match="enough"):
        heard(tmp_path, source, trial)
    assert trial.reports[2:] == [("TrialStopped('enough')",), ("finally",)]


@pytest.mark.parametrize("yielded", ["", "3", "'a'", "(1, 2, 3, 4)", "(1,)"])
def test_a_generator_that_yields_something_else_fails(tmp_path: Path, yielded: str) -> None:
    with pytest.raises(TypeError, match=r"must yield metrics.*it yielded"):
        heard(tmp_path, f"def train(p, trial):\n    yield {yielded}")


@pytest.mark.parametrize(
    "source", ["train = 3", "def train(p, trial): ...\ndel train", "train = None"]
)
def test_what_is_no_function_is_refused(tmp_path: Path, source: str) -> None:
    assert refusal(tmp_path, source).code == "no-trainable"
