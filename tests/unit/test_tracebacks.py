"""A trainable that cannot be imported is answered with its author's own lines."""

from pathlib import Path

import pytest

from hpsearch.common.errors import UserError
from hpsearch.trainable import user_traceback
from hpsearch.workers.local.pool import LocalPool
from hpsearch.workers.setup import WorkerSetup

DEEP = "import logging.config\nlogging.config.fileConfig('/nonexistent.ini')\n"
ARGPARSE = (
    "import argparse\n"
    "parser = argparse.ArgumentParser('train.py')\n"
    "parser.add_argument('--data', required=True)\n"
    "arguments = parser.parse_args([])\n"
)


def why(folder: Path, **files: str) -> str:
    """Return why a worker refuses `train.py` with these files beside it."""
    files["train"] += "def train(params, trial): ...\n"
    for name, text in files.items():
        (folder / f"{name}.py").write_text(text)
    with pytest.raises(UserError) as caught:
        LocalPool(WorkerSetup("train.py:train", folder, "cpu", 1)).load()
    return caught.value.faults[0].why


@pytest.mark.parametrize(
    ("text", "line", "needed"),
    [
        (DEEP, 2, ("logging.config.fileConfig('/nonexistent.ini')", "FileNotFoundError")),
        ("import json\njson.loads('{')\n", 2, ("json.loads('{')", "JSONDecodeError")),
        ("import sys\nsys.exit('no data')\n", 2, ("sys.exit('no data')", "SystemExit: no data")),
        (ARGPARSE, 4, ("arguments = parser.parse_args([])", "usage: train.py [-h] --data DATA")),
        ("def train(:\n", 1, ("def train(:", "SyntaxError")),
        ("import numpy.nothing_of_it\n", 1, ("import numpy.nothing_of_it", "ModuleNotFoundError")),
    ],
)
def test_the_authors_own_line_is_in_the_message(
    tmp_path: Path, text: str, line: int, needed: tuple[str, ...]
) -> None:
    said = why(tmp_path, train=text)
    assert f"{tmp_path}/train.py:{line}: {needed[0]}" in said
    assert all(said.count(part) == 1 for part in needed)
    assert "importlib" not in said and "hpsearch/trainable/loading.py" not in said


def test_the_line_of_a_neighbour_is_shown_with_the_one_that_imports_it(tmp_path: Path) -> None:
    said = why(tmp_path, train="import neighbour_that_fails\n", neighbour_that_fails=DEEP)
    assert f"{tmp_path}/train.py:1: import neighbour_that_fails" in said
    assert f"{tmp_path}/neighbour_that_fails.py:2: logging.config.fileConfig(" in said


def test_what_was_printed_before_is_in_the_message(tmp_path: Path) -> None:
    text = "import os\nprint('reading /data')\nos.system('echo of a child >&2')\n1 / 0\n"
    said = why(tmp_path, train=text)
    assert said.endswith("The last lines that it printed:\n  reading /data\n  of a child")


def test_a_deep_recursion_is_cut_and_causes_stay() -> None:
    def recurse(depth: int) -> None:
        if depth:
            recurse(depth - 1)
        raise ValueError("the cause")

    try:
        try:
            recurse(50)
        except ValueError as cause:
            raise RuntimeError("the effect") from cause
    except RuntimeError as error:
        said = user_traceback(error)
    assert "ValueError: the cause" in said and said.endswith("RuntimeError: the effect")
    assert len(said.splitlines()) < 60
