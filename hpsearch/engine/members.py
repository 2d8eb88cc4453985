"""What the trainable of a population must do: hand over checkpoints, and continue from them."""

from hpsearch.common.errors import SearchFailed
from hpsearch.common.trial import TrialState
from hpsearch.engine import faults
from hpsearch.engine.attempt import Attempt
from hpsearch.engine.messages import Reported
from hpsearch.engine.stops import Stop


def check_member(attempt: Attempt, event: Reported, stop: Stop | None) -> None:
    """Raise SearchFailed if a member pauses without a checkpoint, or counts its steps anew."""
    number, step = event.number, event.measurements[-1].step
    if stop is not None and stop.becomes is TrialState.PAUSED and not event.savable:
        raise SearchFailed(faults.pause_without_checkpoint(number, step))
    record = attempt.record
    is_first = attempt.reports == 1 and attempt.resumed_from == record.from_step
    if record.parent is not None and is_first and step <= record.from_step:
        raise SearchFailed(faults.starts_over(number, step, str(record.origin)))
