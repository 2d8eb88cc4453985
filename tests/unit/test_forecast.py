"""What a search takes, by a few trials: with an interval that holds, and what it rests on."""

import random
import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hpsearch.analysis.forecast import Span, one_more, together
from hpsearch.cli.render.forecast import forecast_text
from hpsearch.common.errors import UserError
from hpsearch.common.trial import TrialRecord
from hpsearch.display.plain_lines import Silence
from hpsearch.experiment import dump_yaml
from hpsearch.strategies import read_study
from hpsearch.usecases import Source, forecast_by_probe, forecast_by_study
from hpsearch.usecases.forecast.forecast import _forecast
from hpsearch.usecases.forecast.probe import Probe, Sizes
from hpsearch.usecases.identity import Identity
from hpsearch.usecases.view import StudyView
from tests.simulation import simulate
from tests.support import make_experiment, write_trainables

NONE = {"type": "none"}


def drawn(rough: random.Random, count: int) -> list[float]:
    return [60 * rough.lognormvariate(0, 0.5) for _ in range(count)]


def test_an_interval_holds_what_comes_nine_times_out_of_ten() -> None:
    rough, held_one, held_all = random.Random(0), 0, 0
    for _ in range(500):
        few, one, many = drawn(rough, 4), drawn(rough, 1)[0], sum(drawn(rough, 100))
        trial, all_of_them = one_more(few), together(few, 100)
        held_one += trial.low <= one <= trial.high
        held_all += all_of_them.low <= many <= all_of_them.high
    assert 0.86 <= held_one / 500 <= 0.94 and 0.82 <= held_all / 500 <= 0.94


def test_more_trials_give_a_narrower_interval_about_the_mean() -> None:
    times = drawn(random.Random(1), 40)
    few, many = together(times[:4], 100), together(times, 100)
    assert many.high / many.low < few.high / few.low
    assert many.middle == pytest.approx(100 * statistics.fmean(times), rel=0.01)
    assert Span(1, 2, 3).times(2) == Span(2, 4, 6) and Span(1, 2, 3).at_most(2.5).high == 2.5


@given(st.lists(st.floats(0.001, 1e5), min_size=2, max_size=6), st.integers(1, 50))
@settings(max_examples=40, deadline=None)
def test_more_trials_never_take_less_and_one_is_one(times: list[float], trials: int) -> None:
    some, more = together(times, trials), together(times, trials + 1)
    assert some.low <= more.low and some.middle <= more.middle and some.high <= more.high
    assert more.low <= more.middle <= more.high and together(times, 1) == one_more(times)


def trials() -> Sequence[TrialRecord]:
    return read_study(*simulate({"pruner": NONE, "sampler": {"type": "random"}}, slots=2))


def forecast(budget: dict[str, Any], **sections: Any) -> Any:
    sizes = Sizes([1000, 3000], other=10.0)
    found = Probe(trials(), 2, sizes, memory=500)
    experiment = make_experiment(budget=budget, **sections)
    return _forecast(experiment, found.records, found, "20 trials", [])


def test_the_search_takes_as_long_as_its_trials_side_by_side() -> None:
    found = forecast({"trials": 100}, pruner=NONE)
    seconds = [one.seconds for one in trials()]
    assert found.training.middle == pytest.approx(100 * statistics.fmean(seconds), rel=0.01)
    assert found.search.middle == pytest.approx(found.training.middle / 2)
    assert found.training.low < found.training.middle < found.training.high
    assert (found.memory_worker, found.memory, found.checkpoint) == (500, 1000, 2000)


def test_minutes_of_the_budget_end_it_and_fewer_trials_fit() -> None:
    found = forecast({"trials": 100_000, "minutes": 10}, pruner=NONE)
    assert found.search.middle == found.search.high == 600
    assert found.trials < 100 and "minutes end it" in found.notes[0]


def test_the_disk_holds_the_checkpoints_that_are_kept() -> None:
    kept = forecast({"trials": 100}, pruner=NONE, checkpoints={"keep": 5}).disk
    assert kept.low == 5 * 2000 + 100 * 10 and kept.high == (5 + 2 * 2) * 2000 + 100 * 10
    paused = forecast({"trials": 100}, pruner={"type": "asha", "min_resource": 1}).disk
    assert paused.high == 100 * 2000 + 100 * 10, "each paused trial keeps one"
    rules = {"keep": 5, "max_gigabytes": 1e-6}
    assert forecast({"trials": 100}, pruner=NONE, checkpoints=rules).disk.high == 1000 + 1000


def test_what_was_otherwise_in_the_earlier_study_is_told(tmp_path: Path) -> None:
    store, experiment = simulate({"pruner": NONE}, slots=3)
    records = read_study(store, experiment)
    view = StudyView(store, experiment, Identity("id", "e.yaml"), records, None, running=False)
    store.write("experiment.yaml", dump_yaml(experiment.model_dump(mode="json")).encode())
    folder = write_trainables(tmp_path)
    other = make_experiment(params={"steps": 5})
    found = forecast_by_study(Source(other, folder / "e.yaml", folder), view)
    assert found.basis == "20 trials of the study sample, 3 at a time"
    assert "stopped trials by none, this one does by auto" in found.notes[0]
    assert "`params.steps` was not there and is 5" in found.notes[1]
    assert found.memory is None and "memory is not known." in found.notes
    assert any("memory    not known" in str(line) for line in forecast_text(found, 100))
    view = StudyView(store, experiment, view.identity, records[:1], None, running=False)
    with pytest.raises(UserError, match="1 trial that ended"):
        forecast_by_study(Source(other, folder / "e.yaml", folder), view)


@pytest.mark.slow
def test_probe_trials_are_run_to_their_end_and_leave_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_trainables(tmp_path)
    monkeypatch.chdir(folder)
    before = sorted(folder.iterdir())
    experiment = make_experiment(params={"steps": 5}, budget={"trials": 40})
    source = Source(experiment, folder / "e.yaml", folder)
    found = forecast_by_probe(source, Silence(), trials=3, local=True)
    assert found.trials == 40 and found.basis.startswith("3 probe trials") and found.slots == 1
    assert 0 < (found.checkpoint or 0) < 1000 and found.memory_worker is not None
    assert "early stopping is not counted" in " ".join(found.notes)
    assert sorted(folder.iterdir()) == before
    with pytest.raises(UserError, match="at least 2"):
        forecast_by_probe(source, Silence(), trials=1, local=True)


@pytest.mark.slow
def test_probe_trials_that_fail_are_told_and_too_few_are_refused(tmp_path: Path) -> None:
    folder = write_trainables(tmp_path)
    code = (
        "def train(params, trial):\n"
        "    trial.report(1, {'value': 1.0})\n"
        "    if trial.number: raise RuntimeError('no luck')\n"
    )
    (folder / "own.py").write_text(code)
    source = Source(make_experiment(trainable="own.py:train"), folder / "e.yaml", folder)
    with pytest.raises(UserError, match="only 1 of 3 probe trials") as refused:
        forecast_by_probe(source, Silence(), trials=3, local=True)
    assert "--probe" in str(refused.value)
