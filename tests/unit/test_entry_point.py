"""Whatever takes `(params, trial)` serves as a trainable, and what does not is refused."""

from pathlib import Path

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


@pytest.mark.parametrize(
    "source",
    [
        "def train(params, trial): yield",
        "async def train(params, trial): yield",
        "class Trainer:\n    def __call__(self, params, trial): yield\ntrain = Trainer()",
        "def base(params, trial, more): yield\ntrain = functools.partial(base, more=1)",
    ],
)
def test_a_generator_is_refused(tmp_path: Path, source: str) -> None:
    fault = refusal(tmp_path, source)
    assert fault.code == "trainable-arguments" and "instead of `yield`" in fault.fix


def test_a_generator_that_only_the_call_shows_fails_the_trial(tmp_path: Path) -> None:
    source = "def train(params, trial): return (step for step in range(3))"
    trainable = load_trainable(write(tmp_path, source), tmp_path)
    with pytest.raises(TypeError, match="returned a generator"):
        called(trainable)


@pytest.mark.parametrize(
    "source", ["train = 3", "def train(p, trial): ...\ndel train", "train = None"]
)
def test_what_is_no_function_is_refused(tmp_path: Path, source: str) -> None:
    assert refusal(tmp_path, source).code == "no-trainable"
