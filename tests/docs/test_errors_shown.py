"""Pages show what hpsearch says: an error by the command above it, a result as it is rendered."""

import shlex
from pathlib import Path

import pytest

from hpsearch.analysis.failures import FailingPart
from hpsearch.analysis.forecast import Span
from hpsearch.analysis.prospect import Prospect
from hpsearch.cli.app import main
from hpsearch.cli.render.forecast import forecast_text
from hpsearch.usecases import Forecast
from tests.docs.pages import PAGES, Block, blocks, blocks_of

SHOWN = [block for block in blocks("text") if "error[" in block.text]

FORECAST = Forecast(
    name="cnn",
    basis="4 probe trials, trained to the end with random hyperparameters, 2 at a time",
    trials=100,
    slots=2,
    trial=Span(22, 41, 75),
    training=Span(3003, 4320, 6240),
    search=Span(1502, 2170, 3136),
    disk=Span(370e6, 620e6, 860e6),
    checkpoint=120e6,
    memory_worker=1_300_000_000,
    memory=2_600_000_000,
    notes=(),
)
RESULTS = [
    "\n".join(map(str, forecast_text(FORECAST, 100))),
    Prospect(chance=0.12, noise=0.0004, seconds=3600).words,
    str(FailingPart(["`batch_size` ≥ 512", "`filters_2` ≥ 128"], "run out of memory", 9, 10)),
]
"""Results that pages show; no search gives the same numbers each time."""


@pytest.mark.parametrize("block", SHOWN, ids=str)
def test_an_error_on_a_page_is_what_the_command_above_it_says(
    block: Block,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    command, _, shown = block.text.partition("\n")
    assert command.startswith("$ hpsearch "), "the command that says it belongs above it"
    monkeypatch.chdir(tmp_path)
    _call("init")
    capfd.readouterr()
    code = _call(*shlex.split(command)[2:])
    assert capfd.readouterr().err.split() == shown.split()
    assert code == 2


def _call(*words: str) -> int:
    with pytest.raises(SystemExit) as exit_:
        main(list(words))
    return int(exit_.value.code or 0)


def test_errors_are_found() -> None:
    assert len(SHOWN) >= 2


def test_no_block_is_of_a_kind_that_nothing_checks() -> None:
    kinds = {"bash", "python", "yaml", "text"}
    for block in (one for page in PAGES for one in blocks_of(page)):
        assert block.language in kinds, f"{block}: nothing checks `{block.language}`"
        is_result = block.text.split() in [result.split() for result in RESULTS]
        assert block.language != "text" or block in SHOWN or is_result, f"{block}: not what is said"
