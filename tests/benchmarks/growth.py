"""Growth: what a study of 100, 1,000 and 10,000 trials costs: to make, to go on with, to look at.

Trials do nothing but report three times, on two slots; sampler random, pruner median.
`resume` is a `run` that has two more trials to do. Every command is a new process.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tests.benchmarks.results import Options, Result, Table, options, parse, publish, say
from tests.benchmarks.sides import HPSEARCH, OURS, folder_for, observe
from tests.benchmarks.workloads import experiment

SIZES = (100, 1_000, 10_000)
QUICK_SIZES = (10, 20)

NAME = "benchmark"
QUERY = f"""
import mlflow
client = mlflow.MlflowClient("sqlite:///mlflow.db")
place = client.get_experiment_by_name("{NAME}").experiment_id
runs = client.search_runs([place], order_by=["metrics.value DESC"], max_results=100)
assert runs, "MLflow has no run"
"""
"""What MLflow's page asks for: the hundred best runs. Most of it is `import mlflow`."""


@dataclass(frozen=True)
class Cost:
    """What a command took. `seconds` of waiting, `mebibytes` of the command's own process."""

    command: str
    trials: int
    seconds: float
    mebibytes: float


def measure(sizes: Sequence[int]) -> list[Cost]:
    """Return the cost of each command at each size."""
    return [cost for trials in sizes for cost in _costs(trials)]


def _costs(trials: int) -> Iterator[Cost]:
    with folder_for(experiment("noop", trials, pruner={"type": "median"})) as folder:
        for command, words in _commands(trials).items():
            say(f"growth: {command} with {trials:,} trials")
            seen = observe(words, folder, trials=trials)
            yield Cost(command, trials, seen.seconds, seen.memory["driver"])
            if command == "run":
                seconds = seen.recorded - seen.first("begin")
                yield Cost("run, from first step to last record", trials, seconds, 0.0)
        journal = folder / "studies" / NAME / "journal.log"
        yield Cost("journal", trials, 0.0, _mebibytes(journal))
        yield Cost("mlflow.db", trials, 0.0, _mebibytes(folder / "mlflow.db"))


def _commands(trials: int) -> Mapping[str, Sequence[str]]:
    return {
        "run": OURS,
        "resume": (*OURS, "--set", f"budget.trials={trials + 2}"),
        "ls": (*HPSEARCH, "ls", "--json"),
        "show --json": (*HPSEARCH, "show", NAME, "--json"),
        "report": (*HPSEARCH, "report", NAME),
        "MLflow query": ("-c", QUERY),
    }


def _mebibytes(file: Path) -> float:
    return file.stat().st_size / 2**20


def tabulate(costs: Sequence[Cost]) -> Table:
    """A row for each command, a pair of columns for each size."""
    sizes = sorted({cost.trials for cost in costs})
    found = {(cost.command, cost.trials): cost for cost in costs}
    rows = [
        [command, *(_cell(found[command, size]) for size in sizes)]
        for command in dict.fromkeys(cost.command for cost in costs)
    ]
    return Table("Seconds and peak memory", ["command", *(f"{n:,} trials" for n in sizes)], rows)


def _cell(cost: Cost) -> str:
    parts = [f"{cost.seconds:,.1f} s"] if cost.seconds else []
    parts += [f"{cost.mebibytes:,.0f} MiB"] if cost.mebibytes >= 1 else []
    return ", ".join(parts) or f"{cost.mebibytes:.2f} MiB"


def notes(costs: Sequence[Cost]) -> list[str]:
    """Say what a trial costs at each size: the same, unless something grows with their number."""
    runs = [cost for cost in costs if cost.command.startswith("run, ")]
    each = [cost.seconds / cost.trials * 1000 for cost in runs]
    return [
        f"{cost.trials:,} trials: {own:.1f} ms a trial, "
        f"{own / each[0]:.2f}× that of the smallest study."
        for cost, own in zip(runs, each, strict=True)
    ]


def curves(costs: Sequence[Cost]) -> Callable[[Any], None]:
    """Return what draws seconds by number of trials, a line for each command."""

    def draw(axes: Any) -> None:
        for command in dict.fromkeys(cost.command for cost in costs if cost.seconds):
            own = [cost for cost in costs if cost.command == command]
            axes.loglog([c.trials for c in own], [c.seconds for c in own], "o-", label=command)
        axes.set_xlabel("trials")
        axes.set_ylabel("seconds")
        axes.grid(visible=True, alpha=0.3)
        axes.legend()

    return draw


def main() -> None:
    """Measure and publish."""
    sizes = {"nargs": "+", "type": int, "default": SIZES, "help": "numbers of trials"}
    given = parse(__doc__, repeats=None, sizes=sizes)
    chosen: Options = options(given)
    costs = measure(QUICK_SIZES if chosen.quick else given.sizes)
    data = {"costs": [asdict(cost) for cost in costs]}
    result = Result("growth", "Growth", __doc__ or "", [tabulate(costs)], data, notes(costs))
    publish(result, chosen, curves(costs))


if __name__ == "__main__":
    main()
