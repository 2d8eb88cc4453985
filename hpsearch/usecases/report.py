"""The report of a study: what it is about, its page, its pictures for MLflow."""

import hashlib
import json
import shlex
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hpsearch.common.goal import best_trained
from hpsearch.common.redaction import problem
from hpsearch.common.shared_change import PROCESS
from hpsearch.common.trial import TrialRecord
from hpsearch.engine import Display
from hpsearch.experiment import is_given_by_python
from hpsearch.store import STUDIES, documents
from hpsearch.strategies import pruner_of, sampler_of
from hpsearch.usecases.output import refuse_existing, write_output
from hpsearch.usecases.view import StudyView
from hpsearch.usecases.warm_start import describe_warm_start

if TYPE_CHECKING:
    from hpsearch.analysis import Importance
    from hpsearch.reports import Subject
    from hpsearch.tracking import MlflowRecorder


@dataclass(frozen=True)
class WrittenReport:
    """Where a report is, and its bytes."""

    address: str
    size: int


@PROCESS.applied()
def report(view: StudyView, *, output: Path | None, force: bool) -> WrittenReport:
    """Write the study's report and return where it is; also while a search is running.

    The study's own is replaced unasked, any other file only by `force`. Raises UserError.
    """
    refuse_existing(output, force=force)
    page = page_of(subject_of(view))
    if output is None:
        view.store.write(documents.REPORT, page)
        return WrittenReport(view.store.locate(documents.REPORT), len(page))
    write_output(output, page)
    return WrittenReport(str(output), len(page))


def page_of(subject: "Subject") -> bytes:
    """Return the page as the bytes of its file."""
    from hpsearch.reports import render_page

    return render_page(subject).encode(errors="replace")


def report_files(view: StudyView) -> dict[str, bytes]:
    """Return the page and its pictures, by the names of their files.

    Takes 4 s of a core, and 9 with 3,000 trials (2026-11).
    """
    from hpsearch.reports import as_files

    subject = subject_of(view)
    return {documents.REPORT: page_of(subject), **as_files(subject)}


def show_in_mlflow(
    view: StudyView,
    draw: Callable[[StudyView], Mapping[str, bytes]],
    recorder: "MlflowRecorder",
    display: Display,
) -> None:
    """Write the report, and have it and its pictures put into the parent run; it never fails.

    Only if a trial has finished since MLflow was shown the study. `draw` is `report_files`, or
    comes to the same.
    """
    state = _state(view.records)
    if not view.records or recorder.shown == state:
        return
    display.phase("drawing the report")
    try:
        files = draw(view)
        view.store.write(documents.REPORT, files[documents.REPORT])
        recorder.show(files, state)
    except Exception as error:  # a search is worth more than its pictures
        display.notice(f"no report was written; run `hpsearch report` to retry: {problem(error)}")


def _state(records: Sequence[TrialRecord]) -> str:
    """Return what tells one state of a study from another: a hash of how its trials ended."""
    ended = [(r.number, str(r.state), str(r.finished)) for r in records if r.state.is_finished]
    return hashlib.sha256(repr(ended).encode()).hexdigest()[:16]


def card_of(view: StudyView) -> str:
    """Return the study as a notebook shows it."""
    from hpsearch.analysis import Importance
    from hpsearch.reports import render_card

    return render_card(_subject(view, Importance({}, "")))  # takes seconds, and is not shown


def subject_of(view: StudyView) -> "Subject":
    """Return the study as the page and the pictures draw it."""
    from hpsearch.strategies import importance_of

    subject = _subject(view, importance_of(view.as_read, view.experiment))
    return replace(subject, commands=_commands(view), evaluation=_evaluation(view, view.best))


def _subject(view: StudyView, importance: "Importance") -> "Subject":
    from hpsearch.reports import Subject

    return Subject(
        name=view.store.name,
        experiment=view.experiment,
        records=view.records,
        best=view.best,
        standing=view.standing,
        source=view.identity.begun_from,
        importance=importance,
        strategies={
            "sampler": sampler_of(view.experiment).describe(view.experiment),
            "pruner": pruner_of(view.experiment).describe(view.experiment),
        },
        warm_start=describe_warm_start(view.store, view.experiment),
    )


def _evaluation(view: StudyView, best: TrialRecord | None) -> dict[str, Any]:
    """Return what `evaluate` stored of the trial; nothing if it did not, or it is damaged."""
    if best is not None:
        with suppress(OSError, ValueError):
            found = json.loads(view.store.read(documents.evaluation(best.number)) or b"{}")
            return found if isinstance(found, dict) else {}
    return {}


def _commands(view: StudyView) -> list[tuple[str, str]]:
    """Return what to type for the same search again, and for the best model of this one."""
    name, place = view.store.name, view.store.store_address
    studies = [] if place == STUDIES else ["--studies", place]
    by_name = not is_given_by_python(view.experiment.reference)
    found = [_again(view, studies)] if by_name else []
    if view.best is not None:
        best = [name, "--trial", view.best.number, *studies]
        show = "The best trial: its curve and all its numbers"
        found.append((_line("hpsearch", "show", *best), show))
    trained = best_trained(view.records, view.experiment.goals)
    if trained is not None and by_name and view.experiment.command is None:
        found += _model_commands([name, "--trial", trained.number, *studies])
    return [
        *found,
        (_line("hpsearch", "report", name, *studies), "This page again, up to date"),
    ]


def _again(view: StudyView, studies: Sequence[str]) -> tuple[str, str]:
    name = f"{view.store.name}-again"
    file = view.identity.folder / f"{name}.yaml"
    copy = f"{_line('hpsearch', 'show', view.store.name, '--experiment', *studies)} > {_line(file)}"
    run = _line("hpsearch", "run", file, "--set", f"name={name}", *studies)
    return f"{copy}\n{run}", "The same search again, as a separate study"


def _model_commands(best: Sequence[object]) -> list[tuple[str, str]]:
    held_out = "The best model on data that the search has not seen; do it once, at the end"
    return [
        (_line("hpsearch", "export", *best), "The best model as files"),
        (_line("hpsearch", "evaluate", *best), held_out),
    ]


def _line(*words: object) -> str:
    return shlex.join(map(str, words))
