"""The command line in a terminal of 80 and of 200 columns, and where nobody looks."""

import re
from contextlib import suppress
from pathlib import Path

import pytest

from hpsearch.experiment import dump_yaml
from tests.processes import wait_until
from tests.support import make_experiment, write_trainables
from tests.terminal import Terminal, piped

pytestmark = pytest.mark.timeout(1200)

WIDTHS = (80, 200)
SPACE = {
    **{f"parameter_{letter}": {"type": "float", "low": 0.0, "high": 1.0} for letter in "abcdefgh"},
    "x": {"type": "float", "low": -5.0, "high": 5.0},
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with an experiment of nine hyperparameters."""
    folder = write_trainables(tmp_path_factory.mktemp("terminal"))
    wide = "".join(f"    parameter_{letter}: float = 0.0\n" for letter in "abcdefgh")
    samples = folder / "samples.py"
    field = "    x: float = 0.0\n"
    samples.write_text(samples.read_text().replace(field, field + wide))
    experiment = make_experiment(space=SPACE, budget={"trials": 6})
    (folder / "sample.yaml").write_text(dump_yaml(experiment.model_dump(mode="json")))
    return folder


@pytest.fixture(scope="module")
def searches(folder: Path) -> dict[int, Terminal]:
    """Return the search and its continuation, each in a terminal of its own width."""
    seen = {}
    for width, trials in zip(WIDTHS, (6, 12), strict=True):
        budget = f"budget.trials={trials}"
        seen[width] = Terminal(folder, width, "run", "sample.yaml", "--local", "--set", budget)
        assert seen[width].end() == 0
    return seen


@pytest.fixture(params=WIDTHS)
def width(request: pytest.FixtureRequest) -> int:
    return int(request.param)


def test_a_search_leaves_its_table_and_its_result_on_the_screen(
    searches: dict[int, Terminal], width: int
) -> None:
    seen = searches[width]
    text = "\n".join(seen.screen)
    trials = {80: 6, 200: 12}[width]
    assert seen.overlong() == []
    assert f"{trials} of {trials}" in text and "elapsed" in text
    assert re.search(r"best +value -?\d\.\d+ +trial \d+ at step \d", text)
    assert "hpsearch show sample" in text and "hpsearch ui sample" in text


COMMANDS = pytest.mark.parametrize(
    ("command", "needed"),
    [
        (("show", "sample"), ("trial  state", "  trials      ", "best        value -")),
        (("show", "sample", "--trial", "3"), ("3 of sample", "value", "parameter_h")),
        (("ls",), ("sample", "finished", "12/12", "value -")),
        (("validate", "sample.yaml"), ("sample",)),
        (("show", "sampel"), ("error[no-study]", "did you mean `sample`?")),
        (("report", "sample"), ("studies/sample/report.html",)),
        (("run", "--help"), ("Usage:", "--set", "Examples:")),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, tuple) else None,
)


@COMMANDS
@pytest.mark.usefixtures("searches")
def test_what_matters_is_seen_whole_at_any_width(
    folder: Path, width: int, command: tuple[str, ...], needed: tuple[str, ...]
) -> None:
    seen = Terminal(folder, width, *command)
    code = seen.end()
    assert code == code_of(command)
    assert seen.overlong() == []
    text = "\n".join(seen.screen)
    for words in needed:
        assert words in text


@COMMANDS
@pytest.mark.usefixtures("searches")
def test_where_nobody_looks_there_is_text_alone(
    folder: Path, command: tuple[str, ...], needed: tuple[str, ...]
) -> None:
    bare = piped(folder, *command)
    assert bare.returncode == code_of(command)
    assert needed[0].strip() in bare.stdout + bare.stderr
    assert "\x1b" not in bare.stdout + bare.stderr


def code_of(command: tuple[str, ...]) -> int:
    return 2 if "sampel" in command else 0


@pytest.mark.skipif(not Path("/proc").exists(), reason="looks at processes in /proc")
@pytest.mark.usefixtures("searches")
@pytest.mark.slow
def test_ctrl_c_ends_the_ui_and_all_that_it_started(folder: Path) -> None:
    seen = Terminal(folder, 80, "ui", "sample")
    seen.wait_for("Ctrl-C ends it.")
    (address,) = re.findall(r"http://127\.0\.0\.1:\d+/#/experiments/\d+/runs\?\S+\r\n", seen.said)
    assert "viewStateShareKey=hpsearch-" in address  # in one piece, to be clicked or copied
    servers = processes_in(folder)
    assert servers
    seen.type("\x03")
    assert seen.end() == 0
    assert "has ended" in seen.said and "Traceback" not in seen.said
    wait_until(lambda: processes_in(folder) == set())


def processes_in(folder: Path) -> set[str]:
    """Return the processes whose current folder this is, and that still run."""
    found = set()
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            state = (process / "stat").read_text().rpartition(")")[2].split()[0]
            if (process / "cwd").resolve() == folder and state != "Z":
                found.add(process.name)
    return found
