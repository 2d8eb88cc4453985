"""What a person should know of how a trainable measures: each kind is said once in a search."""

from collections.abc import Callable, Sequence

from hpsearch.common.errors import did_you_mean
from hpsearch.common.goal import Goal
from hpsearch.engine.attempt import Attempt

MANY_REPORTS = 10
"""After so many reports of a trial without the objective, and none with it yet, that is said."""


class Notices:
    """Looks at attempts as they report, and tells what is odd."""

    def __init__(self, goals: Sequence[Goal], notify: Callable[[str], None]) -> None:
        self._goals = goals
        self._notify = notify
        self._told: set[str] = set()

    def look_at(self, attempt: Attempt, *, measured: bool) -> None:
        """Look at an attempt after its report; `measured`: some trial had the objective."""
        if attempt.counts_anew:
            self._tell("counts anew", _counts_anew(attempt))
        if attempt.reports == MANY_REPORTS and not measured:
            self._tell("no objective", _lacks_the_objective(attempt, self._goals))
        if attempt.curve.doubled is not None:
            self._tell("doubled", _doubled(attempt, *attempt.curve.doubled))

    def _tell(self, kind: str, text: str) -> None:
        if kind not in self._told:
            self._told.add(kind)
            self._notify(text)


def _counts_anew(attempt: Attempt) -> str:
    return (
        f"trial {attempt.record.number} was resumed from its checkpoint of step "
        f"{attempt.resumed_from}, and counts its steps anew: what it reports is ignored until it "
        f"is past step {attempt.began_at}, where it was. If it trains on from `trial.checkpoint`, "
        "count on from there: `trial.start_step` is the first step; if it starts anew on purpose, "
        "all is well"
    )


def _lacks_the_objective(attempt: Attempt, goals: Sequence[Goal]) -> str:
    reported = {name for m in attempt.curve.measurements if m.counts for name in m.metrics}
    missing = next((g.metric for g in goals if g.metric not in reported), goals[0].metric)
    return (
        f"trial {attempt.record.number} has made {MANY_REPORTS} reports, none of them with the "
        f"objective `{missing}` ({did_you_mean(missing, reported).rstrip('.')}); a trial that ends "
        "without it fails"
    )


def _doubled(attempt: Attempt, metric: str, step: int) -> str:
    return (
        f"trial {attempt.record.number} logged `{metric}` at step {step}, where it has another "
        "value; the first one stands. Give each value a step of its own, such as the number of the "
        "batch"
    )
