"""The script of the guide runs alone, as the tests of all pages show, and as a trial's command."""

import json
from pathlib import Path

from hpsearch.engine import Task
from tests.docs.pages import DOCS, blocks_of
from tests.scripts import Engine, resuming, run_script

(BLOCK,) = [one for one in blocks_of(DOCS / "guides" / "scripts.md") if one.language == "python"]


def test_the_script_of_the_guide_is_stopped_and_resumes(tmp_path: Path) -> None:
    first = Engine(wants_checkpoints=True, stops_at=4)
    ran = run_script(first.trial(_made(tmp_path / "1")), BLOCK.text, params={"steps": 9})
    assert ran.output == "" and ran.stops == ["not good enough"] and [*first.reports] == [*range(5)]

    second = Engine()
    task = resuming(Task(0, 2, 0, {}), 4, first.saved[4])
    run_script(second.trial(_made(tmp_path / "2"), task), BLOCK.text, params={"steps": 9})
    whole = Engine()
    run_script(whole.trial(_made(tmp_path / "3")), BLOCK.text, params={"steps": 9})
    assert json.dumps({**first.reports, **second.reports}) == json.dumps(whole.reports)


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder
