"""5. Search: validation accuracy against time, at the same wall-clock on the same two cores.

The CNN of experiments/cnn.py, the space and the split of experiments/cnn.yaml. Time begins with the
command and includes every start-up. `tutorial` is Ray Tune with OptunaSearch and ASHA as PyTorch's
tutorial for Ray Tune writes it, with its DataLoader loop; `same loop` is the same search over the
very training code that hpsearch runs, so that what differs is the engine alone. All report every
125 of 1,000 steps.
"""

import argparse
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from matplotlib.ticker import LogLocator

from tests.benchmarks.cnn_experiment import cnn_experiment
from tests.benchmarks.peers.data import VARIABLE, unpack
from tests.benchmarks.results import Options, Result, Table, middle, options, parse, publish, say
from tests.benchmarks.sides import EXPERIMENT, OURS, Observed, folder_for, in_turns, observe

TUNE = ("-m", "tests.benchmarks.peers.tune_tutorial", EXPERIMENT, "--loop")
BASELINE = "Ray Tune, tutorial"
SIDES: Mapping[str, tuple[Sequence[str], tuple[str, ...]]] = {
    "hpsearch": (OURS, ()),
    "hpsearch, auto": (OURS, ("pruner={type: auto}",)),
    "hpsearch, median": (
        OURS,
        ("sampler={type: tpe}", "pruner={type: median, n_startup_trials: 4, n_warmup_steps: 125}"),
    ),
    "hpsearch, asha": (
        OURS,
        (
            "sampler={type: tpe}",
            "pruner={type: asha, min_resource: 125, reduction_factor: 2}",
        ),
    ),
    BASELINE: ((*TUNE, "tutorial"), ()),
    "Ray Tune, same loop": ((*TUNE, "same"), ()),
}
"""Commands, and what is changed in the experiment. The rungs of asha are those that Tune has."""
DEFAULT_SIDES = ("hpsearch", BASELINE, "Ray Tune, same loop")
"""From the last two follows what of the gain is due to the loop; the rest is the engine's."""
MANY_TRIALS = 100_000
WORST_SHOWN = 10.0
"""Percent of error; the first report of a search may be far worse."""
LATE_MINUTES = 5
"""A side that has not ended so long after its time fails."""

Curve = list[tuple[float, float]]
"""Seconds since the command, and the best accuracy by then; a point for each better one."""


def measure(side: str, seed: int, minutes: float, data: Path) -> Curve:
    """Run one search."""
    say(f"search: {side}, seed {seed}, {minutes:g} minutes")
    command, overrides = SIDES[side]
    budget = (f"budget.minutes={minutes}", f"budget.trials={MANY_TRIALS}", f"seed={seed}")
    with folder_for(cnn_experiment("train", *budget, *overrides)) as folder:
        limit = minutes + LATE_MINUTES
        seen = observe(command, folder, minutes=limit, environment={VARIABLE: str(data)})
    curve = _curve(seen, minutes * 60)
    say(f"search: {side}, seed {seed}: {_end(curve):.2%}")
    return curve


def _curve(seen: Observed, seconds: float) -> Curve:
    curve: Curve = []
    for one in seen.marks:
        after = one.moment - seen.begun
        if one.name == "accuracy" and after <= seconds and one.value > _end(curve):
            curve.append((after, one.value))
    return curve


def _end(curve: Curve) -> float:
    return curve[-1][1] if curve else 0.0


def _reached(curve: Curve, accuracy: float) -> float | None:
    """Return after how many seconds a side was at least so good; None: never."""
    return next((after for after, value in curve if value >= accuracy), None)


def tabulate(curves: dict[str, list[Curve]], seconds: float) -> Table:
    """A row for each side: first result, end, and when it was as good as the baseline's end.

    That is the end of the search with the same seed, or the median of all seeds' ends.
    """
    theirs = [_end(curve) for curve in curves.get(BASELINE, [])]
    rows = []
    for side, found in curves.items():
        first = [curve[0][0] for curve in found if curve]
        row = [side, middle(first) if first else "", middle([_end(c) * 100 for c in found], 2)]
        for goals in (theirs, [median(theirs)] * len(theirs)) if theirs else ():
            row += _catch(found, goals, seconds)
        rows.append(row)
    columns = ["side", "first result, s", "best at the end, %"]
    for which in ("end, same seed", "median end") if theirs else ():
        columns += [f"as good as {BASELINE}'s {which}: after s", "of the whole time"]
    return Table("Accuracy on the validation images", columns, rows)


def _catch(found: list[Curve], goals: list[float], seconds: float) -> list[str]:
    """Return when each seed was as good as its goal, and of what share of the time."""
    times = [_reached(curve, goal) for curve, goal in zip(found, goals, strict=True)]
    reached = [after for after in times if after is not None]
    if not reached:
        return ["never", ""]
    missed = f", {len(found) - len(reached)} never" if len(reached) < len(found) else ""
    return [middle(reached) + missed, middle([after / seconds for after in reached], 2)]


def draw(curves: dict[str, list[Curve]], seconds: float) -> Callable[[Any], None]:
    """Return what draws the error on a logarithmic scale: each search thin, the median bold."""

    def drawing(axes: Any) -> None:
        for number, (side, found) in enumerate(curves.items()):
            begun = [curve for curve in found if curve]
            for curve in begun:
                _draw_curve(axes, curve, seconds, color=f"C{number}", linewidth=0.8, alpha=0.5)
            if begun:
                shown = {"color": f"C{number}", "linewidth": 2.2, "label": side}
                _draw_curve(axes, _middle_curve(begun), seconds, **shown)
        axes.set_yscale("log")
        axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.yaxis.set_major_formatter("{x:g}")
        axes.yaxis.set_minor_formatter("")
        axes.set_ylim(top=WORST_SHOWN)
        axes.set_xlabel("seconds since the command")
        axes.set_ylabel("validation error of the best so far, %")
        axes.grid(visible=True, which="both", alpha=0.3)
        axes.legend()

    return drawing


def _draw_curve(axes: Any, curve: Curve, seconds: float, **style: Any) -> None:
    times = [after for after, _ in curve] + [seconds]
    errors = [100 * (1 - value) for _, value in curve]
    axes.step(times, [*errors, errors[-1]], where="post", **style)


def _middle_curve(found: list[Curve]) -> Curve:
    """Return the median of the best so far, from when all searches have one."""
    begin = max(curve[0][0] for curve in found)
    moments = sorted({begin, *(after for curve in found for after, _ in curve if after > begin)})
    return [
        (moment, median(_end([p for p in curve if p[0] <= moment]) for curve in found))
        for moment in moments
    ]


def _arguments() -> argparse.Namespace:
    return parse(
        __doc__,
        repeats=None,
        minutes={"type": float, "default": 10.0, "help": "of each search (%(default)s)"},
        seeds={"type": int, "default": 3, "help": "searches of each side (%(default)s)"},
        sides={"nargs": "+", "choices": [*SIDES], "default": DEFAULT_SIDES, "metavar": "SIDE"},
    )


def main() -> None:
    """Measure, and publish what there is whenever all sides have had one more seed."""
    given = _arguments()
    chosen = options(given)
    minutes, seeds = (0.75, 1) if chosen.quick else (given.minutes, given.seeds)
    curves: dict[str, list[Curve]] = {side: [] for side in given.sides}
    with TemporaryDirectory(prefix="benchmark-") as data:
        unpack(Path(data))
        for number, side in enumerate(in_turns(given.sides, seeds)):
            seed = number // len(curves)
            curves[side].append(measure(side, seed, minutes, Path(data)))
            if (number + 1) % len(curves) == 0:
                _publish(curves, minutes, replace(chosen, repeats=seed + 1))


def _publish(curves: dict[str, list[Curve]], minutes: float, chosen: Options) -> None:
    data = {"minutes": minutes, "curves": curves}
    title = f"Search, {minutes:g} minutes"
    result = Result("search", title, __doc__ or "", [tabulate(curves, minutes * 60)], data)
    publish(result, chosen, draw(curves, minutes * 60))


if __name__ == "__main__":
    main()
