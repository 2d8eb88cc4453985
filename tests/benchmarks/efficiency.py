"""2. Efficiency: how much of the time two slots spend on trials.

Trials sleep for 50 ms, 1 s or 10 s and report three times. Ideal is their sum over two slots,
observed the time from the first one's begin to the last one's end.
"""

from tests.benchmarks.results import Result, Table, bars, middle, options, parse, publish, say
from tests.benchmarks.sides import ENGINES, folder_for, in_turns, observe
from tests.benchmarks.workloads import experiment

SIDES = ("hpsearch", "Ray Tune, reuse")
TRIALS = {0.05: 100, 1.0: 20, 10.0: 4}
"""Trials of a run by the seconds that each sleeps."""
QUICK_TRIALS = {0.05: 10}
SLOTS = 2

Case = tuple[str, float, int]


def measure(trials: dict[float, int], repeats: int) -> dict[Case, list[float]]:
    """Return ideal over observed by side, seconds of a trial, and number of trials."""
    cases = [(side, seconds, count) for seconds, count in trials.items() for side in SIDES]
    shares: dict[Case, list[float]] = {case: [] for case in cases}
    for case in in_turns(cases, repeats):
        shares[case].append(_share(*case))
    return shares


def _share(side: str, seconds: float, trials: int) -> float:
    say(f"efficiency: {side}, {trials} trials of {seconds:g} s")
    given = experiment("sleeping", trials, slots=SLOTS, params={"seconds": seconds})
    with folder_for(given) as folder:
        seen = observe(ENGINES[side], folder)
        return trials * seconds / SLOTS / (seen.last("end") - seen.first("begin"))


def tabulate(shares: dict[Case, list[float]]) -> Table:
    """A row for each side and length; lost is what the slots waited for each trial."""
    rows = []
    for (side, seconds, trials), values in shares.items():
        lost = [(1 / share - 1) * seconds * 1000 for share in values]
        row = [side, f"{seconds:g} s", str(trials), middle(values, 3), middle(lost)]
        rows.append(row)
    columns = ["side", "a trial", "trials", "ideal over observed", "lost a trial, ms"]
    return Table("Share of the time that trials had", columns, rows)


def main() -> None:
    """Measure and publish."""
    chosen = options(parse(__doc__, repeats=3))
    shares = measure(QUICK_TRIALS if chosen.quick else TRIALS, chosen.repeats)
    shown = {f"{side}, {seconds:g} s": values for (side, seconds, _), values in shares.items()}
    result = Result(
        "efficiency", "Efficiency", __doc__ or "", [tabulate(shares)], {"shares": shown}
    )
    publish(result, chosen, lambda axes: bars(axes, shown, "ideal over observed"))


if __name__ == "__main__":
    main()
