"""Why a study has no complete trial, and which key to change: one sentence for each cause."""

from collections.abc import Iterator, Sequence

from hpsearch.common.errors import Fault
from hpsearch.common.text import count, kind_of
from hpsearch.common.trial import TrialRecord, TrialState
from hpsearch.engine import SEARCH_ENDED, faults, why_nothing_is_left
from hpsearch.experiment import Experiment
from hpsearch.strategies import is_exhausted, pruner_of

Found = tuple[str, str]
"""A cause and what to do about it."""


def no_complete_trial(name: str, experiment: Experiment, records: Sequence[TrialRecord]) -> Fault:
    """Return the fault of a study without a complete trial."""
    found = [*_causes(name, experiment, records)] or [("No trial has ended.", "Let it run longer.")]
    causes, fixes = zip(*found, strict=True)
    return faults.no_complete_trial(name, causes, fixes)


def _causes(name: str, experiment: Experiment, records: Sequence[TrialRecord]) -> Iterator[Found]:
    pruned = [record for record in records if record.state is TrialState.PRUNED]
    ended = [record for record in pruned if record.reason.startswith(SEARCH_ENDED)]
    stopped = [record for record in pruned if record not in ended]
    if stopped:
        yield _by_pruner(experiment, stopped, len(records))
    if ended:
        yield _by_budget(ended)
    if failed := [record for record in records if record.state is TrialState.FAILED]:
        yield _by_failure(name, failed)
    if infeasible := [record for record in records if record.infeasible]:
        yield _by_constraint(infeasible, has_constraints=bool(experiment.constraints))
    if left := [record for record in records if not record.state.is_finished]:
        are = "is" if len(left) == 1 else "are"
        yield f"{count(len(left), 'trial')} {are} unfinished.", "Run it again to resume."
    over = why_nothing_is_left(experiment, records)
    if over is None and is_exhausted(experiment, records):
        yield (
            "Every configuration of the space has been tried.",
            "Then enlarge the space under a new `name`.",
        )
    if over is not None:
        yield (
            f"The budget is spent ({over}), so the same command does nothing more.",
            "Then raise the budget and run the same command, or start a new study with `--fresh`.",
        )


def _by_pruner(experiment: Experiment, stopped: Sequence[TrialRecord], trials: int) -> Found:
    kind, last = experiment.pruner.type, stopped[-1]
    of_all = "all" if len(stopped) == trials else f"{len(stopped)} of"
    return (
        f"The {kind.replace('_', ' ')} pruner stopped {of_all} {count(trials, 'trial')}; trial "
        f"{last.number}: {last.reason}.",
        f"Relax {pruner_of(experiment).relaxed_by}, or set `pruner: {{type: none}}`.",
    )


def _by_budget(ended: Sequence[TrialRecord]) -> Found:
    over = ended[-1].reason.removeprefix(SEARCH_ENDED)
    were = "was" if len(ended) == 1 else "were"
    key = "`budget.minutes`" if "minute" in over else "the budget"
    return (
        f"{count(len(ended), 'trial')} {were} stopped in training when the search ended: {over}.",
        f"Raise {key}, or train for fewer steps.",
    )


def _by_constraint(infeasible: Sequence[TrialRecord], *, has_constraints: bool) -> Found:
    relax = "Relax `constraints`" if has_constraints else "Change what raises `Infeasible`"
    last = infeasible[-1]
    are = "is" if len(infeasible) == 1 else "are"
    return (
        f"{count(len(infeasible), 'trial')} {are} infeasible; trial {last.number}: {last.reason}.",
        f"{relax}, or search where trials are feasible.",
    )


def _by_failure(name: str, failed: Sequence[TrialRecord]) -> Found:
    last = failed[-1]
    kinds = {kind_of(record.reason) for record in failed}
    alike = ", all in the same way" if len(failed) > 1 and len(kinds) == 1 else ""
    return (
        f"{count(len(failed), 'trial')} failed{alike}; trial {last.number}: {last.reason}.",
        f"Correct what makes them fail; `hpsearch show {name} --trial {last.number}` shows where.",
    )
