"""Where attempts run: in this process, or on Ray."""

from contextlib import suppress
from pathlib import Path

from hpsearch.common.redaction import redacted
from hpsearch.common.text import count
from hpsearch.engine import Display, Pool
from hpsearch.experiment import Experiment
from hpsearch.workers import open_ray_pool


def ray_pool(
    experiment: Experiment, folder: Path, display: Display, *, logs: Path | None, verbose: bool
) -> Pool:
    """Connect to Ray or start it, and return its pool; workers write to the folder `logs`."""
    address = experiment.resources.ray_address
    connecting = f"connecting to Ray at {redacted(address or '')}, sending it {folder}"
    display.phase(connecting if address else "starting Ray")
    if logs is not None:
        _clear_imports(logs)
    return open_ray_pool(experiment, folder, verbose=verbose, logs=logs, notify=display.notice)


def loading(experiment: Experiment, pool: Pool) -> str:
    """Return what the workers are doing before the first trial, in words."""
    what = experiment.reference if experiment.command is None else "the command"
    workers = count(pool.most_slots, "worker") if pool.most_slots else "no worker yet"
    return f"loading {what} ({workers})"


def _clear_imports(logs: Path) -> None:
    """Remove what workers printed in an earlier run before their import of the trainable failed."""
    with suppress(OSError):
        logs.mkdir(mode=0o700, parents=True, exist_ok=True)
        for left in logs.glob("import-*.log"):
            left.unlink()
