"""The search: ask, start, observe, decide, tell, record. The file to read first.

One process, the driver, runs this loop and is the only one that writes. It knows the parts as
protocols (`ports.py`) alone: a study that proposes and decides, a pool that runs, checkpoints,
listeners.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from hpsearch.common import faults
from hpsearch.common.checkpoints import Artifacts, Checkpoints
from hpsearch.common.errors import SearchFailed
from hpsearch.common.trial import Decision, Measurement, TrialRecord, TrialState
from hpsearch.engine.attempt import Attempt, why_unusable
from hpsearch.engine.budget import Spent, all_have_run, why_over
from hpsearch.engine.checkpoint_policy import Keeper
from hpsearch.engine.lookahead import Proposer
from hpsearch.engine.ports import (
    Ended,
    Event,
    Listener,
    Pool,
    Reported,
    Saved,
    Study,
    Task,
)
from hpsearch.engine.retries import Waiting
from hpsearch.experiment.schema import Experiment

TICK_SECONDS = 0.2
"""How often the loop looks at the clock while no worker has anything to say."""

SAME_FAILURES = 3
"""So many first trials that fail in the same way, none having reported, end the search."""


class Search:
    """Runs an experiment until its budget is spent, or until it is interrupted."""

    def __init__(
        self,
        experiment: Experiment,
        *,
        study: Study,
        pool: Pool,
        checkpoints: Checkpoints,
        artifacts: Artifacts,
        listeners: Sequence[Listener],
        notify: Callable[[str], None] = lambda text: None,
    ) -> None:
        """`notify` is told what a person should know of a search that goes on in spite of it."""
        self._experiment = experiment
        self._goals = experiment.goals
        self._study = study
        self._proposer = Proposer(study)
        self._pool = pool
        self._checkpoints = checkpoints
        rules = experiment.checkpoints
        self._keeper = Keeper(checkpoints, artifacts, goals=self._goals, rules=rules, notify=notify)
        self._listeners = listeners
        self._notify = notify
        self._attempts: dict[int, Attempt] = {}
        self._waiting = Waiting(checkpoints, experiment.resources.retries)
        self._paused: dict[int, Attempt] = {}
        self._spent = Spent(self._goals)
        self._begun = time.monotonic()
        self._interrupted = False
        self._over = ""

    def run(self) -> str:
        """Search, and return why it ended; raises HpsearchError where it cannot go on."""
        self._take_up()
        while self._fill() or self._attempts:
            for event in self._hear():
                self._handle(event)
            self._end_overdue()
        self._end_paused()
        if self._spent.failed >= self._experiment.budget.failed_trials:
            raise SearchFailed(
                faults.too_many_failures(self._spent.failed, self._spent.last_failure)
            )
        return self._over

    def interrupt(self) -> None:
        """Take no new trials; stop the running ones at their next report, to go on later."""
        self._interrupted = True

    @property
    def interrupted(self) -> bool:
        """Whether `interrupt` was called."""
        return self._interrupted

    @property
    def seconds(self) -> float:
        """Seconds of searching in all, over every run of this study."""
        return self._spent.earlier_seconds + time.monotonic() - self._begun

    # ---- what runs -------------------------------------------------------------------------------

    def _take_up(self) -> None:
        """Count what is finished; what a dead driver left running waits for a worker again."""
        for record in self._study.records():
            if record.state.is_finished:
                self._count(record)
                earlier = max(self._spent.earlier_seconds, record.search_seconds)
                self._spent.earlier_seconds = earlier
                continue
            self._keeper.began(record.number)
            if record.state is TrialState.PAUSED:
                verdict = (TrialState.PRUNED, record.reason)
                self._paused[record.number] = Attempt(record, self._goals, verdict=verdict)
            else:
                self._waiting.add(record.changed(TrialState.WAITING))

    def _fill(self) -> bool:
        """Start trials while a slot is free and one is there; return whether one was."""
        began = False
        while self._waiting.has_room(self._attempts.values(), self._pool.slots):
            record = self._next()
            if record is None:
                break
            self._start(record)
            began = True
        return began

    def _next(self) -> TrialRecord | None:
        """Return a trial that waits to be begun again, else a new one, else None."""
        over = self._why_over()
        if over is not None:
            self._over = self._over or over
            return None
        if self._waiting:
            return self._taken_up_again(self._waiting.pop())
        promotable = self._study.promotable(self._paused)
        if promotable is not None:
            return self._taken_up_again(self._paused.pop(promotable).waiting())
        return self._proposed()

    def _proposed(self) -> TrialRecord | None:
        asked = self._begun_in_all
        if asked >= self._experiment.budget.trials:
            self._over = all_have_run(asked)
            return None
        proposal = self._proposer.ask()
        if proposal is None:
            self._over = f"all {asked} configurations of the space have been tried"
            return None
        return TrialRecord(state=TrialState.RUNNING, **vars(proposal))

    @property
    def _begun_in_all(self) -> int:
        return self._spent.finished + len(self._attempts) + len(self._paused)

    def _hear(self) -> Sequence[Event]:
        """Return what workers say; while they are silent, the next proposal may be made."""
        trial_seconds = self.seconds * self._pool.slots / max(1, self._spent.finished)
        if self._proposer.is_behind(trial_seconds) and self._is_to_propose():
            if events := self._pool.wait(0):
                return events
            self._proposer.prepare()
        return self._pool.wait(TICK_SECONDS)

    def _is_to_propose(self) -> bool:
        """Return whether another proposal will be asked for, as far as can be known now."""
        more = self._begun_in_all < self._experiment.budget.trials
        return more and not self._waiting and self._why_over() is None

    def _taken_up_again(self, waiting: TrialRecord) -> TrialRecord:
        attempt = waiting.attempt + 1
        self._study.begin_again(waiting.number, attempt)
        return waiting.changed(TrialState.RUNNING, attempt=attempt)

    def _start(self, record: TrialRecord) -> None:
        number = record.number
        checkpoint = self._checkpoints.latest(number) if record.attempt > 1 else None
        self._attempts[number] = Attempt(
            record,
            self._goals,
            resumed_from=checkpoint.step if checkpoint else None,
            alone=self._waiting.is_alone(number),
        )
        self._keeper.began(number)
        files, seconds = (checkpoint.files, checkpoint.seconds) if checkpoint else ({}, 0.0)
        self._pool.start(Task(number, record.attempt, record.seed, record.params, files, seconds))
        for listener in self._listeners:
            listener.started(record)

    def _end_overdue(self) -> None:
        """Kill attempts that are over their time limit, or do not end though told to."""
        for number, attempt in self._attempts.items():
            why = attempt.why_overdue(self._experiment.resources.trial_minutes)
            if why is not None:
                attempt.is_killed = True
                self._pool.kill(number, why)

    # ---- what workers say ------------------------------------------------------------------------

    def _handle(self, event: Event) -> None:
        if isinstance(event, Reported):
            self._pool.answer(event.number, self._reported(event))
        elif isinstance(event, Saved):
            self._save(event)
            self._pool.answer(event.number, Decision())
        else:
            self._ended(event)

    def _reported(self, event: Reported) -> Decision:
        """Note a report and decide. A step counts once: what an earlier attempt reported stands."""
        attempt = self._attempts[event.number]
        attempt.has_reported = True
        attempt.record = replace(attempt.record, place=event.place)
        decision = Decision()
        if event.measurements[-1].step > attempt.last_step:
            decision = self._measured(attempt, event)
        decision = self._overruled(attempt, decision)
        if decision.stop:
            attempt.stopped = time.monotonic()
        return replace(decision, save=event.savable and self._wants(attempt, event))

    def _wants(self, attempt: Attempt, event: Reported) -> bool:
        """Whether to ask for a checkpoint: of a trial that goes on, now or with another `run`."""
        if attempt.verdict is not None:
            return attempt.pause
        step = event.measurements[-1].step
        return attempt.leave or self._keeper.wants(attempt.record, attempt.best, step)

    def _save(self, event: Saved) -> None:
        """Keep a checkpoint; the journal is first to know of the steps that it is past."""
        attempt = self._attempts[event.number]
        self._study.flush(event.number)
        self._keeper.save(event, attempt.best)
        if attempt.stopped is not None:
            attempt.stopped = time.monotonic()

    def _measured(self, attempt: Attempt, event: Reported) -> Decision:
        new = [m for m in event.measurements if m.step > attempt.last_step]
        wrong = why_unusable(new[-1], self._goals, measured=self._spent.measured)
        if wrong is not None:
            attempt.verdict = (TrialState.FAILED, wrong)
            return Decision(stop=True, reason=wrong)
        self._spent.measured = True
        decision = self._study.report(event.number, new)
        attempt.add(new)
        if decision.stop:
            attempt.verdict = (TrialState.PRUNED, decision.reason)
            attempt.pause = decision.pause
        for listener in self._listeners:
            listener.measured(attempt.record, new)
        return decision

    def _overruled(self, attempt: Attempt, decision: Decision) -> Decision:
        """Stop what would go on, where the whole search is to stop."""
        over = self._why_over()
        if decision.stop or over is None:
            return decision
        if self._is_to_be_continued():
            attempt.leave = True
        else:
            attempt.verdict = (TrialState.PRUNED, f"the search ended: {over}")
        return Decision(stop=True, reason=over)

    def _why_over(self) -> str | None:
        if self._interrupted:
            return "interrupted"
        return why_over(self._experiment.budget, self._spent, self.seconds)

    def _is_to_be_continued(self) -> bool:
        """Whether running trials are to be gone on with by another `run`, rather than ended."""
        failed = self._spent.failed >= self._experiment.budget.failed_trials
        return self._interrupted or failed

    def _ended(self, event: Ended) -> None:
        attempt = self._attempts.pop(event.number)
        if event.place is not None:
            attempt.record = replace(attempt.record, place=event.place)
        if attempt.leave:
            return
        if attempt.pause:
            self._pause(attempt)
            return
        if attempt.verdict is None and self._waiting.take_back(attempt, event):
            self._notify(f"trial {event.number} is tried again: {event.reason}")
            return
        rest = [m for m in event.measurements if m.step >= attempt.last_step]
        attempt.add(rest)
        self._keeper.save_artifacts(event)
        self._finish(attempt.outcome(event, self.seconds), rest)

    def _pause(self, attempt: Attempt) -> None:
        """Put the trial by; `verdict` is what becomes of it where it is not promoted."""
        self._paused[attempt.record.number] = attempt
        attempt.put_by()
        for listener in self._listeners:
            listener.paused(attempt.record)

    def _end_paused(self) -> None:
        """End what was never promoted, where the search is over for good."""
        if self._is_to_be_continued():
            return
        for number in sorted(self._paused):
            outcome = self._paused.pop(number).outcome(Ended(number, "stopped"), self.seconds)
            self._finish(outcome, ())

    # ---- what is written -------------------------------------------------------------------------

    def _finish(self, record: TrialRecord, rest: Sequence[Measurement]) -> None:
        """Write the trial to the journal first; everything else can be made again from there."""
        kept = self._study.finish(record, rest)
        self._count(kept)
        self._keeper.drop(kept)
        for listener in self._listeners:
            listener.finished(kept)
        self._stop_if_all_fail(kept)

    def _count(self, record: TrialRecord) -> None:
        self._spent.count(record)
        self._keeper.count(record)

    def _stop_if_all_fail(self, record: TrialRecord) -> None:
        count = min(SAME_FAILURES, self._experiment.budget.trials)
        if self._spent.all_failed_alike(count):
            raise SearchFailed(faults.every_trial_fails(count, record.reason, record.traceback))
