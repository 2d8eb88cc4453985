"""A resumed attempt that restarts its steps is noticed; one that repeats some is not."""

import pytest

from hpsearch.common.trial import TrialRecord, TrialState
from tests.support import Bench

TRAIN = """
def train(params, trial):
    saved = int((trial.checkpoint / "step").read_text()) if trial.checkpoint else 0
    first = (FIRST) if trial.checkpoint else 1
    for step in range(first, first + (9 if not trial.checkpoint else COUNT)):
        save = (lambda folder: (folder / "step").write_text(str(step))) if step == 4 else None
        trial.report(step * (UNIT if trial.checkpoint else 1), {"value": float(step)}, save)
"""


def resumed(
    bench: Bench, first: str, count: str, unit: str = "1", trials: int = 1
) -> list[TrialRecord]:
    """Resume trials that were lost after step 6, with a checkpoint of step 4."""
    code = TRAIN.replace("FIRST", first).replace("COUNT", count).replace("UNIT", unit)
    rules = {"keep": 1, "every_seconds": 3600}
    lost = [6] if trials == 1 else [6, 6 + int(count) + 8]
    return bench.run_code(
        code, lost, budget={"trials": trials}, pruner={"type": "none"}, checkpoints=rules
    )


def test_an_attempt_that_restarts_its_steps_is_named_with_what_to_do(bench: Bench) -> None:
    (record,) = resumed(bench, first="1", count="5")
    said = [text for text in bench.notices if "counts its steps from the start again" in text]
    assert len(said) == 1
    assert "trial 0 was resumed from its checkpoint of step 4" in said[0]
    assert "ignored until it is past step 6" in said[0] and "continue the steps as well" in said[0]
    assert record.state is TrialState.COMPLETE
    assert record.reason == (
        "resumed from step 4, it counted its steps from the start again: "
        "nothing of its last attempt is recorded"
    )
    assert [m.step for m in record.measurements] == [1, 2, 3, 4, 5, 6]


def test_one_that_restarts_on_purpose_and_gets_past_is_whole(bench: Bench) -> None:
    (record,) = resumed(bench, first="1", count="9")
    assert any("from scratch on purpose" in text for text in bench.notices)
    assert (record.reason, [m.step for m in record.measurements]) == ("", list(range(1, 10)))


@pytest.mark.parametrize("first", ["saved", "saved + 1", "saved - 1"])
def test_one_that_continues_or_repeats_a_few_steps_says_nothing(bench: Bench, first: str) -> None:
    (record,) = resumed(bench, first=first, count="10 - first")
    assert not [text for text in bench.notices if "from the start again" in text]
    assert (record.reason, [m.step for m in record.measurements]) == ("", list(range(1, 10)))


def test_one_without_a_checkpoint_restarts_and_says_nothing(bench: Bench) -> None:
    code = "def train(p, trial):\n    for s in range(5): trial.report(s, {'value': 1.0})\n"
    (record,) = bench.run_code(code, [3], budget={"trials": 1})
    assert record.attempt == 2 and not [
        text for text in bench.notices if "from the start again" in text
    ]


def test_epochs_after_batches_are_noticed(bench: Bench) -> None:
    code = """
def train(params, trial):
    save = lambda folder: (folder / "w").write_text("w")
    unit = 1 if trial.checkpoint else 100
    for step in range(1, 9):
        trial.report(step * unit, {"value": float(step)}, save if step == 2 else None)
"""
    rules = {"every_seconds": 3600}
    (record,) = bench.run_code(
        code, [3], budget={"trials": 1}, pruner={"type": "none"}, checkpoints=rules
    )
    assert any(
        "checkpoint of step 200, but counts its steps from the start again" in t
        for t in bench.notices
    )
    assert "nothing of its last attempt" in record.reason


def test_it_is_said_once_for_many_trials(bench: Bench) -> None:
    resumed(bench, first="1", count="5", trials=2)
    assert len([text for text in bench.notices if "from the start again" in text]) == 1
