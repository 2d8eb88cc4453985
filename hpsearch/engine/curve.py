"""The curve of a trial: its measurements as they come in, each metric once at a step.

| measured by | its step | what is kept |
|---|---|---|
| `report` | above that of the report before, over all attempts | whole |
| `log` | any; each metric has an axis of its own | the metrics that have no value there yet |
| the return value | that of the last report if it repeats or adds to it; else the next | news |

A report is kept whole, whatever was logged at its step; of two logged values the first is kept. A
resumed attempt that repeats steps is recorded only once it is past the last one.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from hpsearch.common.trial import Measurement


class Curve:
    """The measurements of a trial over all its attempts."""

    def __init__(self, earlier: Sequence[Measurement], after: int = -1) -> None:
        """`earlier` is what attempts before this one left; steps up to `after` are not its own."""
        self._after = after
        self.measurements = list(earlier)
        self.last: Measurement | None = None
        """The report of the highest step."""
        self.conflict: tuple[str, int] | None = None
        """A metric and a step for which a second, different value was logged; it is not kept."""
        self._reported: dict[int, Measurement] = {}
        self._logged: dict[tuple[str, int], float] = {}
        self._before: dict[str, int] = {}
        for measurement in earlier:
            self._take_earlier(measurement)

    @property
    def first_step(self) -> int:
        """The step of the first report, -1 if there is none."""
        return next(iter(self._reported), -1)

    @property
    def last_step(self) -> int:
        """The step of the last report; without one, that after which its own steps begin, or -1."""
        return self.last.step if self.last is not None else self._after

    def take(self, measurements: Sequence[Measurement]) -> list[Measurement]:
        """Take in what is new, and return that."""
        for measurement in measurements:
            if measurement.source == "reported" and measurement.step > self.last_step:
                self._reported[measurement.step] = self.last = measurement
        found = [self._new(measurement) for measurement in measurements]
        new = [measurement for measurement in found if measurement is not None]
        self.measurements.extend(new)
        return new

    def _take_earlier(self, measurement: Measurement) -> None:
        """Note what an earlier attempt left, as it is."""
        step = measurement.step
        if measurement.counts:
            self._reported[step] = measurement
            self.last = measurement if step >= self.last_step else self.last
            return
        for name, value in measurement.metrics.items():
            self._logged[name, step] = value
            self._before[name] = max(step, self._before.get(name, step))

    def _new(self, measurement: Measurement) -> Measurement | None:
        if measurement.source == "logged":
            return self._new_of_log(measurement)
        if measurement.source == "returned":
            return None if self._is_known(measurement) else measurement
        return measurement if self._reported.get(measurement.step) is measurement else None

    def _new_of_log(self, logged: Measurement) -> Measurement | None:
        new = {}
        for name, value in logged.metrics.items():
            known = self._value(name, logged.step)
            if logged.step <= self._before.get(name, -1):
                continue
            if known is None:
                new[name] = self._logged[name, logged.step] = value
            elif known != value:
                self.conflict = (name, logged.step)
        return replace(logged, metrics=new) if new else None

    def _value(self, name: str, step: int) -> float | None:
        reported = self._reported.get(step)
        if reported is not None and name in reported.metrics:
            return reported.metrics[name]
        return self._logged.get((name, step))

    def at_its_step(self, returned: Measurement) -> Measurement:
        """Return a return value at its step."""
        if self.last is None:
            return replace(returned, step=self._after + 1)
        adds = self.last.metrics.keys().isdisjoint(returned.metrics)
        is_same = adds or self._is_known(returned)
        return replace(returned, step=self.last.step + (not is_same))

    def _is_known(self, returned: Measurement) -> bool:
        """Return whether the last report has all of a return value."""
        return self.last is not None and returned.metrics.items() <= self.last.metrics.items()


def each_once(measurements: Iterable[Measurement]) -> tuple[Measurement, ...]:
    """Return measurements without what was logged at a step and reported there later."""
    every = tuple(measurements)
    if all(measurement.counts for measurement in every):
        return every
    reported = {(name, m.step) for m in every if m.counts for name in m.metrics}
    return tuple(found for m in every if (found := _without(m, reported)) is not None)


def by_axis(measurements: Sequence[Measurement]) -> tuple[list[Measurement], list[Measurement]]:
    """Return the curve by step, and what was logged on other axes, merged and sorted by step.

    A logged metric belongs to the curve if each of its steps is one of a report.
    """
    steps = {m.step for m in measurements if m.counts}
    apart = {n for m in measurements if not m.counts and m.step not in steps for n in m.metrics}
    curve: dict[int, Measurement] = {}
    others: dict[int, Measurement] = {}
    for one in measurements:
        own = {n: v for n, v in one.metrics.items() if not one.counts and n in apart}
        _merge(others, replace(one, metrics=own))
        _merge(curve, replace(one, metrics={n: v for n, v in one.metrics.items() if n not in own}))
    return [curve[step] for step in sorted(curve)], [others[step] for step in sorted(others)]


def _merge(rows: dict[int, Measurement], measurement: Measurement) -> None:
    if measurement.metrics:
        known = rows.get(measurement.step, measurement)
        metrics = {**known.metrics, **measurement.metrics}
        rows[measurement.step] = replace(measurement, metrics=metrics)


def _without(measurement: Measurement, reported: set[tuple[str, int]]) -> Measurement | None:
    if measurement.counts:
        return measurement
    metrics = {
        n: v for n, v in measurement.metrics.items() if (n, measurement.step) not in reported
    }
    if len(metrics) == len(measurement.metrics):
        return measurement
    return replace(measurement, metrics=metrics) if metrics else None
