"""What runs next: a trial to retry, a paused trial that was promoted, or a new proposal."""

from hpsearch.common.trial import TrialRecord, TrialState
from hpsearch.engine.attempt import Attempt
from hpsearch.engine.budget import Spent, all_have_run
from hpsearch.engine.limits import Limits
from hpsearch.engine.lookahead import Proposer
from hpsearch.engine.ports import Study
from hpsearch.engine.retries import RetryQueue


class Scheduler:
    """Chooses the next trial; keeps the paused ones until they are promoted or pruned."""

    def __init__(
        self, study: Study, retries: RetryQueue, *, trials: int, spent: Spent, limits: Limits
    ) -> None:
        """`trials` is how many the budget allows in all."""
        self._study = study
        self._proposer = Proposer(study)
        self._retries = retries
        self._trials = trials
        self._spent = spent
        self._limits = limits
        self._paused: dict[int, Attempt] = {}
        self.why_ended = ""
        """Why no trial was left to begin, once that is so."""

    def next(self, running: int) -> TrialRecord | None:
        """Return the trial to begin beside `running` others, or None."""
        over = self._limits.why_over()
        if over is not None:
            self.why_ended = self.why_ended or over
            return None
        if self._retries:
            return self._begin_again(self._retries.pop())
        promoted = self._study.promotable(self._paused)
        if promoted is not None:
            return self._begin_again(self._paused.pop(promoted).requeued())
        return self._propose(running)

    def has_more(self) -> bool:
        """Return whether a trial would begin, as far as can be known, if none runs."""
        over = self._limits.why_over()
        if over is None and (self._retries or self._study.promotable(self._paused) is not None):
            return True
        if over is None and self._begun(0) >= self._trials:
            over = all_have_run(self._begun(0))
        self.why_ended = self.why_ended or over or ""
        return over is None

    def pause(self, attempt: Attempt) -> None:
        """Keep a paused trial, for the study to promote."""
        self._paused[attempt.record.number] = attempt

    def pop_paused(self) -> list[Attempt]:
        """Return the trials that were never promoted, by number, and forget them."""
        paused = [self._paused[number] for number in sorted(self._paused)]
        self._paused.clear()
        return paused

    def pop_replaced(self) -> list[tuple[Attempt, str]]:
        """Return the paused trials that a copy of another replaces, with why, and forget them."""
        population = self._study.population
        found = population.replaced(self._paused) if population is not None else {}
        return [(self._paused.pop(number), why) for number, why in found.items()]

    def is_behind(self, running: int, slots: int) -> bool:
        """Return whether a slot would wait too long for the next proposal: see `lookahead.py`."""
        seconds = self._limits.seconds * slots / max(1, self._spent.finished)
        return self._proposer.is_behind(slots, seconds) and self._will_propose(running)

    def prepare(self) -> None:
        """Make the next proposal now."""
        self._proposer.prepare()

    def _propose(self, running: int) -> TrialRecord | None:
        begun = self._begun(running)
        if begun >= self._trials:
            self.why_ended = all_have_run(begun)
            return None
        population = self._study.population
        if population is not None and not population.is_due:
            return None
        proposal = self._proposer.ask()
        if proposal is None:
            self.why_ended = "every configuration of the space has been tried"
            return None
        return TrialRecord(state=TrialState.RUNNING, **vars(proposal))

    def _will_propose(self, running: int) -> bool:
        """Return whether another proposal will be needed, as far as can be known now."""
        more = self._begun(running) < self._trials
        return more and not self._retries and self._limits.why_over() is None

    def _begun(self, running: int) -> int:
        return self._spent.finished + running + len(self._paused)

    def _begin_again(self, record: TrialRecord) -> TrialRecord:
        attempt = record.attempt + 1
        self._study.begin_again(record.number, attempt)
        return record.changed(TrialState.RUNNING, attempt=attempt)
