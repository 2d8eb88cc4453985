"""The search: ask, start, observe, decide, tell, record. The file to read first.

One process, the driver, runs this loop and is the only one that writes. It knows its parts as
protocols alone (`ports.py`): a study that proposes and decides, a pool that runs attempts,
checkpoints, listeners. Each step has its rules in a file of its own:

    ask        scheduler.py          what runs next
    observe    observer.py           what a report means
    decide     stops.py, limits.py   whether the trial stops; whether the whole search does
    tell       listeners.py          who hears of it
    record     outcome.py            what the trial became
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from hpsearch.common.decision import Decision
from hpsearch.common.errors import SearchFailed
from hpsearch.common.logs import last_lines
from hpsearch.common.trial import Measurement, TrialRecord, TrialState
from hpsearch.engine import faults
from hpsearch.engine.attempt import Attempt
from hpsearch.engine.budget import Spent
from hpsearch.engine.checkpoint_policy import CheckpointPolicy
from hpsearch.engine.commits import Commits
from hpsearch.engine.limits import Limits
from hpsearch.engine.listeners import Listeners
from hpsearch.engine.members import check_member
from hpsearch.engine.messages import (
    Ended,
    Event,
    Leave,
    Reported,
    Restored,
    RunWanted,
    Saved,
    Saving,
    Task,
)
from hpsearch.engine.notices import Notices
from hpsearch.engine.observer import Observer
from hpsearch.engine.outcome import finished_record
from hpsearch.engine.ports import Parts
from hpsearch.engine.retries import RetryQueue
from hpsearch.engine.run_requests import RunRequests
from hpsearch.engine.scheduler import Scheduler
from hpsearch.engine.stops import Stop
from hpsearch.experiment import Incomputable

if TYPE_CHECKING:
    from hpsearch.experiment import Experiment

TICK_SECONDS = 0.2
"""How often the loop looks at the clock while no worker has anything to say."""

SHORT_TICK_SECONDS = 0.01
"""The same while a trainable waits for the id of its trial's run, or a checkpoint is on its way."""


class Search:
    """Runs an experiment until its budget is spent, or until it is interrupted."""

    def __init__(self, experiment: Experiment, parts: Parts) -> None:
        self._experiment = experiment
        self._goals = goals = experiment.goals
        self._parts = parts
        self._pool, self._study = parts.pool, parts.study
        self._listeners = Listeners(parts.listeners)
        self._attempts: dict[int, Attempt] = {}
        self._spent = spent = Spent(goals)
        self._limits = Limits(experiment.budget, spent)
        self._retries = RetryQueue(parts.checkpoints, experiment.resources.retries)
        trials = experiment.budget.trials
        self._scheduler = Scheduler(
            parts.study, self._retries, trials=trials, spent=spent, limits=self._limits
        )
        self._observer = Observer(goals, study=parts.study, spent=spent, listener=self._listeners)
        self._notices = Notices(goals, parts.notify)
        self._runs = RunRequests(parts.tracking, parts.pool.answer)
        self._policy = CheckpointPolicy.of(experiment, parts)
        self._commits = Commits(parts.checkpoints, parts.study.flush)
        self._untold: deque[TrialRecord] = deque()
        """Trials that ended or started, and of which nobody heard yet, in order."""
        self._is_over = False

    def run(self) -> str:
        """Search, and return why it ended; raises HpsearchError if it cannot continue."""
        try:
            return self._pool.serve(self._loop)
        finally:
            self._commits.close()

    def interrupt(self) -> None:
        """Start no more trials; stop the running ones at their next report, to be resumed later."""
        self._limits.interrupted = True

    @property
    def interrupted(self) -> bool:
        """Whether `interrupt` was called."""
        return self._limits.interrupted

    @property
    def seconds(self) -> float:
        """Seconds of searching in all, over every run of this study."""
        return self._limits.seconds

    def _loop(self) -> str:
        self._restore()
        self._prune_replaced()
        while self._fill() or self._attempts or self._waits_for_slots():
            for event in self._wait():
                self._handle(event)
            self._note_commits()
            self._runs.answer_found()
            self._prune_replaced()
            self._hold_if_over()
            self._kill_overdue()
        self._prune_paused()
        self._tell()
        if (too_many := self._limits.failure()) is not None:
            raise SearchFailed(too_many)
        return self._scheduler.why_ended

    def _waits_for_slots(self) -> bool:
        """Return whether there is something to run, but no slot for it."""
        return self._pool.slots == 0 and self._scheduler.has_more()

    def _restore(self) -> None:
        """Count the finished trials; those that a dead driver left running are queued again."""
        self._parts.checkpoints.sweep()
        for record in self._study.records():
            if record.state.is_finished:
                self._spent.count_earlier(record)
                self._policy.count(record)
                self._notices.know(record)
                continue
            self._spent.searched(record.search_seconds)
            self._policy.begin(record.number)
            if record.state is TrialState.PAUSED:
                stop = Stop(record.reason, TrialState.PAUSED)
                self._scheduler.pause(Attempt(record, self._goals, stop=stop))
            else:
                self._retries.add(record.changed(TrialState.WAITING))

    # ---- ask, start ------------------------------------------------------------------------------

    def _fill(self) -> bool:
        """Start trials while there is a free slot and a trial for it; return whether any began.

        Those that ended before are told afterwards: one flush serves an end and the next proposal.
        """
        began = False
        try:
            while (record := self._next()) is not None:
                self._start(record)
                began = True
        finally:
            self._tell()
        return began

    def _next(self) -> TrialRecord | None:
        """Return the trial to start now, or None."""
        if self._retries.has_room(self._attempts.values(), self._pool.slots):
            return self._scheduler.next(running=len(self._attempts))
        return None

    def _start(self, record: TrialRecord) -> None:
        number, attempt = record.number, record.attempt
        self._attempts[number] = Attempt(
            record, self._goals, alone=self._retries.runs_alone(number)
        )
        self._policy.begin(number)
        log = self._parts.logs.begin(number, attempt)
        try:
            params = self._experiment.arguments(record.params)
        except Incomputable as error:
            self._untold.append(record)
            self._end(self._attempts[number], Ended(number, "raised", reason=str(error)))
            return
        variables = self._parts.tracking.environment(record)
        store = self._parts.checkpoints
        task = Task.of(record, params, store=store, log=log, environment=variables)
        self._pool.start(replace(task, waits_at=self._study.waits_at(number)))
        self._untold.append(record)

    def _wait(self) -> Sequence[Event]:
        """Return what workers say; while they are silent, the next proposal may be made."""
        if self._attempts and all(attempt.ended for attempt in self._attempts.values()):
            self._commits.wait(TICK_SECONDS)
            return ()
        if self._scheduler.is_behind(len(self._attempts), self._pool.slots):
            if events := self._pool.wait(0):
                return events
            self._scheduler.prepare()
        is_waited_for = self._runs or self._commits
        return self._pool.wait(SHORT_TICK_SECONDS if is_waited_for else TICK_SECONDS)

    def _hold_if_over(self) -> None:
        """Have attempts wait at their next report if the search is over: it stops them."""
        was_over, self._is_over = self._is_over, self._limits.why_over() is not None
        if self._is_over and not was_over:
            for number, attempt in self._attempts.items():
                if attempt.ended is None:
                    self._pool.hold(number)

    def _kill_overdue(self) -> None:
        """Kill attempts that are over their time limit, or that do not end although told to."""
        for number, attempt in self._attempts.items():
            why = attempt.why_overdue(self._experiment.resources.trial_minutes)
            if why is not None:
                attempt.is_killed = True
                self._pool.kill(number, why)

    # ---- observe, decide, tell -------------------------------------------------------------------

    def _handle(self, event: Event) -> None:
        attempt = self._attempts[event.number]
        if isinstance(event, Reported):
            self._pool.answer(event.number, self._decide(attempt, event))
        elif isinstance(event, Saved):
            self._save(attempt, event)
        elif isinstance(event, Saving):
            attempt.note_saving()
        elif isinstance(event, Restored):
            self._note_restored(attempt, event)
        elif isinstance(event, RunWanted):
            self._runs.ask(attempt.record)
        elif isinstance(event, Leave):
            attempt.leave = event.reason
        else:
            attempt.ended = event
            self._end_if_committed(attempt, event)

    def _decide(self, attempt: Attempt, event: Reported) -> Decision:
        """Note a report, and return the answer to it."""
        attempt.note_report(event)
        self._notices.look_at_code(attempt.record)
        stop = self._observer.observe(attempt, event) or self._limits.stop()
        stop = stop or attempt.move(event)
        if self._study.population is not None:
            check_member(attempt, event, stop)
        attempt.stop_at(event, stop, self._spent.end)
        self._notices.look_at(attempt, measured=self._spent.measured)
        step = event.measurements[-1].step
        decision = attempt.decision(save=event.savable and self._policy.wants(attempt, step))
        return replace(decision, waits_at=self._waits_at(attempt))

    def _waits_at(self, attempt: Attempt) -> float:
        """Return from which step on the attempt's reports may stop it."""
        is_stopping = attempt.stop is not None or attempt.deferred is not None
        if is_stopping or self._limits.why_over() is not None:
            return 0.0
        return self._study.waits_at(attempt.record.number)

    def _save(self, attempt: Attempt, event: Saved) -> None:
        """Begin to make a checkpoint of what a worker stored."""
        self._study.write(event.number, self.seconds)
        self._commits.begin(event)
        attempt.has_stored = True
        self._policy.note_saving(event)
        attempt.note_saving()

    def _note_commits(self) -> None:
        """Keep the checkpoints that are there by now, and end the attempts that waited for them."""
        for event, error in self._commits.pop_done():
            attempt = self._attempts[event.number]
            self._policy.note_saved(event, attempt.decisive, error)
            if attempt.ended is not None:
                self._end_if_committed(attempt, attempt.ended)

    def _note_restored(self, attempt: Attempt, event: Restored) -> None:
        """Note what the attempt resumes from; no other attempt will read a damaged checkpoint."""
        attempt.resumed_from = event.step
        for step in event.damaged:
            self._parts.checkpoints.quarantine(event.number, step)

    # ---- record ----------------------------------------------------------------------------------

    def _end_if_committed(self, attempt: Attempt, event: Ended) -> None:
        """End an attempt unless its last checkpoint is on its way."""
        if not self._commits.has(event.number):
            self._end(attempt, event)
            if attempt.has_stored or event.artifacts is not None or event.died:
                self._parts.checkpoints.sweep(event.number)

    def _end(self, attempt: Attempt, event: Ended) -> None:
        """Decide what the trial becomes: paused, requeued, left for the next `run`, or finished."""
        clean = self._experiment.privacy.clean
        event = replace(event, reason=clean(event.reason), traceback=clean(event.traceback))
        number = event.number
        del self._attempts[number]
        self._runs.forget(number)
        self._parts.logs.end(number, attempt.record.attempt, output=event.output, died=event.died)
        attempt.note_end(event)
        self._notices.look_at_code(attempt.record)
        becomes = attempt.stop.becomes if attempt.stop is not None else None
        if becomes is TrialState.WAITING:
            self._requeue(attempt)
        elif becomes is TrialState.PAUSED:
            self._pause(attempt)
        elif becomes is None and self._retries.requeue_if_retryable(attempt, event):
            self._parts.notify(f"trial {number} is tried again: {event.reason}")
        else:
            self._finish(attempt, event)

    def _requeue(self, attempt: Attempt) -> None:
        """Queue a trial that left its slot; if the search is over, the next `run` resumes it."""
        self._study.write(attempt.record.number, self.seconds)
        self._retries.add(attempt.requeued())
        if attempt.leave and not self._limits.why_over():
            self._parts.notify(f"trial {attempt.record.number} moves: {attempt.leave}")

    def _pause(self, attempt: Attempt) -> None:
        """Pause the trial; if it is never promoted, it is pruned in the end."""
        attempt.pause()
        self._scheduler.pause(attempt)
        self._listeners.paused(attempt.record)

    def _finish(self, attempt: Attempt, event: Ended) -> None:
        rest = attempt.take_last(event)
        self._notices.look_at(attempt, measured=self._spent.measured)
        self._policy.save_artifacts(event)
        saved = self._policy.last_saved(event.number)
        record = finished_record(attempt, event, search_seconds=self.seconds, saved_step=saved)
        self._record(record, rest)

    def _record(self, record: TrialRecord, rest: Sequence[Measurement]) -> None:
        """Write the trial to the journal first; everything else can be made again from there."""
        kept = self._study.finish(record, rest)
        self._spent.count(kept)
        self._untold.append(kept)

    def _tell(self) -> None:
        """Tell of the trials that ended or started; ends are flushed to the journal before."""
        if any(record.state.is_finished for record in self._untold):
            self._study.flush()
        while self._untold:
            record = self._untold.popleft()
            if record.state.is_finished:
                self._conclude(record)
            else:
                self._listeners.started(record)

    def _conclude(self, kept: TrialRecord) -> None:
        """Clean up after a trial that is durably finished, and tell of it."""
        self._policy.count(kept)
        self._policy.clean(kept)
        self._listeners.finished(kept)
        self._raise_if_all_fail_alike(kept)

    def _raise_if_all_fail_alike(self, record: TrialRecord) -> None:
        if count := self._spent.all_failed_alike(self._experiment.budget.trials):
            printed = last_lines(self._parts.logs.tail(record.number, record.attempt))
            is_command = self._experiment.command is not None  # its traceback is what it printed
            details = record.traceback if is_command else f"{record.traceback}\n{printed}"
            lacked = "the metric of a constraint" if self._spent.measured else "the objective"
            fault = faults.every_trial_fails(
                count, record.reason, details.strip() or printed, lacked, command=is_command
            )
            raise SearchFailed(fault)

    def _prune_paused(self) -> None:
        """Prune the trials that were never promoted, unless another `run` may promote them."""
        if self._limits.is_resumable():
            return
        for attempt in self._scheduler.pop_paused():
            self._prune(attempt)

    def _prune_replaced(self) -> None:
        """Prune the members of a population whose place a copy of a better one takes."""
        for attempt, why in self._scheduler.pop_replaced():
            attempt.stop = Stop(why, TrialState.PRUNED)
            self._prune(attempt)

    def _prune(self, attempt: Attempt) -> None:
        event = Ended(attempt.record.number, "stopped")
        self._record(finished_record(attempt, event, search_seconds=self.seconds), ())
