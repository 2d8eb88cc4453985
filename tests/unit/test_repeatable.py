"""One seed and one slot give one search: interrupted and resumed or not, and no clock decides."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from hpsearch.common.trial import Measurement, TrialRecord
from hpsearch.engine import lookahead
from tests.support import Bench, Memory, make_experiment

SPACE: dict[str, dict[str, object]] = {
    "x": {"type": "float", "low": -5.0, "high": 5.0},
    "steps": {"type": "int", "low": 2, "high": 4},
}
GRID: dict[str, dict[str, object]] = {
    "x": {"type": "categorical", "choices": [-2.0, -1.0, 0.0, 0.5, 2.0]},
    "steps": {"type": "int", "low": 2, "high": 4},
}
SAMPLERS: list[dict[str, object]] = [
    {"type": "tpe", "n_startup_trials": 3},
    {"type": "auto"},
    {"type": "forest", "n_startup_trials": 3},
    {"type": "nsgaii"},
    {"type": "random"},
    {"type": "qmc", "scramble": True},
    {"type": "cmaes", "n_startup_trials": 2},
    {"type": "grid"},
    {"type": "brute_force"},
]


class Interrupter(Memory):
    """Interrupts a search at its nth report."""

    search: object

    def __init__(self, reports: int) -> None:
        super().__init__()
        self.left = reports

    def measured(self, record: TrialRecord, measurements: Sequence[Measurement]) -> None:
        self.left -= 1
        if self.left == 0:
            self.search.interrupt()  # type: ignore[attr-defined]


def told(records: Sequence[TrialRecord]) -> list[tuple[object, ...]]:
    return [(r.params, r.seed, r.state, r.values, r.best_step) for r in records]


def search(folder: Path, sampler: dict[str, object], *interrupts: int) -> list[tuple[object, ...]]:
    """Search, interrupted after so many reports each time, and then to the end."""
    bench, exhaustive = Bench(folder), sampler["type"] in ("grid", "brute_force")
    sections: dict[str, Any] = {
        "space": GRID if exhaustive else SPACE,
        "sampler": sampler,
        "budget": {"trials": 12},
    }
    for reports in interrupts:
        interrupter = Interrupter(reports)
        one, study = bench.make(make_experiment(**sections), interrupter)
        interrupter.search = one
        assert one.run() == "interrupted"
        study.close()
    return told(bench.run(**sections))


@pytest.mark.parametrize("sampler", SAMPLERS, ids=lambda sampler: str(sampler["type"]))
def test_a_search_that_was_interrupted_proposes_what_it_would_have(
    tmp_path: Path, sampler: dict[str, object]
) -> None:
    whole = search(tmp_path / "whole", sampler)
    assert search(tmp_path / "resumed", sampler, 4, 1, 9) == whole
    assert len({str(params) for params, *_ in whole}) == 12


def test_a_grid_that_was_interrupted_is_tried_to_its_end_each_point_once(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    sections: dict[str, Any] = {
        "space": GRID,
        "sampler": {"type": "grid"},
        "pruner": {"type": "none"},
    }
    for trials in (4, 9):
        bench.run(**sections, budget={"trials": trials})
    records = bench.run(**sections, budget={"trials": 100})
    assert len(records) == 15 == len({str(record.params) for record in records})


def test_no_measured_time_makes_another_search_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = search(tmp_path / "late", SAMPLERS[0])
    monkeypatch.setattr(lookahead, "NOTICEABLE", -1.0)  # every proposal takes too long
    assert search(tmp_path / "ahead", SAMPLERS[0]) == late


def test_neighbouring_seeds_share_no_proposals(tmp_path: Path) -> None:
    def proposed(seed: int) -> set[str]:
        records = Bench(tmp_path / str(seed)).run(seed=seed, sampler={"type": "random"})
        return {str(record.params) for record in records}

    assert not proposed(0) & proposed(1)
