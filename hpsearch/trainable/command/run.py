"""Runs a command as a trainable: from its start to its end, its metrics as reports."""

import os
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from hpsearch.common.decision import TrialStopped
from hpsearch.trainable.command.arguments import command_words, executables
from hpsearch.trainable.command.channel import Channel
from hpsearch.trainable.command.checkpoint_folder import CheckpointFolder
from hpsearch.trainable.command.failure import CommandFailed, cut
from hpsearch.trainable.command.lines import Line
from hpsearch.trainable.command.metrics import Reader, reader_of
from hpsearch.trainable.command.placeholders import Values, replace_placeholders
from hpsearch.trainable.command.process import Process
from hpsearch.trainable.command.program import Program
from hpsearch.trainable.command.reports import Reports
from hpsearch.trainable.contract import Trial


def run_command(program: Program, folder: Path, params: Mapping[str, Any], trial: Trial) -> object:
    """Run a command to its end, in a folder; return its result if it has one.

    Raises CommandFailed or Infeasible, or TrialStopped once nothing of it is left.
    """
    checkpoints = CheckpointFolder(trial.scratch / "save", trial.checkpoint)
    values = Values(trial, params, checkpoints.path)
    words = command_words(program.command, program.style, values)
    reader = _reader(program, values, folder)
    with (
        Channel(
            trial,
            params,
            meanwhile=lambda: process.output.read_ahead(),  # noqa: PLW0108 (it is started below)
        ) as channel,
        Process(
            words,
            folder=folder,
            environment={**_environment(values), **channel.environment},
            grace_seconds=program.grace_seconds,
        ) as process,
    ):
        reports = Reports(
            trial, program.objectives, constrained=program.constrained,
            process=process, checkpoints=checkpoints, each=program.checkpoint_each_report,
        )  # fmt: skip
        process.output.also_handle(channel.fileno(), partial(_serve, channel, process, reports))
        _follow(process, reader, reports)
        process.check(shell=isinstance(program.command, str))
        _refuse_silence(reader, reports, process.output.last_line)
    return None if reader is None else reader.result


def _reader(program: Program, values: Values, folder: Path) -> Reader | None:
    if program.metrics is None:
        return None
    kind, value = program.metrics
    is_path = kind in ("file", "tensorboard")
    return reader_of(kind, replace_placeholders(value, values.__getitem__) if is_path else value,
                     folder)  # fmt: skip


def _environment(values: Values) -> dict[str, str]:
    """Return the command's environment; Python prints its lines at once there."""
    path = executables(os.environ.get("PATH", os.defpath))
    return {"PYTHONUNBUFFERED": "1", **os.environ, "PATH": path, **values.environment()}


def _serve(channel: Channel, process: Process, reports: Reports) -> None:
    """Handle what a script asks with `hpsearch.report`; raises TrialStopped."""
    reports.count += 1
    try:
        channel.handle()
    except TrialStopped:
        process.knows_its_stop = True
        raise


def _follow(process: Process, reader: Reader | None, reports: Reports) -> None:
    """Report what the command says until it has ended; raises TrialStopped."""
    for lines in process.lines():
        _take(reader, lines, reports, ended=False)
    _take(reader, (), reports, ended=True)
    reports.finish()


def _take(reader: Reader | None, lines: Sequence[Line], reports: Reports, *, ended: bool) -> None:
    if reader is not None:
        for row in reader.rows(lines, ended=ended):
            reports.take(row)


def _refuse_silence(reader: Reader | None, reports: Reports, last_line: str) -> None:
    """Raise CommandFailed if the reader found nothing at all."""
    if reader is None or reports.count or reader.result is not None:
        return
    printed = f"its last line on stdout: {cut(last_line)}" if last_line else "it printed nothing"
    raise CommandFailed(f"exit code 0 without metrics: there was never {reader.place}; {printed}")
