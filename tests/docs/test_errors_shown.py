"""An error that a page shows is what the command above it says, run where `hpsearch init` was."""

import shlex
from pathlib import Path

import pytest

from hpsearch.cli.app import main
from tests.docs.pages import PAGES, Block, blocks, blocks_of

SHOWN = [block for block in blocks("text") if "error[" in block.text]


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
        assert block.language != "text" or block in SHOWN, f"{block}: nothing checks it"
