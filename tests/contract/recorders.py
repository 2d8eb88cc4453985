"""Every recorder on a target of its own, and what that target then has."""

import json
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

import pytest

from hpsearch.common.goal import Goal
from hpsearch.tracking import MlflowRecorder, Recorder, StudyCard, further_recorders

CARD = StudyCard(
    id="4f1c", name="digits", experiment="digits", goals=(Goal("accuracy", "maximize"),),
    resolved_yaml="name: digits\n",
)  # fmt: skip


SECONDS = 300.0
"""Longest wait for anything."""

MayWrite = Callable[[], bool]


def always() -> bool:
    return True


@dataclass
class Seen:
    """What a target has of a trial; `curve` by metric: steps with values, as often as they are."""

    params: Mapping[str, str]
    failed: bool
    curve: dict[str, list[tuple[int, float]]]
    is_over: bool = True


class Bench(Protocol):
    """A target; `is_live` says whether it has running trials, and loses what it should not have."""

    notices: list[str]
    is_live: bool

    def make(self, may_write: MayWrite = always) -> Recorder: ...

    def seen(self) -> dict[int, Seen]: ...

    def fail(self) -> None:
        """Have the target refuse what is written."""

    def repair(self) -> None: ...


@dataclass
class MlflowBench:
    folder: Path
    empty: Path
    notices: list[str] = field(default_factory=list)
    is_live = True

    def __post_init__(self) -> None:
        shutil.copy(self.empty, self._file)

    @property
    def _file(self) -> Path:
        return self.folder / "mlflow.db"

    def make(self, may_write: MayWrite = always) -> Recorder:
        no_files = lambda number: nullcontext()  # noqa: E731
        uri = f"sqlite:///{self._file}"
        return MlflowRecorder(
            uri, CARD, no_files, logs=no_files, notify=self.notices.append, may_write=may_write
        )

    def seen(self) -> dict[int, Seen]:
        from mlflow import MlflowClient

        client = MlflowClient(f"sqlite:///{self._file}")
        found = client.get_experiment_by_name("digits")
        runs = client.search_runs([found.experiment_id], "tags.`hpsearch.trial` != ''")
        assert len({run.data.tags["hpsearch.trial"] for run in runs}) == len(runs)
        return {int(run.data.tags["hpsearch.trial"]): self._run(client, run) for run in runs}

    def _run(self, client: Any, run: Any) -> Seen:
        history = {
            name: sorted(
                (m.step, m.value) for m in client.get_metric_history(run.info.run_id, name)
            )
            for name in run.data.metrics
        }
        over = run.info.status != "RUNNING"
        return Seen(run.data.params, run.info.status == "FAILED", history, over)

    def fail(self) -> None:
        self._sql("ALTER TABLE metrics RENAME TO away")

    def repair(self) -> None:
        self._sql("ALTER TABLE away RENAME TO metrics")

    def _sql(self, statement: str) -> None:
        import sqlite3

        connection = sqlite3.connect(self._file, isolation_level=None)
        connection.execute(statement)
        connection.close()


def _further(name: str, folder: Path, notices: list[str], may_write: MayWrite) -> Recorder:
    (recorder,) = further_recorders(
        [name], CARD, lambda one: folder / one, notices.append, may_write=may_write
    )
    return recorder


@dataclass
class TensorBoardBench:
    folder: Path
    notices: list[str] = field(default_factory=list)
    is_live = True

    def make(self, may_write: MayWrite = always) -> Recorder:
        return _further("tensorboard", self.folder, self.notices, may_write)

    @property
    def _files(self) -> Path:
        return self.folder / "tensorboard"

    def seen(self) -> dict[int, Seen]:
        folders = sorted(self._files.glob("trial-*"))
        return {int(one.name.removeprefix("trial-")): self._trial(one) for one in folders}

    def _trial(self, folder: Path) -> Seen:
        from tensorboard.backend.event_processing.event_file_loader import LegacyEventFileLoader
        from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData

        (file,) = folder.iterdir()
        seen = Seen({}, failed=False, curve={}, is_over=False)
        for event in LegacyEventFileLoader(str(file)).Load():
            for value in event.summary.value:
                content = HParamsPluginData.FromString(value.metadata.plugin_data.content)
                if value.tag.startswith("_hparams_/session_start"):
                    given = content.session_start_info.hparams
                    seen.params = {name: _text(one) for name, one in given.items()}
                elif value.tag.startswith("_hparams_/session_end"):
                    seen.is_over, seen.failed = True, content.session_end_info.status == 2
                else:
                    point = (event.step, value.simple_value)
                    seen.curve.setdefault(value.tag, []).append(point)
        return seen

    def fail(self) -> None:
        if self._files.exists():
            self._files.rename(self.folder / "away")
        self._files.write_text("a file where a folder should be")

    def repair(self) -> None:
        self._files.unlink()
        if (self.folder / "away").exists():
            (self.folder / "away").rename(self._files)


@dataclass
class WandbBench:
    folder: Path
    notices: list[str] = field(default_factory=list)
    is_live = False

    def make(self, may_write: MayWrite = always) -> Recorder:
        return _further("wandb", self.folder, self.notices, may_write)

    @property
    def _files(self) -> Path:
        return self.folder / "wandb"

    def seen(self) -> dict[int, Seen]:
        files = sorted(self._files.glob("offline-run-*/*.wandb"))
        assert len({file.name for file in files}) == len(files)  # each trial once
        # W&B writes the end of a file a moment after it says that the run is finished
        wait_until(lambda: all(self._run(file).is_over for file in files))
        return {int(file.stem.rpartition("-")[2]): self._run(file) for file in files}

    def _run(self, file: Path) -> Seen:
        from wandb.proto.wandb_internal_pb2 import Record

        seen = Seen({}, failed=False, curve={}, is_over=False)
        summary: dict[str, Any] = {}
        for data in _wandb_records(file.read_bytes()):
            record = Record.FromString(data)
            for one in record.run.config.update:
                if one.key != "_wandb":
                    seen.params = {**seen.params, one.key: str(json.loads(one.value_json))}
            row = {one.nested_key[0]: json.loads(one.value_json) for one in record.history.item}
            for name in row.keys() - {"step", "seconds"}:
                if not name.startswith("_"):
                    seen.curve.setdefault(name, []).append((row["step"], row[name]))
            summary |= {one.key: json.loads(one.value_json) for one in record.summary.update}
            if record.HasField("exit"):
                seen.is_over, seen.failed = True, record.exit.exit_code != 0
        if "objective" in summary:
            seen.curve["objective"] = [(summary["best_step"], summary["objective"])]
        return seen

    def fail(self) -> None:
        if self._files.exists():
            self._files.rename(self.folder / "away")
        self._files.write_text("a file where a folder should be")

    def repair(self) -> None:
        self._files.unlink()
        if (self.folder / "away").exists():
            (self.folder / "away").rename(self._files)


def _wandb_records(data: bytes) -> Iterator[bytes]:
    """Yield the records of a file of W&B's: blocks of 32 KiB, as LevelDB's log has them."""
    at, record = 7, b""
    while at + 7 <= len(data):
        if (room := 32768 - at % 32768) < 7:
            at += room
            continue
        size, kind = int.from_bytes(data[at + 4 : at + 6], "little"), data[at + 6]
        record += data[at + 7 : at + 7 + size]
        at += 7 + size
        if kind in (1, 4):  # a whole record, or the last part of one
            yield record
            record = b""


def _text(value: Any) -> str:
    """Return a value of protobuf as MLflow writes it."""
    return str(getattr(value, value.WhichOneof("kind")))


BENCHES: Mapping[str, Callable[[Path, Path], Bench]] = {
    "mlflow": MlflowBench,
    "tensorboard": lambda folder, empty: TensorBoardBench(folder),
    "wandb": lambda folder, empty: WandbBench(folder),
}


def bench_of(name: str, folder: Path, empty: Path) -> Bench:
    """Return a bench; the test is skipped if the recorder's package is not installed."""
    if find_spec(name) is None:
        pytest.skip(f"{name} is not installed: pip install 'hpsearch[{name}]'")
    return BENCHES[name](folder, empty)


def wait_until(is_so: Callable[[], bool]) -> None:
    ends = time.monotonic() + SECONDS
    while not is_so() and time.monotonic() < ends:
        time.sleep(0.05)
    assert is_so()
