"""Rules of the repository itself."""

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


def test_a_trainable_finds_what_it_needs_in_one_namespace() -> None:
    assert sorted(hpsearch.__all__) == ["Trial", "TrialStopped", "__version__"]
    assert all(hasattr(hpsearch, name) for name in hpsearch.__all__)


def test_another_framework_takes_under_forty_lines() -> None:
    lines = (ROOT / "experiments" / "digits_sklearn.py").read_text().splitlines()
    assert len(lines) < 40


@pytest.mark.parametrize("name", ["constraints.txt", "pyproject.toml", "README.md"])
def test_no_registry_is_named(name: str) -> None:
    text = (ROOT / name).read_text().lower()
    assert "index-url" not in text and "find-links" not in text and "file://" not in text
