"""Each example of the guide trains, reports and resumes at its end; each experiment is valid."""

from pathlib import Path

import pytest

from hpsearch.usecases import Source, validate
from tests.docs.pages import DOCS, Block, blocks_of
from tests.experiments.stub_trial import StubTrial
from tests.frameworks.examples import EXAMPLES, FOLDER, Example, need

pytestmark = [
    pytest.mark.frameworks,
    pytest.mark.timeout(2400),
    pytest.mark.filterwarnings("ignore"),  # the frameworks warn of each other
]

DATA, *BLOCKS = [
    block for block in blocks_of(DOCS / "guides" / "frameworks.md") if block.language == "python"
]


def package_of(block: Block) -> str:
    return block.text.partition("hpsearch.callbacks.")[2].split()[0]


def test_the_guide_has_every_framework() -> None:
    assert sorted(map(package_of, BLOCKS)) == sorted(one.package for one in EXAMPLES)


@pytest.mark.parametrize("block", BLOCKS, ids=package_of)
def test_an_example_of_the_guide_trains_and_has_nothing_left_to_do_after_its_end(
    block: Block, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    need(package_of(block))
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    exec(compile(DATA.text + block.text, str(block), "exec"), names)
    whole, again = trained(names, tmp_path / "whole"), None
    assert list(whole.reports)[-1] >= 2
    last = max(whole.reports)
    again = trained(names, tmp_path / "again", checkpoint=whole.saved(last), start_step=last + 1)
    assert again.reports == {}
    left = {path.name for path in tmp_path.iterdir()} - {"whole", "again"}
    assert not left, f"files in the current folder: {left}"


def trained(names: dict[str, object], root: Path, **given: object) -> StubTrial:
    trial = StubTrial(root, **given)  # type: ignore[arg-type]
    trial.scratch.mkdir()
    names["train"]({"learning_rate": 0.1}, trial)  # type: ignore[operator]
    return trial


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda one: one.name)
def test_an_example_is_valid(example: Example) -> None:
    need(example.package)
    source = Source.read(FOLDER / f"{example.name}.yaml")
    assert validate(source).name == source.experiment.name
