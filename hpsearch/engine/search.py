"""The search: ask, start, observe, decide, tell, record. The file to read first.

One process, the driver, runs this loop and is the only one that writes. It knows the parts as
protocols (`ports.py`) alone: a study that proposes and decides, a pool that runs, checkpoints,
listeners.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from hpsearch.common.checkpoints import Artifacts, Checkpoints
from hpsearch.common.decision import Decision
from hpsearch.common.errors import SearchFailed
from hpsearch.common.goal import has_values
from hpsearch.common.logs import NoLogs, last_lines
from hpsearch.common.trial import Measurement, TrialRecord, TrialState
from hpsearch.engine import faults
from hpsearch.engine.attempt import Attempt, why_unusable
from hpsearch.engine.budget import Spent, all_have_run, why_over
from hpsearch.engine.checkpoint_policy import Keeper
from hpsearch.engine.lookahead import Proposer
from hpsearch.engine.notices import Notices
from hpsearch.engine.ports import (
    Ended,
    Event,
    Listener,
    Logs,
    Pool,
    Reported,
    Saved,
    Study,
    Task,
)
from hpsearch.engine.retries import Waiting
from hpsearch.engine.stops import SEARCH_ENDED, Stop, is_deferred
from hpsearch.experiment import Experiment

TICK_SECONDS = 0.2
"""How often the loop looks at the clock while no worker has anything to say."""

SAME_FAILURES = 3
"""So many first trials that fail in the same way, none with the objective, end the search."""


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
        logs: Logs | None = None,
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
        self._logs = logs or NoLogs()
        self._notify = notify
        self._notices = Notices(self._goals, notify)
        self._attempts: dict[int, Attempt] = {}
        self._waiting = Waiting(checkpoints, experiment.resources.retries)
        self._paused: dict[int, Attempt] = {}
        self._spent = Spent(self._goals)
        self._begun = time.monotonic()
        self._interrupted = False
        self._over = ""

    def run(self) -> str:
        """Search, and return why it ended; raises HpsearchError where it cannot go on."""
        return self._pool.serve(self._loop)

    def _loop(self) -> str:
        self._take_up()
        while self._fill() or self._attempts:
            for event in self._hear():
                self._handle(event)
            self._end_overdue()
        self._end_paused()
        if (too_many := self._spent.failures.too_many(self._experiment.budget)) is not None:
            raise SearchFailed(too_many)
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
                self._spent.count_earlier(record)
                self._keeper.count(record)
                continue
            self._keeper.began(record.number)
            if record.state is TrialState.PAUSED:
                stop = Stop(record.reason, TrialState.PAUSED)
                self._paused[record.number] = Attempt(record, self._goals, stop=stop)
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
        promotable = self._at_its_end()
        if promotable is None:
            promotable = self._study.promotable(self._paused)
        if promotable is not None:
            return self._taken_up_again(self._paused.pop(promotable).waiting())
        return self._proposed()

    def _at_its_end(self) -> int | None:
        """Return a paused trial that has only to return, as the complete trials tell by now."""
        ends, paused = self._spent.ends, self._paused.items()
        if ends is None:
            return None
        return next((n for n, one in paused if one.curve.last_step >= ends.highest), None)

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
        slots, finished = self._pool.slots, max(1, self._spent.finished)
        is_behind = self._proposer.is_behind(slots, self.seconds * slots / finished)
        if is_behind and self._is_to_propose():
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
        first = checkpoint.step + 1 if checkpoint else 0
        log = self._logs.begin(number, record.attempt)
        self._pool.start(
            Task(number, record.attempt, record.seed, record.params, files, seconds, log, first)
        )
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
        attempt, step = self._attempts[event.number], event.measurements[-1].step
        attempt.record = replace(attempt.record, place=event.place)
        attempt.note_report(step)
        attempt.stop = self._stop(attempt, event)
        self._notices.look_at(attempt, measured=self._spent.measured)
        save = event.savable and self._wants(attempt, step)
        if attempt.stop is None:
            return Decision(save=save)
        attempt.stopped = time.monotonic()
        pause = attempt.stop.becomes is TrialState.PAUSED
        return Decision(stop=True, reason=attempt.stop.reason, save=save, pause=pause)

    def _stop(self, attempt: Attempt, event: Reported) -> Stop | None:
        """Return why the attempt is to stop at this report, or None; see `stops.py`."""
        step = event.measurements[-1].step
        found = self._measured(attempt, event) or self._stop_of_search()
        if found is not None and found.becomes is TrialState.FAILED:
            return found
        if attempt.deferred is not None or found is None:
            return attempt.deferred
        deferred = is_deferred(
            found,
            step=step,
            ends=self._spent.ends,
            savable=event.savable,
            is_first=attempt.reports == 1,
        )
        attempt.deferred = found if deferred else None
        return None if deferred else found

    def _wants(self, attempt: Attempt, step: int) -> bool:
        """Whether to ask for a checkpoint: of a trial that goes on, now or with another `run`."""
        if attempt.stop is not None:
            return attempt.stop.becomes in (TrialState.PAUSED, TrialState.WAITING)
        return self._keeper.wants(attempt.record, attempt.decisive, step)

    def _save(self, event: Saved) -> None:
        """Keep a checkpoint; the journal is first to know of the steps that it is past."""
        attempt = self._attempts[event.number]
        self._study.flush(event.number)
        self._keeper.save(event, attempt.decisive)
        if attempt.stopped is not None:
            attempt.stopped = time.monotonic()

    def _measured(self, attempt: Attempt, event: Reported) -> Stop | None:
        """Take in what is new of a report, and what was logged before it."""
        *logged, report = event.measurements
        is_new = report.step > attempt.curve.last_step
        wrong = why_unusable(report, self._goals) if is_new else None
        new = attempt.take(logged if wrong is not None else event.measurements)
        decision = self._note(attempt, new) if new else Decision()
        if wrong is not None:
            return Stop(wrong, TrialState.FAILED)
        if not decision.stop:
            return None
        return Stop(decision.reason, TrialState.PAUSED if decision.pause else TrialState.PRUNED)

    def _note(self, attempt: Attempt, new: Sequence[Measurement]) -> Decision:
        """Tell the study and the listeners of new measurements."""
        self._spent.measured |= any(has_values(m, self._goals) for m in new)
        decision = self._study.report(attempt.record.number, new)
        for listener in self._listeners:
            listener.measured(attempt.record, new)
        return decision

    def _stop_of_search(self) -> Stop | None:
        """Return why what runs is to stop, if the whole search is to stop."""
        over = self._why_over()
        if over is None:
            return None
        if self._is_to_be_continued():
            return Stop(over, TrialState.WAITING)
        return Stop(f"{SEARCH_ENDED}{over}", TrialState.PRUNED)

    def _why_over(self) -> str | None:
        if self._interrupted:
            return "interrupted"
        return why_over(self._experiment.budget, self._spent, self.seconds)

    def _is_to_be_continued(self) -> bool:
        """Whether running trials are to be gone on with by another `run`, rather than ended."""
        too_many = self._spent.failures.too_many(self._experiment.budget)
        return self._interrupted or too_many is not None

    def _ended(self, event: Ended) -> None:
        clean = self._experiment.privacy.clean
        event = replace(event, reason=clean(event.reason), traceback=clean(event.traceback))
        attempt = self._attempts.pop(event.number)
        died = event.how in ("crashed", "lost")
        self._logs.end(event.number, attempt.record.attempt, output=event.output, died=died)
        if event.place is not None:
            attempt.record = replace(attempt.record, place=event.place)
        if attempt.deferred is not None and event.how in ("crashed", "lost"):
            attempt.stop = attempt.stop or attempt.deferred
        becomes = attempt.stop.becomes if attempt.stop is not None else None
        if becomes is TrialState.WAITING:
            return
        if becomes is TrialState.PAUSED:
            self._pause(attempt)
            return
        if becomes is None and self._waiting.take_back(attempt, event):
            self._notify(f"trial {event.number} is tried again: {event.reason}")
            return
        rest = attempt.take_last(event)
        self._notices.look_at(attempt, measured=self._spent.measured)
        self._keeper.save_artifacts(event)
        saved = self._keeper.last_saved(event.number)
        self._finish(attempt.outcome(event, self.seconds, saved), rest)

    def _pause(self, attempt: Attempt) -> None:
        """Put the trial by; it is pruned in the end if it is not promoted."""
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
        self._spent.count(kept)
        self._keeper.count(kept)
        self._keeper.drop(kept)
        for listener in self._listeners:
            listener.finished(kept)
        self._stop_if_all_fail(kept)

    def _stop_if_all_fail(self, record: TrialRecord) -> None:
        count = min(SAME_FAILURES, self._experiment.budget.trials)
        if self._spent.all_failed_alike(count):
            printed = last_lines(self._logs.tail(record.number, record.attempt))
            account = f"{record.traceback}\n{printed}".strip()
            raise SearchFailed(faults.every_trial_fails(count, record.reason, account))
