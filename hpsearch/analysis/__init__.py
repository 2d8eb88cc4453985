"""Pure numbers about trials: evaluation, confirmation, intervals, and a study taken together."""

from hpsearch.analysis.confirmation import (
    Contender,
    Verdict,
    configuration,
    distinct,
    ends,
    fresh_seeds,
    judge,
    median_training,
    repetitions,
)
from hpsearch.analysis.evaluation import (
    ConfusionMatrix,
    Interval,
    Outcome,
    outcome_data,
    read_outcome,
)
from hpsearch.analysis.failures import FailingPart, failing_parts
from hpsearch.analysis.intervals import student_interval, wilson_interval
from hpsearch.analysis.overview import (
    Importance,
    last_activity,
    reasons,
    searched,
    shown_names,
    states,
)
from hpsearch.analysis.pareto import hypervolumes, pareto_front

__all__ = [
    "ConfusionMatrix",
    "Contender",
    "FailingPart",
    "Importance",
    "Interval",
    "Outcome",
    "Verdict",
    "configuration",
    "distinct",
    "ends",
    "failing_parts",
    "fresh_seeds",
    "hypervolumes",
    "judge",
    "last_activity",
    "median_training",
    "outcome_data",
    "pareto_front",
    "read_outcome",
    "reasons",
    "repetitions",
    "searched",
    "shown_names",
    "states",
    "student_interval",
    "wilson_interval",
]
