"""The tutorial, as a newcomer types it: its commands, then its Python, with a small budget."""

import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.commands import split
from tests.docs.pages import blocks_of
from tests.docs.test_python import TUTORIAL, run_python

SMALL = ["--set", "budget.trials=4", "--set", "params.epochs=3"]
HPSEARCH = Path(sys.executable).with_name("hpsearch")


@pytest.mark.timeout(1600)
def test_the_tutorial_works_from_init_to_its_python(tmp_path: Path) -> None:
    folder, said = tmp_path, ""
    for words in _commands_before_mnist():
        if words[0] == "cd":
            folder = folder / words[1]
            continue
        small = SMALL if words[1] == "run" else []
        said = run_command([*words, *small], folder)
    assert "all 4 trials have run" in said
    assert (tmp_path / "first/studies/first-search/report.html").is_file()
    assert "learning_rate" in run_python(TUTORIAL, tmp_path / "first")


def _commands_before_mnist() -> list[list[str]]:
    end = TUTORIAL.read_text().splitlines().index("## 5. MNIST")
    bash = [one for one in blocks_of(TUTORIAL) if one.language == "bash" and one.line < end]
    words = [words for block in bash for words in split(block.text)]
    return [one for one in words if one[0] in ("cd", "hpsearch")]


def run_command(words: list[str], folder: Path) -> str:
    program = [str(HPSEARCH), *words[1:]]
    done = subprocess.run(program, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{shlex.join(words)}: {done.stderr}"
    return done.stdout + done.stderr
