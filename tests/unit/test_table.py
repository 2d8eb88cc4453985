"""`show --format`: a study as a table in a file, with one type in each column."""

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pandas as pd
import pytest

from hpsearch import usecases
from hpsearch.cli.app import main
from hpsearch.cli.output import print_bytes
from hpsearch.common.errors import UserError
from hpsearch.common.trial import Measurement, TrialRecord, TrialState
from hpsearch.display import streams
from hpsearch.store.folder import FolderStudy
from hpsearch.usecases import StudyView, typed_table
from hpsearch.usecases.identity import Identity
from tests.support import make_experiment

BEGUN = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
EXPERIMENT = make_experiment(params={"token": "hidden"}, secrets=["token"])
CURVE = (Measurement(1, {"value": 0.5, "step": 9.0}, 0.25), Measurement(2, {"loss": 1.0}, 0.5))

Call = Callable[..., tuple[int, bytes, str]]


def trial(number: int, params: dict[str, Any], **fields: Any) -> TrialRecord:
    begun = TrialRecord(
        number, number, params, TrialState.RUNNING, BEGUN, privacy=EXPERIMENT.privacy
    )
    return replace(begun, **fields)


COMPLETE = trial(
    0, {"x": 1.5, "depth": 3, "mixed": True, "token": "hidden"}, state=TrialState.COMPLETE,
    values=(2.0,), best_step=2, finished=BEGUN, measurements=CURVE,
)  # fmt: skip
FAILED = trial(
    1, {"x": 2, "mixed": "auto", "seconds": 2**70}, state=TrialState.FAILED, finished=BEGUN,
    reason='ValueError: "bad",\n\x1b[31m\udcff line 2',
)  # fmt: skip


def view(*records: TrialRecord) -> StudyView:
    stored = FolderStudy(Path("studies/sample"))
    return StudyView(stored, EXPERIMENT, Identity("1", "/e.yaml"), records, None, False)


@pytest.fixture
def call(
    capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Call:
    """Run `hpsearch show sample`; return its exit code, its bytes and what it noted."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(usecases, "look", lambda studies, name: view(COMPLETE, FAILED))

    def run(*words: str) -> tuple[int, bytes, str]:
        with pytest.raises(SystemExit) as ended:
            main(["show", "sample", *words])
        out, err = capfdbinary.readouterr()
        return int(ended.value.code or 0), out, err.decode()

    return run


def rows(data: bytes) -> Sequence[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode(), newline="")))


def test_csv_has_a_row_for_each_trial_and_a_column_for_each_hyperparameter(call: Call) -> None:
    code, out, err = call("--format", "csv")
    assert (code, err) == (0, "")
    first, second = rows(out)
    assert (first["number"], first["state"], first["value"]) == ("0", "complete", "2.0")
    assert (first["step"], first["depth"], first["x"]) == ("2", "3", "1.5")  # whole numbers stay
    assert (second["value"], second["depth"], second["x"]) == ("", "", "2.0")
    assert second["reason"] == 'ValueError: "bad",\n\x1b[31m\\udcff line 2'
    assert pd.Timestamp(first["started"]) == pd.Timestamp(BEGUN)


def test_values_of_several_types_are_json_and_secrets_stay_hidden(call: Call) -> None:
    first, second = rows(call("--format", "csv")[1])
    assert (first["mixed"], second["mixed"]) == ("true", "auto")
    assert second["params.seconds"] == str(2**70)
    assert first["token"] != "hidden" and "hidden" not in second.values()


def test_parquet_has_the_same_cells_with_their_types(call: Call, tmp_path: Path) -> None:
    code, out, _ = call("--format", "parquet")
    table = pd.read_parquet(io.BytesIO(out))
    assert code == 0 and list(table["number"]) == [0, 1] and table["depth"][0] == 3
    assert pd.api.types.is_float_dtype(table["value"]) and table["x"].tolist() == [1.5, 2.0]
    assert table["started"][0] == BEGUN and table["value"].isna().tolist() == [False, True]


def test_a_columns_type_does_not_depend_on_which_trials_there_are() -> None:
    none, some = typed_table(view()), typed_table(view(COMPLETE, FAILED))
    own = list(none.columns)
    assert "value" in own and list(none.dtypes) == list(some[own].dtypes)


def test_one_trial_is_its_curve(call: Call) -> None:
    first, second = rows(call("--format", "csv", "--trial", "0")[1])
    assert first == {
        "step": "1", "seconds": "0.25", "source": "reported", "value": "0.5",
        "metrics.step": "9.0", "loss": "",
    }  # fmt: skip
    assert second["loss"] == "1.0" and second["value"] == ""


def test_a_file_is_written_and_replaced_only_by_force(call: Call) -> None:
    words = ("--format", "parquet", "--output", "new/trials.parquet")
    assert call(*words)[:2] == (0, b"new/trials.parquet\n")
    assert len(pd.read_parquet("new/trials.parquet")) == 2
    code, out, err = call(*words)
    assert (code, out) == (2, b"") and "error[file-exists]" in err
    assert call(*words, "--force")[0] == 0


@pytest.mark.parametrize(
    "words", [["--output", "trials.csv"], ["--format", "csv", "--json"], ["--format", "excel"]]
)
def test_options_that_do_not_fit_together_are_refused(words: list[str], call: Call) -> None:
    code, out, err = call(*words)
    assert (code, out) == (2, b"") and words[0] in err and not list(Path().iterdir())


class Terminal(io.TextIOWrapper):
    def isatty(self) -> bool:
        return True


def test_a_terminal_gets_no_parquet_and_no_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal(io.BytesIO())
    monkeypatch.setattr(streams, "current", lambda: streams.Streams(terminal, terminal))
    with pytest.raises(UserError, match="not-for-a-terminal"):
        print_bytes(b"\xff", is_text=False)
    print_bytes(b"a,b\n\x1b[31m1,2\n", is_text=True)
    assert cast(io.BytesIO, terminal.buffer).getvalue() == b"a,b\n1,2\n"
