"""Trials as runs of Weights & Biases, one for each that ended; offline if WANDB_MODE says so.

A run is written whole, at the trial's end: a row cannot be taken back from it. Which trials have
one stands in a file of the study, as nobody can be asked offline; a run that was begun before is
written again under its id, which replaces it.
"""

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import wandb

from hpsearch.common.errors import UserError
from hpsearch.common.text import writable
from hpsearch.common.trial import Measurement, TrialRecord, TrialState
from hpsearch.tracking import faults
from hpsearch.tracking.pending import Entry
from hpsearch.tracking.study_card import StudyCard
from hpsearch.tracking.values import objective_names

LIST = "recorded.txt"
"""In the folder of the runs: a line for each trial that has one, with when it started."""

INIT_SECONDS = 30
FINISH_SECONDS = 60
"""How long a server may take to answer, and to take a run; then it is tried again."""


class WandbTarget:
    """See `writer.Target`."""

    def __init__(self, card: StudyCard, folder: Path) -> None:
        """Raise UserError if W&B is to be written online and has no key."""
        self._card = card
        self._folder = folder.absolute()
        if _set_up().mode == "online" and not wandb.login(prompt=False, verify=False):
            raise UserError(faults.wandb_without_key())

    def missing(self, records: Sequence[TrialRecord]) -> list[TrialRecord]:
        recorded = self._recorded()
        return [r for r in records if r.state.is_finished and _line(r) not in recorded]

    def write(self, entries: Sequence[Entry]) -> None:
        recorded = self._recorded()
        for record in (entry.record for entry in entries):
            if record.state.is_finished and _line(record) not in recorded:
                self._write(record)
                with self._list.open("a") as file:
                    file.write(f"{_line(record)}\n")

    def answers(self, error: Exception) -> bool:
        """Return whether trying again is useless: a value is wrong."""
        return isinstance(error, ValueError | TypeError)

    @property
    def _list(self) -> Path:
        return self._folder / LIST

    def _recorded(self) -> set[str]:
        return {*self._list.read_text().splitlines()} if self._list.exists() else set()

    def _write(self, record: TrialRecord) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        kind = self._card.kind or "trial"
        run_id = f"{self._card.id[:16]}-{kind}-{record.number}"
        try:
            self._write_run(record, run_id, kind)
        except Exception:
            wandb.teardown()  # its service takes the id for used until it ends (0.31)
            _set_up()
            for left in self._folder.glob(f"run-*-{run_id}"):
                shutil.rmtree(left, ignore_errors=True)
            raise

    def _write_run(self, record: TrialRecord, run_id: str, kind: str) -> None:
        run = wandb.init(
            project=self._card.experiment,
            group=self._card.name,
            job_type=kind,
            id=run_id,
            name=f"trial-{record.number:05d}",
            config={writable(k): _plain(value) for k, value in record.shown_params.items()},
            dir=self._folder.parent,  # W&B itself adds `wandb`
            reinit="create_new",  # a trial of this process may have a run of its own
            settings=_settings(),
        )
        run.define_metric("*", step_metric="step")
        for row in _rows(record.measurements):
            run.log(row)
        run.summary.update(self._summary(record))
        run.finish(exit_code=int(record.state is TrialState.FAILED))

    def _summary(self, record: TrialRecord) -> dict[str, object]:
        names = objective_names(self._card.goals)
        return {
            **dict(zip(names, record.values, strict=False)),
            "state": str(record.state),
            "best_step": record.best_step,
            "reason": writable(record.reason),
        }


def _set_up() -> wandb.Settings:
    """Have W&B print nothing; return its settings, with those of the environment."""
    return wandb.setup(settings=wandb.Settings(silent=True)).settings


def _line(record: TrialRecord) -> str:
    return f"{record.number} {record.started.isoformat(timespec='milliseconds')}"


def _settings() -> wandb.Settings:
    """Return settings for a run that only holds what it is given: nothing of this process."""
    return wandb.Settings(
        silent=True,
        console="off",
        disable_code=True,
        disable_git=True,
        disable_job_creation=True,
        init_timeout=INIT_SECONDS,
        finish_timeout=FINISH_SECONDS,
        finish_timeout_raises=True,
        x_disable_meta=True,
        x_disable_stats=True,
        x_save_requirements=False,
    )


def _rows(measurements: Sequence[Measurement]) -> Iterator[dict[str, object]]:
    for one in measurements:
        metrics = {writable(name): value for name, value in one.metrics.items()}
        yield {**metrics, "step": one.step, "seconds": one.seconds}


def _plain(value: object) -> object:
    """Return a hyperparameter as W&B stores it."""
    return writable(value) if isinstance(value, str) else value
