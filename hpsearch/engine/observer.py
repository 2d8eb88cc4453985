"""What a report means: what is new in it, whom that is told, and whether the trial should stop."""

from collections.abc import Sequence

from hpsearch.common.decision import Decision
from hpsearch.common.goal import Goal, has_values
from hpsearch.common.trial import Measurement, TrialState
from hpsearch.engine.attempt import Attempt
from hpsearch.engine.budget import Spent
from hpsearch.engine.messages import Reported
from hpsearch.engine.ports import Listener, Study
from hpsearch.engine.reasons import why_unusable
from hpsearch.engine.stops import Stop


class Observer:
    """Takes reports in: the study notes and judges them, the listener hears of them."""

    def __init__(
        self, goals: Sequence[Goal], *, study: Study, spent: Spent, listener: Listener
    ) -> None:
        self._goals = goals
        self._study = study
        self._spent = spent
        self._listener = listener

    def observe(self, attempt: Attempt, event: Reported) -> Stop | None:
        """Take in what is new, also what was logged before it; return why to stop, or None.

        A step counts once: what an earlier attempt reported is kept.
        """
        *logged, report = event.measurements
        is_new = report.step > attempt.curve.last_step
        wrong = why_unusable(report, self._goals) if is_new else None
        new = attempt.take(logged if wrong is not None else event.measurements)
        decision = self._tell(attempt, new) if new else Decision()
        if wrong is not None:
            return Stop(wrong, TrialState.FAILED)
        if not decision.stop:
            return None
        return Stop(decision.reason, TrialState.PAUSED if decision.pause else TrialState.PRUNED)

    def _tell(self, attempt: Attempt, new: Sequence[Measurement]) -> Decision:
        self._spent.measured |= any(has_values(m, self._goals) for m in new)
        decision = self._study.report(attempt.record.number, new)
        self._listener.measured(attempt.record, new)
        return decision
