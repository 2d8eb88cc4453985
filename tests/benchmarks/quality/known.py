"""The tasks by name, with their scales; made once in a process."""

from functools import cache

from tests.benchmarks.quality.analytic import FORMULAS
from tests.benchmarks.quality.grids import GRIDS, Grid
from tests.benchmarks.quality.tables import FOLDER, Measured
from tests.benchmarks.quality.task import Scale, Task, scale_of


def task_names() -> list[str]:
    """Return the names of all tasks."""
    return [one.name for one in FORMULAS] + [one.stem for one in sorted(FOLDER.glob("*.npz"))]


def grid_names() -> list[str]:
    """Return the names of the tasks without curves."""
    return [*GRIDS]


@cache
def scaled_task(name: str) -> tuple[Task, Scale]:
    """Return a task and its scale."""
    formulas: dict[str, Task] = {one.name: one for one in FORMULAS}
    task = formulas.get(name) or (Grid(name) if name in GRIDS else Measured(name))
    return task, scale_of(task)
