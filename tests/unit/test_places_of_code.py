"""Where the code of a trainable may lie: `validate` and the import that trains find the same.

Each place is a real folder. It is validated in this process, and imported in one of its own, as a
worker does it.
"""

import json
import os
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import hpsearch
from hpsearch.common.errors import UserError
from hpsearch.trainable import load_trainable
from hpsearch.trainable.code import locate
from hpsearch.usecases import Source, validate

pytestmark = pytest.mark.slow  # a process of its own for each

ROOT = Path(hpsearch.__file__).parents[1]
TRAIN = "def train(params, trial):\n    return {value}\n"
YAML = """\
name: places
trainable: {trainable}
objective: {{metric: loss, direction: minimize}}
params: {{x: 1}}
"""
LOAD = """\
import json, pickle, random, sys, traceback
from pathlib import Path
from hpsearch.common.errors import UserError
from hpsearch.trainable.loading import load_trainable
try:
    found = load_trainable(sys.argv[1], Path(sys.argv[2]))
    print(json.dumps(["returned", found.train({"x": 1}, None), random.random() < 1]))
except UserError as error:
    print(json.dumps(["refused", error.faults[0].code, str(error)]))
"""


@dataclass
class Place:
    """A project in a folder, its experiment, and the folder in which the command is run."""

    root: Path
    current: Path
    environment: dict[str, str]

    def write(self, files: dict[str, str]) -> None:
        for name, text in files.items():
            file = self.root / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)

    def experiment(self, trainable: str, folder: str = "") -> Path:
        file = self.root / folder / "experiment.yaml"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(YAML.format(trainable=json.dumps(trainable)))
        return file

    def validate(self, experiment: Path, *overrides: str) -> str | None:
        """Return the text of what `validate` finds, None if the experiment is valid."""
        try:
            validate(Source.read(experiment, overrides))
        except UserError as error:
            return str(error)
        return None

    def load(self, trainable: str, folder: str = "") -> list[object]:
        """Import the trainable in a process of its own, call it, and return what came of it."""
        done = subprocess.run(
            [sys.executable, "-P", "-c", LOAD, trainable, str(self.root / folder)],
            cwd=self.current,
            env={**os.environ, **self.environment},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        found: list[object] = json.loads(done.stdout.splitlines()[-1])
        return found


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    project = tmp_path / "project"
    project.mkdir()
    monkeypatch.chdir(project)
    monkeypatch.setattr(sys, "path", sys.path.copy())
    return Place(project, project, {"PYTHONPATH": str(ROOT)})


def check_works(place: Place, trainable: str, folder: str = "", value: object = 7) -> None:
    assert place.validate(place.experiment(trainable, folder)) is None
    assert place.load(trainable, folder) == ["returned", value, True]


def check_refused(place: Place, trainable: str, *said: str, folder: str = "") -> str:
    """Check that both refuse it, with the same fault; return its text."""
    text = place.validate(place.experiment(trainable, folder))
    assert text is not None, "valid"
    how, code, loaded = place.load(trainable, folder)
    assert how == "refused"
    assert f"error[{code}]" in text
    for words in said:
        assert words in text and words in str(loaded)
    return text


NEIGHBOUR = "from helpers import value\ndef train(params, trial):\n    return value\n"
RELATIVE = "from . import helpers\ndef train(params, trial):\n    return helpers.value\n"
HELPERS = "value = 7\n"
SEVEN = TRAIN.format(value=7)
PACKAGE = {"pkg/__init__.py": "", "pkg/model.py": RELATIVE, "pkg/helpers.py": HELPERS}
BY_NAME = "from pkg.helpers import value\ndef train(params, trial):\n    return value\n"
ABSOLUTE = {**PACKAGE, "pkg/model.py": BY_NAME}
EITHER = f"try:\n    from . import helpers\nexcept ImportError:\n    pass\n{NEIGHBOUR}"
IN_AN_IF = "import os\nif os.name:\n    def train(params, trial):\n        return 7\n"
REEXPORTED = {"pkg/__init__.py": "from .model import train\n", "pkg/model.py": SEVEN}
SOUND = [
    ("src/train.py:train", {"src/train.py": NEIGHBOUR, "src/helpers.py": HELPERS}, ""),
    ("./src/train.py:train", {"src/train.py": NEIGHBOUR, "helpers.py": HELPERS}, ""),
    ("a/b/train.py:train", {"a/b/train.py": NEIGHBOUR, "a/b/helpers/__init__.py": HELPERS}, ""),
    ("../train.py:train", {"train.py": NEIGHBOUR, "helpers.py": HELPERS}, "conf"),
    ("../src/train.py:train", {"src/train.py": NEIGHBOUR, "src/helpers.py": HELPERS}, "conf"),
    ("pkg.model:train", PACKAGE, ""),
    ("pkg.model:train", PACKAGE, "conf"),
    ("pkg.model:train", PACKAGE, "pkg"),
    ("pkg.model:train", {**PACKAGE, "pyproject.toml": ""}, "conf/a/b"),
    ("pkg.model:train", {f"src/{name}": text for name, text in PACKAGE.items()}, ""),
    ("a.b.model:train", {"a/b/model.py": RELATIVE, "a/b/helpers.py": HELPERS}, ""),
    ("pkg:train", REEXPORTED, ""),
    ("pkg:train", {**REEXPORTED, "pkg/__init__.py": "from .model import *\n"}, ""),
    ("pkg.api:train", {**REEXPORTED, "pkg/api.py": "from pkg.model import train\n"}, ""),
    ("pkg/model.py:train", ABSOLUTE, ""),
    ("model.py:train", ABSOLUTE, "pkg"),
    ("pkg/model.py:train", {"pkg/model.py": EITHER, "pkg/helpers.py": HELPERS}, ""),
    ("train:train", {"train.py": NEIGHBOUR, "helpers.py": HELPERS}, ""),
    ("train-v2.py:train", {"train-v2.py": NEIGHBOUR, "helpers.py": HELPERS}, ""),
    ("my.train.py:train", {"my.train.py": NEIGHBOUR, "helpers.py": HELPERS}, ""),
    ("my train (2).py:train", {"my train (2).py": NEIGHBOUR, "helpers.py": HELPERS}, ""),
    ("module.py:train", {"module.py": IN_AN_IF}, ""),
    ("module.py:train", {"module.py": "globals()['train'] = lambda params, trial: 7\n"}, ""),
    ("module.py:train", {"module.py": "for train in [lambda params, trial: 7]:\n    pass\n"}, ""),
]


@pytest.mark.parametrize(("trainable", "files", "folder"), SOUND)
def test_code_is_found_where_a_project_has_it(
    place: Place, trainable: str, files: dict[str, str], folder: str
) -> None:
    place.write(files)
    check_works(place, trainable, folder)


def test_an_absolute_path_and_one_from_the_home_are_files_too(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.write({"train.py": NEIGHBOUR, "helpers.py": HELPERS})
    check_works(place, f"{place.root}/train.py:train", "elsewhere")
    monkeypatch.setenv("HOME", str(place.root))
    check_works(place, "~/train.py:train", "elsewhere")


def test_a_package_in_the_current_folder_is_found_from_an_experiment_elsewhere(
    place: Place, tmp_path: Path
) -> None:
    place.write({"pkg/model.py": SEVEN})
    (tmp_path / "far" / "away").mkdir(parents=True)
    check_works(place, "pkg.model:train", "../far/away")


@pytest.mark.parametrize("kind", ["path", "finder"])
def test_an_editable_install_is_found_by_the_finder_that_it_put_in_place(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    source, site = tmp_path / "checkout" / "src", tmp_path / "site"
    (source / "edited" / "inner").mkdir(parents=True)
    site.mkdir()
    (source / "edited" / "__init__.py").write_text("HEAVY = True\n")
    (source / "edited" / "inner" / "__init__.py").touch()
    (source / "edited" / "inner" / "model.py").write_text(SEVEN)
    finder = FINDER.format(source=str(source), package="edited")
    (site / "sitecustomize.py").write_text(f"{finder}\nimport sys\nsys.meta_path.append(Finder)")
    monkeypatch.setenv("PYTHONPATH", str(site if kind == "finder" else source))
    if kind == "path":
        monkeypatch.syspath_prepend(source)
    else:
        space: dict[str, type] = {}
        exec(finder, space)
        monkeypatch.setattr(sys, "meta_path", [*sys.meta_path, space["Finder"]])
    assert place.validate(place.experiment("edited.inner.model:train")) is None
    assert "edited" not in sys.modules
    missing = place.validate(place.experiment("edited.inner.nothing:train"))
    assert missing is not None and "no module `edited.inner.nothing`" in missing


FINDER = """
import importlib.machinery, importlib.util, pathlib
class Finder:
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        if name != {package!r}:
            return None
        file = pathlib.Path({source!r}, name, "__init__.py")
        return importlib.util.spec_from_file_location(name, file)
"""


def test_a_module_in_a_zip_or_a_compiled_one_is_left_to_the_import(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    with zipfile.ZipFile(place.root / "code.zip", "w") as archive:
        archive.writestr("zipped/__init__.py", "")
        archive.writestr("zipped/model.py", SEVEN)
    place.environment["PYTHONPATH"] += f"{os.pathsep}{place.root / 'code.zip'}"
    monkeypatch.syspath_prepend(place.root / "code.zip")
    check_works(place, "zipped.model:train")
    assert locate("math:sqrt", place.root).file is None
    assert locate("_json:make_encoder", place.root).file is None


def test_a_package_that_changes_where_its_parts_are_is_left_to_the_import(place: Place) -> None:
    place.write({"pkg/__init__.py": "__path__.append(__path__[0] + '/more')\n"})
    place.write({"pkg/more/model.py": SEVEN})
    check_works(place, "pkg.model:train")


NAMED_LIKE_A_MODULE = ["random", "queue", "types", "torch", "numpy", "ray", "optuna", "mlflow"]


@pytest.mark.parametrize("name", NAMED_LIKE_A_MODULE)
def test_a_file_named_like_a_module_is_loaded_and_hides_nothing(place: Place, name: str) -> None:
    text = f"{NEIGHBOUR}\nOWN = __name__\n"
    place.write({f"{name}.py": text, "helpers.py": f"import random\n{HELPERS}"})
    check_works(place, f"{name}.py:train")
    refused = check_refused(place, f"{name}:train", f"`{name}.py:train`", f"{name}.py has the same")
    assert "error[hidden-trainable]" in refused


@pytest.mark.parametrize(
    "name", ["numpy.py", "random.py", "hpsearch/__init__.py", "yaml/__init__.py"]
)
def test_a_neighbour_named_like_a_module_hides_nothing(place: Place, name: str) -> None:
    place.write({name: "raise RuntimeError('wrong one')\n", "helpers.py": HELPERS})
    module = name.split("/", maxsplit=1)[0].removesuffix(".py")
    place.write({"train.py": f"import {module}, random\n{NEIGHBOUR}"})
    check_works(place, "train.py:train")


def test_a_neighbour_that_is_wanted_and_cannot_be_had_is_named(place: Place) -> None:
    place.write({"queue.py": HELPERS, "train.py": f"from queue import value\n{SEVEN}"})
    _, code, said = place.load("train.py:train")
    assert code == "broken-trainable" and f"rename {place.root / 'queue.py'}" in str(said)
    place.write({"train.py": f"import queue\nqueue.value\n{SEVEN}"})
    assert f"rename {place.root / 'queue.py'}" in str(place.load("train.py:train")[2])


def test_a_neighbour_comes_before_an_installed_package_that_nobody_needs(
    place: Place, tmp_path: Path
) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "helpers.py").write_text("value = 'installed'\n")
    place.environment["PYTHONPATH"] += f"{os.pathsep}{tmp_path / 'site'}"
    place.write({"train.py": NEIGHBOUR, "helpers.py": HELPERS})
    check_works(place, "train.py:train")


def test_two_experiments_in_one_process_keep_their_own_modules(place: Place) -> None:
    text = "from dataclasses import dataclass\n@dataclass\nclass P:\n    x: 'int' = 1\n"
    for name in ("first", "second"):
        place.write(
            {f"{name}/train.py": text + NEIGHBOUR, f"{name}/helpers.py": f"value = '{name}'"}
        )
    before = set(sys.modules)
    found = [load_trainable("train.py:train", place.root / one) for one in ("first", "second")]
    assert [one.train({}, None) for one in found] == ["first", "second"]  # type: ignore[arg-type]
    assert all(sys.modules[one.module.__name__] is one.module for one in found)
    for name in set(sys.modules) - before:
        del sys.modules[name]


DATA = """\
class Data:
    def __init__(self, x):
        self.x = x
    def get(self):
        return self.x
"""
SPAWN = """\
import multiprocessing
from hpsearch.trainable.loading import load_trainable
from pathlib import Path
import sys
if __name__ == "__main__":
    found = load_trainable(sys.argv[1], Path(sys.argv[2]))
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        print(pool.apply(found.module.Data(7).get))
"""


@pytest.mark.parametrize("name", ["src/train.py", "train-v2.py", "random.py", "train.v2.py"])
def test_a_spawned_process_finds_the_trainables_classes(place: Place, name: str) -> None:
    place.write({name: DATA + NEIGHBOUR, f"{Path(name).parent}/helpers.py": HELPERS})
    place.write({"programs/program.py": SPAWN})  # a script's own folder comes first on its path
    program = place.root / "programs" / "program.py"
    command = [sys.executable, str(program), f"{name}:train", str(place.root)]
    environment = {**os.environ, **place.environment}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=True)
    assert done.stdout.strip() == "7"


@pytest.mark.parametrize("name", ["yaml.py", "pydantic/__init__.py"])
def test_the_command_as_a_module_reads_nothing_of_the_current_folder(
    place: Place, name: str
) -> None:
    place.write({"train.py": SEVEN, name: "raise RuntimeError('the wrong module')\n"})
    command = [
        sys.executable,
        "-m",
        "hpsearch",
        "validate",
        place.experiment("train.py:train").name,
    ]
    environment = {**os.environ, **place.environment}
    done = subprocess.run(
        command, cwd=place.root, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


SCRIPT = """\
import argparse
def main():
    print("trained")
if __name__ == "__main__":
    main()
"""
FILES = {
    "script.py": SCRIPT,
    "train.py": "def helper(x): ...\ndef fit(params, trial): ...\ndef train(params, trial): ...\n",
    "src/train.py": SEVEN,
    "pkg/__init__.py": "",
    "pkg/model.py": RELATIVE,
    "pkg/sub/deep.py": "from ..helpers import value\n" + SEVEN,
    "book.ipynb": "{}",
}


@pytest.mark.parametrize(
    ("trainable", "said"),
    [
        ("train.py", "write `train.py:fit` or `train.py:train`."),
        ("train.py:", "write `train.py:fit` or `train.py:train`."),
        ("src/train.py", "write `src/train.py:train`."),
        ("train.py::train", "write `train.py:train`."),
        ("train.py:train()", "write `train.py:train`."),
        ("train:train()", "write `train.py:train`."),
        ("train.py:train(params, trial)", "write `train.py:train`."),
        ("train.py : train", "write `train.py:train`."),
        ("train.train", "write `train.py:train`."),
        ("src.train.train", "write `src/train.py:train`."),
        ("train.py.train", "write `train.py:train`."),
        ("src/train:train", "write `src/train.py:train`."),
        ("src\\train.py:train", "write `src/train.py:train`."),
        ("C:\\work\\train.py:train", "folders are separated by `/`"),
        (":train", "write `train.py:train`."),
        ("python train.py", "write `train.py:fit` or `train.py:train`."),
        ("python3 -m src.train --lr 1", "write `src/train.py:train`."),
        ("uv run python train.py", "write `train.py:fit` or `train.py:train`."),
        ("book.ipynb:train", "jupyter nbconvert --to script book.ipynb"),
        ("book.ipynb", "write `book.py:train`"),
        ("src", "write `src/train.py:train`."),
        ("src/", "write `src/train.py:train`."),
        ("src/:train", "write `src/train.py:train`."),
        ("src:train", "write `src/train.py:train`."),
        ("train.py:Model.fit", "write `train.py:fit` or `train.py:train`."),
        ("train.py:trian", "did you mean `train`?"),
        ("tran.py:train", "did you mean `train.py`?"),
        ("lib/src/train.py:train", "write"),
        ("script.py", "def train(params, trial):"),
        ("script.py:main", "def train(params, trial):"),
        ("train.py:Model.train", "write `train.py:Model`"),
        ("script:main", "def train(params, trial):"),
        ("script.py:train", "def train(params, trial):"),
        ("pkg/model.py:train", "write `pkg.model:train`."),
        ("pkg/sub/deep.py:train", "write `pkg.sub.deep:train`."),
        ("", "write `train.py:fit` or"),
        (":", "write `train.py:fit` or"),
        ("no/such\u0000file.py:train", "no file"),
        (f"{'x' * 300}.py:train", "no file"),
        ("~nobody_of_that_name/train.py:train", "no file"),
    ],
)
def test_what_does_not_name_a_function_is_answered_with_what_does(
    place: Place, trainable: str, said: str
) -> None:
    place.write(FILES)
    text = place.validate(place.experiment(trainable))
    assert text is not None and said in " ".join(text.split("\n        ")), text
    if "\0" not in trainable:
        assert place.load(trainable)[0] == "refused"


WORDS = ["train", "src", "pkg", "python", "~", "..", "/", "\\", ":", ".", "(", ")", " ", "\0", "é"]


@given(st.lists(st.sampled_from([*WORDS, "train.py", "book.ipynb"]) | st.text(max_size=5)))
def test_any_text_is_found_or_refused(parts: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "train.py").write_text(SEVEN)
        try:
            locate("".join(parts), Path(folder))
        except UserError as error:
            assert all(fault.fix for fault in error.faults)


def test_a_module_that_lies_above_the_file_is_named_with_its_folder(place: Place) -> None:
    place.write({"src/train.py": f"import common\n{SEVEN}", "common.py": HELPERS})
    place.current = place.root / "src"
    _, _, told = place.load("train.py:train", "src")
    assert f"{place.root} is not on the import path, and `common` is there" in str(told)


def test_a_module_of_a_package_is_named_also_from_inside_of_it(place: Place) -> None:
    place.write(FILES)
    check_refused(
        place, "model.py:train", "write `pkg.model:train`.", "model.py:1: from .", folder="pkg"
    )
    place.write({"not-a-package/train.py": RELATIVE})
    check_refused(place, "train.py:train", "take the leading dots out", folder="not-a-package")


def test_a_file_is_looked_for_from_the_experiments_folder_and_found_elsewhere(place: Place) -> None:
    place.write(FILES)
    check_refused(place, "train.py:train", "write `../train.py:train`.", folder="conf")
    check_refused(place, "src/train.py:train", "write `train.py:train`.", folder="src")


ARGUMENTS = """\
import argparse
parser = argparse.ArgumentParser()
parser.add_argument("--data", required=True)
parser.parse_args([])
"""
LEAVES = "import sys\nsys.exit('bye')\n"


@pytest.mark.parametrize(
    ("text", "helpers", "said"),
    [
        ("\nx = 1 / 0\n", "", ["train.py:2: x = 1 / 0", "ZeroDivisionError: "]),
        ("import json\njson.loads('{')\n", "", ["train.py:2: json.loads('{')", "JSONDecodeError"]),
        (NEIGHBOUR, "\nvalue = gone\n", ["train.py:1: from helpers", "helpers.py:2: value = gone"]),
        (NEIGHBOUR, "value = (\n", ["train.py:1:", "helpers.py:1: value = (", "SyntaxError: "]),
        ("import no_such\n", "", ["train.py:1: import no_such", "install the package that has"]),
        ("import helpers.more\n", HELPERS, ["train.py:1: import", "has no part `helpers.more`"]),
        ("raise SystemExit(3)\n", "", ["train.py:1: raise", "SystemExit: 3", "__main__"]),
        ("import helpers\n", LEAVES, ["helpers.py:2: sys.exit", "SystemExit: bye", "__main__"]),
        (ARGUMENTS, "", ["train.py:4: parser.parse_args([])", "usage:", "--data", "__main__"]),
    ],
)
def test_an_error_on_import_names_the_users_own_lines(
    place: Place, text: str, helpers: str, said: list[str]
) -> None:
    place.write({"train.py": text + SEVEN, "helpers.py": helpers})
    how, code, told = place.load("train.py:train")
    assert (how, code) == ("refused", "broken-trainable")
    for words in said:
        assert words in str(told), told
    assert "<frozen" not in str(told) and str(ROOT / "hpsearch") not in str(told)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x = 1\ndef train(:\n", "train.py:2: def train(:\n"),
        ("if True:\nx = 1\n", "train.py:2: x = 1\n"),
        ("x = '\\0'\0\n", "null bytes"),
        (f"x = {'(' * 500}1{')' * 500}\n", "too many nested parentheses"),
    ],
)
def test_a_syntax_error_is_the_same_for_validate_and_run(
    place: Place, text: str, said: str
) -> None:
    place.write({"train.py": text})
    check_refused(place, "train.py:train", f"{place.root}/train.py", said.replace("\n", ""))


CLUSTER = "resources.ray_address=127.0.0.1:6379"


@pytest.mark.parametrize(
    ("trainable", "folder", "code"),
    [
        ("../train.py:train", "conf", "trainable-not-sent"),
        ("pkg.model:train", "conf", "trainable-not-sent"),
        ("src/train.py:train", "", None),
        ("pkg.model:train", "", None),
        ("json.tool:main", "conf", None),
    ],
)
def test_what_does_not_travel_to_a_cluster_is_said_before(
    place: Place, trainable: str, folder: str, code: str | None
) -> None:
    place.write({**FILES, "pkg/helpers.py": HELPERS})
    text = place.validate(place.experiment(trainable, folder), CLUSTER)
    if code is None:
        assert text is None or "not-sent" not in text
    else:
        assert text is not None and f"error[{code}]" in text and f"{place.root}" in text


@pytest.mark.parametrize("name", ["numpy.py", "queue.py", "ray/__init__.py", "mlflow/__init__.py"])
def test_a_name_that_would_end_a_clusters_workers_is_refused(place: Place, name: str) -> None:
    place.write({"train.py": SEVEN, name: ""})
    assert place.validate(place.experiment("train.py:train")) is None
    text = place.validate(place.experiment("train.py:train"), CLUSTER)
    assert (
        text is not None and "error[name-taken]" in text and name.split("/", maxsplit=1)[0] in text
    )


@pytest.mark.parametrize(
    "name", ["mlflow/note.txt", "test/__init__.py", "my_numpy.py", "sub/numpy.py"]
)
def test_a_name_that_hides_nothing_is_not_refused(place: Place, name: str) -> None:
    place.write({"train.py": SEVEN, name: ""})
    assert place.validate(place.experiment("train.py:train"), CLUSTER) is None
