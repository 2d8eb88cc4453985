"""What is wrong with what a trainable reported or returned, in words for the trial's reason."""

from collections.abc import Sequence

from hpsearch.common.errors import nearest
from hpsearch.common.goal import Goal, has_value
from hpsearch.common.trial import Measurement
from hpsearch.engine.messages import RETURNED


def why_unusable(measurement: Measurement, goals: Sequence[Goal]) -> str | None:
    """Return what is wrong with a report, or None; a report without the objective is fine."""
    for goal in goals:
        if goal.metric in measurement.metrics and not has_value(measurement, goal):
            value = measurement.metrics[goal.metric]
            return f"{goal.metric} is {value} at step {measurement.step}"
    return None


def why_no_result(measurements: Sequence[Measurement], goals: Sequence[Goal]) -> str:
    """Say why a return value cannot be used: one number for several objectives; else nothing."""
    is_number = any(RETURNED in m.metrics for m in measurements)
    names = ", ".join(f"`{goal.metric}`" for goal in goals)
    return (
        f"; it returned one number: return a mapping of {names}" if is_number and goals[1:] else ""
    )


def why_without_value(measurements: Sequence[Measurement], goals: Sequence[Goal]) -> str:
    """Say why a trial that returned has no value: what it reported instead of the objective."""
    names = " and ".join(f"`{goal.metric}`" for goal in goals)
    at_once = "" if len(goals) == 1 else " at one step"
    reported = sorted({name for m in measurements if m.counts for name in m.metrics})
    logged = {name for m in measurements if not m.counts for name in m.metrics}
    near = [word for goal in goals if (word := nearest(goal.metric, reported)) is not None]
    reason = f"it returned without a report of {names}{at_once}; it reported "
    reason += ", ".join(reported) or "nothing"
    if any(goal.metric in logged for goal in goals):
        return f"{reason}, and only logged the objective: use `trial.report` for it"
    missing = [goal.metric for goal in goals if goal.metric not in reported]
    return f"{reason}; did you mean `{near[0]}`?" if near and missing else reason
