"""The report: what its pictures show, what its page holds, and what it must not let through."""

import functools
import json
import math
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import optuna
import pytest
from mlflow import MlflowClient
from optuna.storages import JournalStorage
from optuna.trial import TrialState as OptunaState
from optuna.trial import create_trial

from hpsearch import usecases
from hpsearch.analysis.overview import Importance
from hpsearch.common.errors import UserError
from hpsearch.common.goal import Goal, best_record
from hpsearch.common.trial import Measurement, Place, TrialRecord, TrialState
from hpsearch.experiment import Experiment
from hpsearch.reports.canvas import DENSE, style
from hpsearch.reports.costs import costs
from hpsearch.reports.curves import MOST_CURVES, learning_curves
from hpsearch.reports.history import history
from hpsearch.reports.page import FOLDER, render_page
from hpsearch.reports.parallel import parallel
from hpsearch.reports.pictures import as_files
from hpsearch.reports.sections import MOST_ROWS
from hpsearch.reports.slices import slices
from hpsearch.reports.subject import Axis, Subject, usual_range
from hpsearch.store.documents import REPORT, evaluation
from hpsearch.store.folder import FolderStudy
from hpsearch.strategies.importance import MIN_TRIALS, importance_of
from hpsearch.strategies.journal import Journal
from hpsearch.strategies.trials import Reading
from hpsearch.usecases import StudyView
from hpsearch.usecases.identity import read_identity, record_experiment
from hpsearch.usecases.report import WrittenReport, report_files, show_in_mlflow
from tests.support import make_experiment
from tests.unit.test_mlflow_recorder import Store, store

__all__ = ["store"]  # a fixture

BEGUN = datetime(2026, 11, 1, tzinfo=UTC)
SECTIONS = [
    *("summary", "best", "history", "curves", "importance", "parallel", "slices", "cost"),
    *("failures", "trials", "reproduce"),
]
EVIL = "<script>alert(1)</script>"
SPACE: dict[str, Any] = {
    "rate": {"type": "float", "low": 1e-4, "high": 0.1, "log": True},
    "kind": {"type": "categorical", "choices": ["a$b_$", EVIL, True]},
    "units": {"type": "int", "low": 8, "high": 64, "when": {"kind": EVIL}},
    "api_key": {"type": "categorical", "choices": ["first", "second"]},
}
TWO = [
    {"metric": "value", "direction": "maximize"},
    {"metric": "loss", "direction": "minimize"},
]
CYCLE = (TrialState.COMPLETE, TrialState.PRUNED, TrialState.COMPLETE, TrialState.FAILED)


def experiment(**sections: Any) -> Experiment:
    return make_experiment(**{"space": SPACE, "params": {"token": "hunter2"}, **sections})


def record(number: int, state: TrialState, goals: int = 1) -> TrialRecord:
    kind = SPACE["kind"]["choices"][number % 3]
    params = {"rate": 10 ** -(1 + number % 30 / 10), "kind": kind, "api_key": "first"}
    params |= {"units": 8 + number % 50} if kind == EVIL else {}
    steps = {TrialState.FAILED: 1}.get(state, 4)
    quality = 0.9 - (number % 30 - 15) ** 2 / 400
    curve = tuple(
        Measurement(10 * s, {"value": quality - 0.3 / s, "loss": 1 / s + number % 7}, 2.0 * s)
        for s in range(1, steps + 1)
    )
    failed = state is TrialState.FAILED
    running = TrialRecord(number, 7, params, TrialState.RUNNING, BEGUN + timedelta(minutes=number))
    return running.changed(
        state,
        finished=BEGUN + timedelta(minutes=number + 1),
        measurements=curve,
        values=() if failed else tuple(curve[-1].metrics[m] for m in ("value", "loss")[:goals]),
        best_step=None if failed else 40,
        reason="" if state is TrialState.COMPLETE else f"{EVIL} at step {number}\x1b[31m",
        traceback=f"at https://bob:hunter2@host/{EVIL}\x00" if failed else "",
        place=Place("node", 1, "cpu"),
    )


def subject(count: int, **sections: Any) -> Subject:
    searched = experiment(**sections)
    goals = len(searched.goals)
    records = [record(number, CYCLE[number % 4], goals) for number in range(count)]
    best = best_record(records, searched.goals)
    shares = {"rate": 0.9, "kind": 0.1} if count > 10 else {}
    return Subject(
        "sample", searched, records, best, "finished", "/e.yaml", Importance(shares, "why"),
        [(f"hpsearch show {EVIL}", "what")],
    )  # fmt: skip


@functools.cache
def page_of_forty() -> str:
    return render_page(subject(40))


class Page(HTMLParser):
    """What stands in a page: ids, scripts, titles on hover, and everything that is referred to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.scripts: list[str] = []
        self.handlers: list[str] = []
        self.references: list[str] = []
        self.tips = 0
        self._in_script = False
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._in_script = tag == "script"
        self.tips += tag == "title"
        for name, value in attrs:
            self.ids += [value or ""] if (tag, name) == ("section", "id") else []
            self.handlers += [name] if name.startswith("on") else []
            if name in ("src", "href", "xlink:href", "srcset", "action", "data"):
                self.references.append(value or "")

    def handle_data(self, data: str) -> None:
        self.scripts += [data] if self._in_script else []

    def handle_endtag(self, tag: str) -> None:
        self._in_script = False


@pytest.mark.parametrize("count", [0, 1, 3, 40])
@pytest.mark.parametrize("objective", [TWO[0], TWO], ids=["one", "two"])
def test_the_page_holds_every_section_however_many_trials(count: int, objective: Any) -> None:
    page = render_page(subject(count, objective=objective, pruner={"type": "none"}))
    assert Page(page).ids == SECTIONS
    hypervolume = count > 0 and objective is TWO
    assert page.count("<svg") == {0: 0, 1: 4 + 4, 3: 4 + 4, 40: 5 + 4}[count] + hypervolume


def test_the_page_marks_what_people_suggested() -> None:
    plain = subject(6)
    records = [replace(one, suggested=one.number in (2, 3)) for one in plain.records]
    marked = replace(plain, records=records, best=records[2])
    text = render_page(marked)
    assert "<dt>suggested</dt><dd>trials 2, 3</dd>" in text
    assert "trial 2, suggested" in text and "<th>suggested" in text
    assert (
        text.count("<td>yes") == 2
        and "suggested" not in render_page(plain).split("Reproduce</h2>")[0]
    )


def test_a_trial_that_no_driver_runs_any_more_is_interrupted_on_the_page() -> None:
    left = replace(subject(5), standing="interrupted")
    running = TrialRecord(5, 7, dict(left.records[0].params), TrialState.RUNNING, BEGUN)
    left = replace(left, records=[*left.records, running])
    assert '<td class="state running">interrupted' in render_page(left)
    assert '<td class="state running">running' in render_page(replace(left, standing="running"))


def test_nothing_that_comes_from_a_trial_runs() -> None:
    text = page_of_forty()
    page = Page(text)
    assert page.scripts == [(FOLDER / "page.js").read_text()]
    assert page.handlers == [] and "\x1b" not in text and "\x00" not in text
    assert "&lt;script&gt;alert(1)" in text


def test_the_page_refers_to_nothing_outside_of_itself() -> None:
    text = page_of_forty()
    assert [r for r in Page(text).references if not r.startswith(("#", "data:"))] == []
    assert "@import" not in text and "url(http" not in text and "default-src 'none'" in text


def test_secrets_are_on_no_page_and_what_is_searched_is() -> None:
    text = page_of_forty()
    assert "one of first, second" in text
    assert "hunter" not in text and "https://bob:***@host" in text


def test_three_thousand_trials_make_a_small_page() -> None:
    text = render_page(subject(3000))
    assert len(text) < 4_000_000
    assert text.count("<tr") == MOST_ROWS + 1
    assert f"{MOST_CURVES} of 3000 curves are drawn" in text
    assert f"More than {DENSE} marks of a kind are drawn as pixels" in text


def test_the_history_tells_every_trial_and_each_new_best() -> None:
    with style():
        picture = history(subject(40))
    pruned, complete, best, failed = picture.tips.values()
    assert (len(pruned), len(complete), len(failed)) == (10, 20, 10)
    numbers = [int(tip.split(",")[0].removeprefix("trial ")) for tip in best]
    found = [record(number, TrialState.COMPLETE).values[0] for number in numbers]
    assert found == sorted(set(found)) and numbers[-1] == 14
    assert complete[0].splitlines()[:2] == ["trial 0, complete", "value 0.262500"]


def test_the_front_is_what_no_other_trial_is_better_than() -> None:
    objective = {"objective": TWO, "pruner": {"type": "none"}}
    found = subject(0, **objective)
    values = [(0.9, 0.5), (0.8, 0.2), (0.8, 0.6), (0.9, 0.5), (0.7, 0.2)]
    records = [
        replace(record(number, TrialState.COMPLETE, 2), values=pair)
        for number, pair in enumerate(values)
    ]
    assert [r.number for r in replace(found, records=records).front] == [0, 3, 1]


def test_stopped_trials_say_why_and_where_in_the_curves() -> None:
    with style():
        picture = learning_curves(subject(8))
    told = [tip for tips in picture.tips.values() for tip in tips]
    assert [tip for tip in told if "trial 1, pruned" in tip and "at step 1" in tip]
    assert all("ended at step 40" in tip for tip in told if "pruned" in tip)


def test_a_parameter_that_a_trial_lacks_is_no_value_of_it() -> None:
    with style():
        units = next(axes for axes in slices(subject(40), ["units"]).figure.axes)
        drawn = sum(np.shape(marks.get_offsets())[0] for marks in units.collections)
        lines = parallel(subject(40)).figure.axes[0].collections[0]
    having = [r for r in subject(40).records if "units" in r.params and r.values]
    assert drawn == len(having)
    assert len(lines.get_paths()) == len(subject(40).complete)


def test_axes_are_logarithmic_or_of_choices_as_the_space_is() -> None:
    space = experiment().space
    rate, kind = Axis.of("rate", space["rate"]), Axis.of("kind", space["kind"])
    assert rate.ticks == [0.0001, 0.001, 0.01, 0.1] and rate.scaled(0.01) == pytest.approx(-2)
    assert [kind.place(choice) for choice in SPACE["kind"]["choices"]] == [0, 1, 2]
    assert Axis.of("api_key", space["api_key"]).choices == ["first", "second"]


@pytest.mark.parametrize("direction", ["maximize", "minimize"])
def test_a_few_hopeless_trials_do_not_press_the_others_flat(direction: Any) -> None:
    sign = 1 if direction == "maximize" else -1
    found = [sign * (0.9 + i / 100) for i in range(8)]
    goal = Goal("value", direction)
    assert usual_range(found, goal) is None
    low, high = usual_range([*found, sign * -50.0], goal) or (0.0, 0.0)
    assert all(low < value < high for value in found) and high - low < 1


def test_costs_add_up_to_all_training() -> None:
    found = subject(40)
    assert [(cost.kind, cost.trials, cost.seconds) for cost in costs(found)] == [
        ("complete", 20, 160.0),
        ("pruned", 10, 80.0),
        ("failed", 10, 20.0),
    ]


def test_every_picture_is_a_png_too() -> None:
    files = as_files(subject(40))
    names = ["history", "curves", "importance", "parallel", "slices", "cost"]
    assert list(files) == [f"{name}.png" for name in names]
    assert all(data.startswith(b"\x89PNG") for data in files.values())
    assert as_files(subject(0)) == {}


# ---- through the journal -------------------------------------------------------------------------


@pytest.fixture
def study(tmp_path: Path) -> Callable[..., FolderStudy]:
    """Write a study of so many trials, as a search leaves it."""

    def write(count: int, value: Callable[[int], float] = math.sqrt) -> FolderStudy:
        stored = FolderStudy(tmp_path / "studies" / "sample")
        record_experiment(stored, usecases.Source.of(experiment(), tmp_path / "e.yaml"))
        journal = Journal(stored, writable=True)
        made = optuna.create_study(storage=JournalStorage(journal), study_name="sample")
        kinds = optuna.distributions.CategoricalDistribution(SPACE["kind"]["choices"])
        units = optuna.distributions.IntDistribution(8, 64)
        for number in range(count):
            params = {"kind": SPACE["kind"]["choices"][number % 3]}
            params |= {"units": 8 + number} if params["kind"] == EVIL else {}
            distributions = {name: {"kind": kinds, "units": units}[name] for name in params}
            made.add_trial(
                create_trial(
                    params=params,
                    distributions=distributions,
                    value=value(number),
                    state=OptunaState.COMPLETE,
                )
            )
        journal.close()
        return stored

    return write


def test_importance_counts_conditional_parameters_too(study: Callable[..., FolderStudy]) -> None:
    found = importance_of(Reading.of(study(40), experiment()), experiment())
    assert set(found.shares) == {"kind", "units"}
    assert sum(found.shares.values()) == pytest.approx(1)
    assert found.explanation.startswith("PED-ANOVA") and "rough hint" in found.explanation


@pytest.mark.parametrize(
    ("count", "value", "why"),
    [(0, math.sqrt, "0 complete"), (MIN_TRIALS - 1, math.sqrt, "9 complete"), (20, bool, "same")],
)
def test_where_there_is_no_importance_it_is_said_why(
    count: int, value: Any, why: str, study: Callable[..., FolderStudy]
) -> None:
    stored = study(count, lambda number: float(value(1 + number)))
    found = importance_of(Reading.of(stored, experiment()), experiment())
    assert not found.shares and why in found.explanation


def test_the_report_replaces_its_own_file_alone(
    study: Callable[..., FolderStudy], tmp_path: Path
) -> None:
    stored = study(3)
    studies, other = Path(stored.store_address), tmp_path / "new" / "mine.html"
    own = stored.layout.document(REPORT)
    stored.write(evaluation(2), json.dumps({"metrics": {"accuracy": 0.75}}).encode())
    for _ in range(2):
        written = usecases.report(usecases.look(studies, "sample"), output=None, force=False)
        assert written == WrittenReport(str(own), own.stat().st_size)
    assert "On held-out data: accuracy 0.7500" in own.read_text()
    view = usecases.look(studies, "sample")
    assert usecases.report(view, output=other, force=False).address == str(other)
    with pytest.raises(UserError, match="file-exists"):
        usecases.report(view, output=other, force=False)
    assert usecases.report(view, output=other, force=True).size == other.stat().st_size


# ---- in MLflow -----------------------------------------------------------------------------------


class Notices:
    """A display that remembers what it was told."""

    def __init__(self) -> None:
        self.phases: list[str] = []
        self.notices: list[str] = []

    def phase(self, text: str) -> None:
        self.phases.append(text)

    def notice(self, text: str) -> None:
        self.notices.append(text)


def shown(stored: FolderStudy, store: Store, records: list[TrialRecord]) -> Notices:
    """Let a search with these trials end, and what it has to show be put into MLflow."""
    view = StudyView(
        stored,
        experiment(),
        read_identity(stored),
        records,
        best_record(records, experiment().goals),
        running=False,
    )
    display, recorder = Notices(), store.open()
    show_in_mlflow(view, report_files, recorder, display)  # type: ignore[arg-type]
    assert recorder.close(30) == []
    return display


def files_in(store: Store) -> dict[str, int]:
    run_id = store.parent().info.run_id
    found = store.client.list_artifacts(run_id, "report")
    return {Path(one.path).name: int(one.file_size) for one in found}


def test_mlflow_has_the_report_and_its_pictures_where_anything_changed(
    study: Callable[..., FolderStudy], store: Store
) -> None:
    stored = study(3)
    records = [record(number, CYCLE[number % 4]) for number in range(12)]
    assert shown(stored, store, []).phases == []
    assert shown(stored, store, records[:1]).notices == []
    assert sorted(files_in(store)) == sorted(
        ["report.html", "cost.png", "curves.png", "history.png", "parallel.png", "slices.png"]
    )
    before = files_in(store)
    assert shown(stored, store, records[:1]).phases == []  # nothing changed, nothing is drawn
    assert files_in(store) == before
    shown(stored, store, records)
    assert files_in(store)["report.html"] == len(stored.read(REPORT) or b"") > before["report.html"]
    assert store.parent().info.status == "FINISHED"


def test_what_mlflow_did_not_take_the_next_search_shows(
    study: Callable[..., FolderStudy], store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored, records = study(3), [record(0, TrialState.COMPLETE)]

    def full(self: object, *given: object) -> None:
        raise OSError("no space left")

    with monkeypatch.context() as away:
        away.setattr(MlflowClient, "log_artifacts", full)
        shown(stored, store, records)
        assert store.notices == ["MLflow did not take the report: no space left"]
    assert files_in(store) == {} and store.parent().info.status == "FINISHED"
    shown(stored, store, records)
    assert "report.html" in files_in(store)


def test_a_picture_that_fails_takes_no_result_away(
    study: Callable[..., FolderStudy], store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hpsearch.reports.pictures.history", lambda subject: 1 / 0)
    display = shown(study(3), store, [record(0, TrialState.COMPLETE)])
    assert "no report was written" in display.notices[0] and files_in(store) == {}


def test_a_list_and_a_derived_value_are_a_column_each() -> None:
    space = {
        **SPACE,
        "depth": {"type": "int", "low": 1, "high": 3},
        "widths": {"type": "list", "length": "depth", "of": {"type": "int", "low": 1, "high": 9}},
    }
    page = render_page(subject(8, space=space, params={"double": "${depth} * 2"}))
    heads = re.findall(r"<th>([^<]*)", page)
    assert "widths" in heads and "double" in heads and "widths.0" not in heads
