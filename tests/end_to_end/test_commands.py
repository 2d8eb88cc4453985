"""A script that knows nothing of hpsearch is searched, with pruning, from ten lines of YAML."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.test_mnist import EXPERIMENTS, hpsearch, read

pytestmark = pytest.mark.timeout(1600)

SMALL = ("--set", "budget.trials=8", "--set", "pruner.n_startup_trials=2")


def run(folder: Path, *words: str) -> Any:
    """Search in a folder; return what `show` knows then."""
    done = hpsearch(folder, "run", EXPERIMENTS / "digits_script.yaml", *SMALL, *words)
    assert done.stdout == ""  # what trials print is not hpsearch's answer
    return read(folder, "show", "digits-script")


def test_the_example_is_ten_lines_and_its_script_knows_nothing_of_hpsearch() -> None:
    assert len((EXPERIMENTS / "digits_script.yaml").read_text().splitlines()) == 10
    imports = (EXPERIMENTS / "digits_script.py").read_text().partition('"""\n')[2]
    assert "hpsearch" not in imports and "val_acc=" in imports


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(("-q",), id="ray", marks=pytest.mark.slow),
        pytest.param(("--local", "-q"), id="local"),
    ],
)
def test_a_script_with_arguments_is_searched_and_hopeless_trials_are_stopped(
    tmp_path: Path, words: tuple[str, ...]
) -> None:
    shown = run(tmp_path, *words)
    states = [trial["state"] for trial in shown["trials"]]
    assert {*states} == {"complete", "pruned"} and len(states) == 8
    assert shown["best"]["values"]["val_accuracy"] > 0.9
    pruned = states.index("pruned")
    assert "median" in shown["trials"][pruned]["reason"]

    printed = json.loads(hpsearch(tmp_path, "logs", "digits-script", "--json").stdout)["lines"]
    assert [line["text"].split()[1] for line in printed] == [str(step) for step in range(1, 9)]
    refused = hpsearch(tmp_path, "export", "digits-script", code=2)
    assert "error[not-exportable]" in refused.stderr and "a command has no function" in (
        refused.stderr
    )
