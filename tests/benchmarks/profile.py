"""8. Profile: where the driver's time goes, sampled from outside by py-spy.

Two searches on two slots: trials that do nothing, as in *Overhead*, and trials of 50 ms, as in
*Efficiency*. Each runs twice. First the driver's main thread is sampled whatever it does: its
seconds. Then whichever thread holds Python's lock is: MLflow has a thread of its own, for which the
main thread does not wait, but both need the lock. The picture is the first search.
"""

import re
import sysconfig
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.benchmarks.flames import Stacks, draw_flames
from tests.benchmarks.results import Options, Result, Table, options, parse, publish, say
from tests.benchmarks.sides import OURS, folder_for, observe
from tests.benchmarks.workloads import experiment

RATE = 200
"""Samples a second."""
TRIALS = 200
WORKLOADS: Mapping[str, tuple[str, Mapping[str, float]]] = {
    "trials that do nothing": ("noop", {}),
    "trials of 50 ms": ("sleeping", {"seconds": 0.05}),
}

LINE = re.compile(r":\d+\)$")
LOOP, ONCE = "each trial: ", "once: "
PARTS: Mapping[str, Sequence[str]] = {
    LOOP + "the journal's flushes to disk": ["Journal.flush"],
    LOOP + "starts, messages of workers, and answers": [
        "RayPool.start",
        "RayPool.answer",
        "Attempts._receive",
        "Attempts._told",
    ],
    LOOP + "looking after workers and machines": ["Fleet.tend"],
    LOOP + "waiting until a worker says something": ["RayPool.wait"],
    LOOP + "proposals": ["OptunaStudy.ask", "OptunaStudy.prepare"],
    LOOP + "reports, decided and written": ["OptunaStudy.report"],
    LOOP + "ends, written": ["OptunaStudy.finish"],
    LOOP + "checkpoints, MLflow's queue, the display": ["Search.run"],
    ONCE + "the report": ["show_in_mlflow"],
    ONCE + "Ray's end": ["RayPool.close"],
    ONCE + "MLflow, waited for": ["Driver._when_open", "MlflowRecorder.close"],
    ONCE + "Ray's start": ["Driver._open_pool"],
    ONCE + "workers, which import the trainable": ["Driver._load"],
    ONCE + "the rest": [""],
}
"""Functions by what they are for; a stack of calls is of the first part that it has one of."""
THREADS = {
    "mlflow": "MLflow's threads",
    "hpsearch-": "hpsearch's other threads",
    "": "Ray's threads",
}
"""The threads besides the main one, by what their names have in them; the first that fits."""


def sample(workload: str, trials: int, kind: str) -> Stacks:
    """Return how often each stack was seen: of all threads (`--idle`), or of the lock's (`--gil`).

    A stack begins with its thread; calls are without their lines.
    """
    say(f"profile: {workload}, {trials} of them, {kind}")
    function, params = WORKLOADS[workload]
    with folder_for(experiment(function, trials, params=dict(params))) as folder:
        spy, output = Path(sysconfig.get_path("scripts")) / "py-spy", folder / "stacks.txt"
        how = ["record", "--rate", str(RATE), "--threads", kind, "--format", "raw"]
        observe(OURS, folder, through=[str(spy), *how, "--output", str(output), "--"])
        stacks: Stacks = Counter()
        for line in output.read_text().splitlines():
            calls, _, count = line.rpartition(" ")
            stacks[tuple(LINE.sub(")", call) for call in calls.split(";"))] += int(count)
        return stacks


def split(stacks: Stacks) -> dict[str, float]:
    """Return the seconds of each part."""
    seconds = dict.fromkeys([*PARTS, *THREADS.values()], 0.0)
    for stack, count in stacks.items():
        seconds[_part(stack)] += count / RATE
    return seconds


def _part(stack: tuple[str, ...]) -> str:
    if not _is_main(stack):
        return next(part for word, part in THREADS.items() if word in stack[0])
    called = {call.partition(" (")[0] for call in stack} | {""}
    return next(part for part, names in PARTS.items() if called.intersection(names))


def _is_main(stack: tuple[str, ...]) -> bool:
    return "MainThread" in stack[0]


def tabulate(workload: str, whole: Stacks, locked: Stacks, trials: int) -> Table:
    """A row for each part: its time, and how long it held the lock."""
    main = Counter({stack: count for stack, count in whole.items() if _is_main(stack)})
    times, locks = split(main), split(locked)
    rows = []
    for part in times:
        each = f"{times[part] / trials * 1000:.1f}" if part.startswith(LOOP) else ""
        of_main = f"{times[part]:.2f}" if part in PARTS else ""
        rows.append([part, of_main, f"{locks[part]:.2f}", each])
    columns = ["part", "main thread, s", "Python's lock, s", "main thread, ms a trial"]
    return Table(f"{trials} {workload}", columns, rows)


def main() -> None:
    """Measure and publish."""
    chosen: Options = options(parse(__doc__, repeats=None))
    trials = 20 if chosen.quick else TRIALS
    seen = {
        workload: (sample(workload, trials, "--idle"), sample(workload, trials, "--gil"))
        for workload in WORKLOADS
    }
    tables = [tabulate(workload, *pair, trials) for workload, pair in seen.items()]
    data = {table.title: table.rows for table in tables}
    first, _ = next(iter(seen.values()))
    shown = Counter({stack[1:]: count for stack, count in first.items() if _is_main(stack)})
    result = Result("profile", "Profile", __doc__ or "", tables, data)
    publish(result, chosen, lambda axes: draw_flames(axes, shown, RATE))


if __name__ == "__main__":
    main()
