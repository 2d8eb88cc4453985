"""Trials as TensorBoard's event files, a folder for each: curves, hyperparameters, how it ended.

A running trial's file grows. A trial that this process did not begin is written anew, and so is one
that does not have all that was written: an event file cannot lose a point.
"""

import json
import shutil
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from google.protobuf.struct_pb2 import Value as ProtoValue
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.plugins.hparams import api_pb2, metadata
from tensorboard.plugins.hparams.plugin_data_pb2 import (
    HParamsPluginData,
    SessionEndInfo,
    SessionStartInfo,
)
from tensorboard.summary.writer.record_writer import RecordWriter

from hpsearch.common.goal import Goal
from hpsearch.common.text import writable
from hpsearch.common.trial import Measurement, TrialRecord, TrialState, Value
from hpsearch.tracking.pending import Entry
from hpsearch.tracking.values import milliseconds, objective

Points = dict[tuple[str, int, float], float]
"""Values by metric, step and seconds since 1970."""

END = metadata.SESSION_END_INFO_TAG.encode()
END_BYTES = 200
"""The last event of a whole file, the session's end, is shorter."""


class TensorBoardTarget:
    """See `writer.Target`. TensorBoard may read the folder meanwhile."""

    def __init__(self, folder: Path, goals: Sequence[Goal]) -> None:
        self._folder = folder
        self._goals = goals
        self._written: dict[int, set[tuple[str, int, float]]] = {}

    def missing(self, records: Sequence[TrialRecord]) -> list[TrialRecord]:
        """Return the finished trials without a whole file; remove what no trial has."""
        ours = {self._file(record).parent.name: self._file(record) for record in records}
        for folder in self._folder.glob("trial-*"):
            if folder.name not in ours or not ours[folder.name].exists():
                shutil.rmtree(folder)
        return [r for r in records if r.state.is_finished and not _is_whole(self._file(r))]

    def write(self, entries: Sequence[Entry]) -> None:
        for entry in entries:
            self._write(entry.record, entry.measurements)

    def answers(self, error: Exception) -> bool:
        """Return whether trying again is useless: a value is wrong."""
        return isinstance(error, ValueError | TypeError)

    def _write(self, record: TrialRecord, measurements: Sequence[Measurement]) -> None:
        file, finished = self._file(record), record.state.is_finished
        points = _points(record, record.measurements)
        points |= _values(record, self._goals) if finished else _points(record, measurements)
        written = self._written.pop(record.number, None)
        if written is None or (finished and not written <= points.keys()):
            shutil.rmtree(file.parent, ignore_errors=True)
            _append(file, _start(record))
            written = set()
        new = {place: value for place, value in points.items() if place not in written}
        _append(file, [*_curve(new), *(_end(record) if finished else ())])
        if not finished:
            self._written[record.number] = written | points.keys()

    def _file(self, record: TrialRecord) -> Path:
        """Return a trial's file; its name has the trial's start, so no other trial has it."""
        name = f"events.out.tfevents.{milliseconds(record.started) / 1000:.3f}"
        return self._folder / f"trial-{record.number:05d}" / name


def _append(file: Path, events: Iterable[Event]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("ab") as stream:
        writer = RecordWriter(stream)
        for event in events:
            writer.write(event.SerializeToString())


def _is_whole(file: Path) -> bool:
    try:
        with file.open("rb") as stream:
            stream.seek(max(0, file.stat().st_size - END_BYTES))
            return END in stream.read()
    except FileNotFoundError:
        return False


# ---- a record as events --------------------------------------------------------------------------


def _points(record: TrialRecord, measurements: Sequence[Measurement]) -> Points:
    begun = record.started.timestamp()
    return {
        (name, m.step, begun + round(m.seconds, 3)): value  # as the journal rounds them
        for m in measurements
        for name, value in m.metrics.items()
    }


def _values(record: TrialRecord, goals: Sequence[Goal]) -> Points:
    """Return the trial's values as metrics of their own, as in MLflow."""
    found = objective(record, goals)
    return {(name, step, time / 1000): value for (name, step, time), value in found.items()}


def _curve(points: Points) -> Iterator[Event]:
    for (name, step, time), value in sorted(points.items(), key=lambda item: item[0][1:]):
        scalar = Summary.Value(tag=writable(name), simple_value=value)
        yield Event(wall_time=time, step=step, summary=Summary(value=[scalar]))


def _start(record: TrialRecord) -> Iterator[Event]:
    time = record.started.timestamp()
    yield Event(wall_time=time, file_version="brain.Event:2")
    start = SessionStartInfo(
        group_name=f"trial-{record.number:05d}",
        start_time_secs=time,
        hparams={writable(k): _proto(value) for k, value in record.shown_params.items()},
    )
    data = HParamsPluginData(session_start_info=start)
    yield _hparams(time, metadata.SESSION_START_INFO_TAG, data)


def _end(record: TrialRecord) -> Iterator[Event]:
    time = (record.finished or record.started).timestamp()
    failed = record.state is TrialState.FAILED
    status = api_pb2.STATUS_FAILURE if failed else api_pb2.STATUS_SUCCESS
    end = SessionEndInfo(status=status, end_time_secs=time)
    yield _hparams(time, metadata.SESSION_END_INFO_TAG, HParamsPluginData(session_end_info=end))


def _hparams(time: float, tag: str, data: HParamsPluginData) -> Event:
    value = Summary.Value(
        tag=tag, metadata=metadata.create_summary_metadata(data), tensor=metadata.NULL_TENSOR
    )
    return Event(wall_time=time, summary=Summary(value=[value]))


def _proto(value: Value) -> ProtoValue:
    """Return a hyperparameter as TensorBoard compares it: a boolean, a number, else a text."""
    if isinstance(value, bool):
        return ProtoValue(bool_value=value)
    if isinstance(value, int | float):
        return ProtoValue(number_value=value)
    return ProtoValue(
        string_value=writable(value if isinstance(value, str) else json.dumps(value, default=str))
    )
