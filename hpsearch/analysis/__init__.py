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
    why_none_stopped,
)
from hpsearch.analysis.pareto import dominates, hypervolumes, pareto_front
from hpsearch.analysis.prospect import Meter, Prospect, prospect_of
from hpsearch.analysis.schedule import Stretch, schedule_of
from hpsearch.analysis.transfer import Transfer, evenly, ranks_of, transfer

__all__ = [
    "ConfusionMatrix",
    "Contender",
    "FailingPart",
    "Importance",
    "Interval",
    "Meter",
    "Outcome",
    "Prospect",
    "Stretch",
    "Transfer",
    "Verdict",
    "configuration",
    "distinct",
    "dominates",
    "ends",
    "evenly",
    "failing_parts",
    "fresh_seeds",
    "hypervolumes",
    "judge",
    "last_activity",
    "median_training",
    "outcome_data",
    "pareto_front",
    "prospect_of",
    "ranks_of",
    "read_outcome",
    "reasons",
    "repetitions",
    "schedule_of",
    "searched",
    "shown_names",
    "states",
    "student_interval",
    "transfer",
    "why_none_stopped",
    "wilson_interval",
]
