"""Rules of the repository itself."""

import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import hpsearch
from hpsearch.usecases import Source, validate

ROOT = Path(__file__).parents[2]
EXPERIMENTS = sorted((ROOT / "experiments").glob("*.yaml"))


@pytest.mark.parametrize("path", EXPERIMENTS, ids=lambda path: path.name)
def test_every_experiment_of_the_repository_validates(path: Path) -> None:
    source = Source.read(path)
    assert validate(source).name == source.experiment.name


def test_some_experiments_were_found() -> None:
    assert len(EXPERIMENTS) >= 3


PUBLIC = {
    "run", "plan", "open_study", "list_studies", "import_trials", "Study", "Experiment",
    "Float", "Int", "Categorical", "List", "Command", "Sampler", "Pruner", "Budget", "Resources",
    "Trial", "TrialRecord", "TrialStopped", "Infeasible", "ScriptTrial", "report", "trial",
    "HpsearchError", "UserError", "SearchFailed", "__version__",
}  # fmt: skip
"""What stays as it is from version to version; whoever changes it, changes a promise."""


def test_the_public_names_are_these_and_each_is_there_and_documented() -> None:
    assert set(hpsearch.__all__) == PUBLIC and len(hpsearch.__all__) == len(PUBLIC)
    assert all(getattr(hpsearch, name).__doc__ for name in PUBLIC)
    assert {*dir(hpsearch)} >= PUBLIC
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        hpsearch.nothing  # noqa: B018


def test_importing_hpsearch_loads_its_door_alone() -> None:
    code = "import sys; import hpsearch; print(*(m for m in sys.modules if 'hpsearch.' in m))"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert loaded == ["hpsearch.common", "hpsearch.common.lazy"]


@pytest.mark.parametrize(
    "room",
    [
        one.parent.name
        for one in sorted(ROOT.glob("hpsearch/*/__init__.py"))
        if "__all__" in one.read_text()
    ],
)
def test_each_name_of_a_rooms_door_is_there(room: str) -> None:
    door = import_module(f"hpsearch.{room}")
    assert all(getattr(door, name) is not None for name in door.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        door.nothing  # noqa: B018


def test_a_worker_loads_neither_the_search_loop_nor_a_heavy_library() -> None:
    code = "import sys; import hpsearch.workers.worker; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert "hpsearch.engine.messages" in loaded
    assert not {"hpsearch.engine.search", "pydantic", "optuna", "ray", "mlflow", "torch"} & {
        *loaded
    }


def test_a_trainable_loads_no_more_than_what_it_is_given() -> None:
    code = (
        "import sys; from hpsearch import Trial;"
        "print(*(one for one in sys.modules if one.startswith('hpsearch')))"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    given = {"hpsearch", "hpsearch.trainable", "hpsearch.trainable.contract"}
    assert {*loaded} == {*given, "hpsearch.common", "hpsearch.common.lazy"}


def test_each_thread_of_hpsearch_is_named_so_that_no_trial_is_blamed_for_it() -> None:
    texts = [path.read_text() for path in (ROOT / "hpsearch").rglob("*.py")]
    begun = [
        text[found.start() : found.end() + 120]
        for text in texts
        for found in re.finditer(r"\b(threading\.Thread|ThreadPoolExecutor)\(", text)
    ]
    assert len(begun) > 10
    assert [call for call in begun if '"hpsearch-' not in call] == []


def test_another_framework_takes_under_forty_lines() -> None:
    lines = (ROOT / "experiments" / "digits_sklearn.py").read_text().splitlines()
    assert len(lines) < 40


@pytest.mark.parametrize("name", ["constraints.txt", "pyproject.toml", "README.md"])
def test_no_registry_is_named(name: str) -> None:
    text = (ROOT / name).read_text().lower()
    assert "index-url" not in text and "find-links" not in text and "file://" not in text
