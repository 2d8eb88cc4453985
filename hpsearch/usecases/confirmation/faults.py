"""What cannot be confirmed."""

from hpsearch.common.errors import Fault
from hpsearch.common.trial import TrialRecord


def not_complete(name: str, record: TrialRecord) -> Fault:
    return Fault(
        "not-complete",
        f"trial {record.number} of the study `{name}` is {record.state}.",
        record.reason or "only a complete trial has a result to confirm.",
        f"name a complete one; `hpsearch show {name}` lists them.",
    )


def schedule_not_repeatable(number: int) -> Fault:
    return Fault(
        "schedule-not-repeatable",
        f"trial {number} cannot be confirmed: its hyperparameters changed during its training.",
        "it started from the checkpoint of another trial, and a confirmation trains one set of "
        "hyperparameters from the start: that would be another training.",
        f"`hpsearch show STUDY --trial {number}` has its schedule, `evaluate` measures its model; "
        "or confirm a trial that was trained from the start: `--trial N`.",
    )
