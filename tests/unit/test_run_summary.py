"""The end of `run`: the commands that it names work."""

import io
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from hpsearch.cli.render.summary import show_summary
from hpsearch.common.trial import TrialRecord, TrialState
from hpsearch.store.folder import FolderStudy
from hpsearch.usecases import Result
from tests.support import make_experiment

TRAINED = TrialRecord(
    1, 0, {}, TrialState.COMPLETE, datetime.now(UTC), finished=datetime.now(UTC), values=(2.0,)
)
IMPORTED = replace(TRAINED, number=0, values=(1.0,), imported="earlier.csv")


def summary(folder: Path, *records: TrialRecord) -> str:
    result = Result(
        store=FolderStudy(folder),
        experiment=make_experiment(),
        records=records,
        best=records[0],
        ended="all 2 trials have run",
        interrupted=False,
        seconds=1.0,
        tracking="sqlite:///mlflow.db",
        model="sample version 1 (champion)",
        unrecorded=(),
    )
    text = io.StringIO()
    show_summary(Console(file=text, width=200), result, ["hpsearch", "run"], [])
    return text.getvalue()


def test_the_model_is_of_the_best_trial_that_was_trained_here(tmp_path: Path) -> None:
    said = summary(tmp_path, IMPORTED, TRAINED)
    assert "of trial 1" in said and "hpsearch export sample --trial 1" in said


def test_the_best_trial_needs_no_number(tmp_path: Path) -> None:
    said = summary(tmp_path, TRAINED)
    assert "of trial" not in said and "--trial" not in said
