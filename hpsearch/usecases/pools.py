"""Where attempts run: in this process, or on Ray."""

from contextlib import suppress
from pathlib import Path

from hpsearch.common.errors import Fault
from hpsearch.common.logs import IMPORT_LOGS
from hpsearch.common.redaction import redacted
from hpsearch.common.text import count
from hpsearch.engine import Display, Pool
from hpsearch.experiment import Experiment
from hpsearch.usecases import faults
from hpsearch.workers import describe_upload, machine_faults, open_local_pool, open_ray_pool


def open_pool(
    experiment: Experiment,
    folder: Path,
    display: Display,
    *,
    logs: Path | None,
    local: bool,
    verbose: bool,
) -> Pool:
    """Return a pool whose workers are starting; they write to the folder `logs`."""
    if local:
        return open_local_pool(experiment, folder, display)
    return _ray_pool(experiment, folder, display, logs=logs, verbose=verbose)


def _ray_pool(
    experiment: Experiment, folder: Path, display: Display, *, logs: Path | None, verbose: bool
) -> Pool:
    """Connect to Ray or start it, and return its pool."""
    address = experiment.resources.ray_address
    connecting = f"connecting to Ray at {redacted(address or '')}"
    display.phase(connecting if address else "starting Ray")
    if (told := describe_upload(experiment, folder)) is not None:
        display.notice(told)
    if logs is not None:
        _clear_imports(logs)
    return open_ray_pool(experiment, folder, verbose=verbose, logs=logs, notify=display.notice)


def pool_faults(experiment: Experiment, *, local: bool) -> list[Fault]:
    """Return why no trial can run in this process, or on the Ray that is started for it."""
    if not local:
        return machine_faults(experiment.resources)
    workers = experiment.resources.workers_per_trial
    return [faults.workers_need_ray(workers)] if workers > 1 else []


def loading(experiment: Experiment, pool: Pool) -> str:
    """Return what the workers are doing before the first trial, in words."""
    what = experiment.reference if experiment.command is None else "the command"
    workers = count(pool.most_slots, "worker") if pool.most_slots else "no worker yet"
    return f"loading {what} ({workers})"


def _clear_imports(logs: Path) -> None:
    """Remove what workers printed in an earlier run before their import of the trainable failed."""
    with suppress(OSError):
        logs.mkdir(mode=0o700, parents=True, exist_ok=True)
        for left in logs.glob(IMPORT_LOGS):
            left.unlink()
