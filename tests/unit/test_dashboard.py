"""optuna-dashboard beside a driver: it shows what is there by now, and changes nothing."""

import json
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from hpsearch.cli.programs import optuna_program
from hpsearch.cli.server import serving
from hpsearch.common.trial import Measurement, TrialRecord, TrialState
from hpsearch.store.folder import FolderStudy
from hpsearch.strategies import OptunaStudy
from tests.ports import free_port
from tests.support import make_experiment

pytestmark = pytest.mark.slow

EXPERIMENT = make_experiment()


def add_trial(study: OptunaStudy, value: float) -> None:
    proposal = study.ask()
    assert proposal is not None
    record = TrialRecord(
        proposal.number, proposal.seed, proposal.params, TrialState.RUNNING, proposal.started
    )
    point = Measurement(1, {"value": value}, 0.1)
    study.report(proposal.number, [point])
    study.finish(record.changed(TrialState.COMPLETE, values=(value,), best_step=1), [])


@contextmanager
def dashboard(study: FolderStudy, port: int) -> Iterator[str]:
    with serving(optuna_program(study), port) as server:
        server.wait_until_it_answers()
        yield server.address.partition("/dashboard")[0]


def ask(address: str, method: str = "GET") -> Any:
    request = urllib.request.Request(address, b"{}" if method != "GET" else None, method=method)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


@pytest.fixture
def port() -> int:
    return free_port()


def trials(address: str) -> list[dict[str, Any]]:
    return list(ask(f"{address}/api/studies/0")["trials"])


def test_the_dashboard_follows_a_driver_and_refuses_to_write(tmp_path: Path, port: int) -> None:
    stored = FolderStudy(tmp_path / "sample")
    journal = stored.layout.journal
    with closing(OptunaStudy(stored, EXPERIMENT)) as study:
        add_trial(study, 0.25)
        with dashboard(stored, port) as address:
            first = ask(f"{address}/api/studies")["study_summaries"]
            assert [one["study_name"] for one in first] == ["sample"]
            assert [one["values"] for one in trials(address)] == [[0.25]]
            before = journal.read_bytes()
            for method, path in (("PUT", "studies/0/note"), ("DELETE", "studies/0")):
                with pytest.raises(urllib.error.HTTPError) as refused:
                    ask(f"{address}/api/{path}", method)
                assert refused.value.code == 403
                assert "read-only" in json.load(refused.value)["reason"]
            assert journal.read_bytes() == before
            add_trial(study, 0.75)  # the driver goes on undisturbed
        with dashboard(stored, port) as address:
            assert [one["values"] for one in trials(address)] == [[0.25], [0.75]]
    assert sorted(file.name for file in journal.parent.iterdir()) == [
        "journal.log"
    ]  # no lock, no copy


def test_it_says_why_it_cannot_read(tmp_path: Path) -> None:
    (tmp_path / "sample").mkdir()
    (tmp_path / "sample" / "journal.log").write_bytes(b"rubbish\n")
    given = [str(tmp_path), "sample", "--port", "1"]
    command = [sys.executable, "-m", "hpsearch.strategies.dashboard", *given]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=300)  # noqa: PLW1510
    assert ended.returncode == 1 and "damaged-journal" in ended.stderr
