"""What is wrong with what a trainable reported or returned, in words for the trial's reason."""

from collections.abc import Sequence

from hpsearch.common.constraint import value_for
from hpsearch.common.errors import nearest
from hpsearch.common.goal import Goal, has_value
from hpsearch.common.trial import Measurement
from hpsearch.engine.messages import RETURNED

UNCONSTRAINED = ", which `constraints` names"
"""The reason of a trial that never reported the metric of a constraint has this."""


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
    at_once = "" if len(goals) == 1 else " at one step"
    return _why_without(measurements, [goal.metric for goal in goals], at_once, "the objective")


def why_without_constraint(
    measurements: Sequence[Measurement], decisive: Measurement, goals: Sequence[Goal]
) -> str:
    """Say which metric of a constraint a trial never reported; nothing if it has all."""
    constraints = goals[0].constraints
    missing = [o.metric for o in constraints if value_for(o, measurements, decisive) is None]
    if not missing:
        return ""
    return _why_without(measurements, missing, UNCONSTRAINED, "the metric of a constraint")


def _why_without(
    measurements: Sequence[Measurement], wanted: Sequence[str], which: str, kind: str
) -> str:
    names = " and ".join(f"`{name}`" for name in wanted)
    reported = sorted({name for m in measurements if m.counts for name in m.metrics})
    logged = {name for m in measurements if not m.counts for name in m.metrics}
    missing = [name for name in wanted if name not in reported]
    known = reported or sorted(logged)
    near = [word for name in missing if (word := nearest(name, known)) is not None]
    reason = f"it returned without a report of {names}{which}; it reported "
    reason += ", ".join(reported) or "nothing"
    if logged.intersection(wanted):
        return f"{reason}, and only logged {kind}: use `trial.report` for it"
    if logged and not reported:
        reason += f", and logged {', '.join(sorted(logged))}"
    return f"{reason}; did you mean `{near[0]}`?" if near else reason
