"""A study notices when the trainable's files change between two runs, and says so once."""

from pathlib import Path

import pytest

from hpsearch.trainable import load_trainable
from tests.support import Bench

FILES = {
    "train.py": "import near\nfrom package import inner\n\ndef train(params, trial):\n"
    "    import late\n    trial.report(1, {'value': near.VALUE})\n",
    "near.py": "import far\nVALUE = 1.0\n",
    "far.py": "",
    "late.py": "",
    "package/__init__.py": "",
    "package/inner.py": "from . import sibling\n",
    "package/sibling.py": "",
    "unrelated.py": "",
    "data.yaml": "",
}


def write(folder: Path) -> Path:
    for name, text in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def version(folder: Path, reference: str = "train.py:train") -> str:
    return load_trainable(reference, folder).version


@pytest.mark.parametrize(
    "name",
    [
        "train.py", "near.py", "far.py", "late.py",
        "package/__init__.py", "package/inner.py", "package/sibling.py",
    ],
)  # fmt: skip
def test_a_change_of_a_file_that_is_imported_changes_the_version(tmp_path: Path, name: str) -> None:
    before = version(write(tmp_path))
    (tmp_path / name).write_text(FILES[name] + "# changed\n")
    assert version(tmp_path) != before


@pytest.mark.parametrize("name", ["unrelated.py", "data.yaml"])
def test_a_file_that_is_not_imported_does_not_matter(tmp_path: Path, name: str) -> None:
    before = version(write(tmp_path))
    (tmp_path / name).write_text("# changed\n")
    assert version(tmp_path) == before


def test_the_same_files_elsewhere_have_the_same_version(tmp_path: Path) -> None:
    assert version(write(tmp_path / "a")) == version(write(tmp_path / "b"))


def test_a_broken_neighbour_that_is_not_imported_yet_does_no_harm(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "late.py").write_bytes(b"def broken(:\0")
    assert version(tmp_path)


CODE = "def train(params, trial):\n    return {'value': params['x'] + %d}\n"


def changed_notices(bench: Bench) -> list[str]:
    return [one for one in bench.notices if "other code" in one]


def test_a_change_between_two_runs_is_said_once_and_each_trial_has_its_version(
    tmp_path: Path,
) -> None:
    bench = Bench(tmp_path)
    bench.run_code(CODE % 1, budget={"trials": 2})
    assert not changed_notices(bench)
    records = bench.run_code(CODE % 2, budget={"trials": 5})
    (notice,) = changed_notices(bench)
    assert "trial 2 runs other code than trial 1" in notice
    versions = [one.place.code for one in records if one.place is not None]
    assert versions[0] == versions[1] != versions[2] == versions[3] == versions[4]
    bench.run_code(CODE % 2, budget={"trials": 6})
    assert len(changed_notices(bench)) == 1
