"""Warnings about how a trainable reports: each kind is shown once in a search."""

from collections.abc import Callable, Sequence

from hpsearch.common.errors import did_you_mean
from hpsearch.common.goal import Goal
from hpsearch.common.trial import TrialRecord
from hpsearch.engine.attempt import Attempt

MANY_REPORTS = 10
"""A trial that has made so many reports without the objective is named, if no trial had it yet."""


class Notices:
    """Looks at attempts as they report, and tells a person what is odd."""

    def __init__(self, goals: Sequence[Goal], notify: Callable[[str], None]) -> None:
        self._goals = goals
        self._notify = notify
        self._told: set[str] = set()
        self._code, self._code_of = "", 0

    def know(self, record: TrialRecord) -> None:
        """Take the code of a trial that an earlier run finished as the one known last."""
        if code := _code(record):
            self._code, self._code_of = code, record.number

    def look_at(self, attempt: Attempt, *, measured: bool) -> None:
        """Look at an attempt after its report; `measured`: some trial had the objective."""
        if attempt.restarts_steps:
            self._tell("restarts steps", _restarts_steps(attempt))
        if attempt.reports == MANY_REPORTS and not measured:
            self._tell("no objective", _lacks_the_objective(attempt, self._goals))
        if attempt.curve.conflict is not None:
            self._tell("conflict", _conflict(attempt, *attempt.curve.conflict))

    def look_at_code(self, record: TrialRecord) -> None:
        """Tell a person when trials begin to run another version of the trainable's code."""
        code, known = _code(record), self._code
        if code and known and code != known:
            self._told.add(f"code {known}")  # a worker that has it may still run trials
            self._tell(f"code {code}", _other_code(self._code_of, known, record.number, code))
        if code:
            self._code, self._code_of = code, record.number

    def _tell(self, kind: str, text: str) -> None:
        if kind not in self._told:
            self._told.add(kind)
            self._notify(text)


def _code(record: TrialRecord) -> str:
    return record.place.code if record.place is not None else ""


def _other_code(earlier: int, known: str, number: int, code: str) -> str:
    return (
        f"trial {number} runs other code than trial {earlier}: the trainable's files have changed "
        f"(version {known}, now {code}); `hpsearch show --trial` says which version a trial ran"
    )


def _restarts_steps(attempt: Attempt) -> str:
    return (
        f"trial {attempt.record.number} was resumed from its checkpoint of step "
        f"{attempt.resumed_from}, but counts its steps from the start again: its reports are "
        f"ignored until it is past step {attempt.began_at}, which it had reached. If it continues "
        "from `trial.checkpoint`, continue the steps as well: `trial.start_step` is the first one; "
        "if it starts from scratch on purpose, ignore this"
    )


def _lacks_the_objective(attempt: Attempt, goals: Sequence[Goal]) -> str:
    reported = {name for m in attempt.curve.measurements if m.counts for name in m.metrics}
    missing = next((g.metric for g in goals if g.metric not in reported), goals[0].metric)
    return (
        f"trial {attempt.record.number} has made {MANY_REPORTS} reports, none of them with the "
        f"objective `{missing}` ({did_you_mean(missing, reported).rstrip('.')}); a trial that ends "
        "without it fails"
    )


def _conflict(attempt: Attempt, metric: str, step: int) -> str:
    return (
        f"trial {attempt.record.number} logged `{metric}` twice at step {step}, with different "
        "values; the first one is kept. Give each value a step of its own, such as the batch number"
    )
