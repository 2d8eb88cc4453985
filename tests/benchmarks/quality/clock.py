"""Workers in simulated time, on which another tool, asked and told, searches a task."""

import heapq
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from tests.benchmarks.quality.task import Task


@dataclass(eq=False)
class Job:
    """What a tool wants trained: hyperparameters, and until which step."""

    params: Mapping[str, Any]
    steps: int
    its: Any = None
    """What the tool itself knows it by."""


class Peer(Protocol):
    """A tool, asked for jobs and told of their losses."""

    def ask(self) -> Job | None:
        """Return the next job, None if it waits for others to end."""

    def report(self, job: Job, step: int, loss: float) -> bool:
        """Take a loss in the middle of a job, and return whether it goes on."""

    def end(self, job: Job, loss: float, seconds: float) -> None:
        """Take the last loss of a job that was not stopped."""


@dataclass
class Clock:
    """Workers in simulated time, on which one tool searches one task."""

    task: Task
    peer: Peer
    lowest: list[tuple[float, float]] = field(default_factory=list)
    """When a loss was the lowest so far, and which."""
    _trained: dict[str, int] = field(default_factory=dict)
    _events: list[tuple[float, int, Job, Iterator[tuple[int, float]]]] = field(default_factory=list)
    _count: int = 0

    def run(self, workers: int, seconds: float) -> None:
        """Search until the time is up, or nothing runs and the tool has no job."""
        now, idle = 0.0, workers
        while True:
            while idle and (job := self.peer.ask()) is not None:
                idle -= 1
                self._go_on(now, job, self._steps(job))
            if not self._events:
                return
            now, _, job, steps = heapq.heappop(self._events)
            if now > seconds:
                return
            idle += not self._step(now, job, steps)

    def _steps(self, job: Job) -> Iterator[tuple[int, float]]:
        first = self._trained.get(repr(sorted(job.params.items())), 0)
        return enumerate(self.task.curve(job.params)[first : job.steps], start=first + 1)

    def _go_on(self, now: float, job: Job, steps: Iterator[tuple[int, float]]) -> None:
        self._count += 1
        when = now + self.task.step_seconds(job.params)
        heapq.heappush(self._events, (when, self._count, job, steps))

    def _step(self, now: float, job: Job, steps: Iterator[tuple[int, float]]) -> bool:
        """Take the step that was trained until now, and return whether the job goes on."""
        step, loss = next(steps, (job.steps, self.task.curve(job.params)[job.steps - 1]))
        self._trained[repr(sorted(job.params.items()))] = step
        if not self.lowest or loss < self.lowest[-1][1]:
            self.lowest.append((now, float(loss)))
        if step == job.steps:
            self.peer.end(job, float(loss), step * self.task.step_seconds(job.params))
            return False
        if not self.peer.report(job, step, float(loss)):
            return False
        self._go_on(now, job, steps)
        return True
