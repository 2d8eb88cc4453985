"""`hpsearch plan`: what an experiment's budget takes, by a few trials or an earlier study."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from numbers import Integral, Real

from hpsearch.analysis.forecast import Span, one_more, together
from hpsearch.common.errors import UserError
from hpsearch.common.text import count, listed
from hpsearch.common.trial import TrialRecord, TrialState
from hpsearch.engine import Display
from hpsearch.experiment import Experiment
from hpsearch.strategies import pruner_of
from hpsearch.usecases.faults import argument_wrong
from hpsearch.usecases.forecast import faults
from hpsearch.usecases.forecast.probe import Probe, Sizes, probe, sizes_of
from hpsearch.usecases.identity import find_changes
from hpsearch.usecases.plan import local_slots
from hpsearch.usecases.source import Source
from hpsearch.usecases.validate import validate
from hpsearch.usecases.view import StudyView

PROBE_TRIALS = 4
"""Probe trials by default; fewer give wide intervals."""

LEAST_TRIALS = 2
"""So many trials must have ended: one says nothing of how much they differ."""


@dataclass(frozen=True)
class Forecast:
    """What a search takes; each interval holds what comes 9 times out of 10.

    Times in seconds: of a `trial`, of the `training` of all `trials`, of the `search` with so many
    `slots`. `disk` and `memory` in bytes: of the study, of one worker and of all; None if unknown.
    `basis` says what it rests on, `notes` what it does not count.
    """

    name: str
    basis: str
    trials: int
    slots: int
    trial: Span
    training: Span
    search: Span
    disk: Span
    checkpoint: float | None
    memory_worker: int | None
    memory: int | None
    notes: Sequence[str]


def forecast_by_probe(
    source: Source,
    display: Display,
    *,
    trials: int,
    minutes: float | None = None,
    local: bool = False,
    verbose: bool = False,
) -> Forecast:
    """Run a few trials and say what the whole budget takes; raises UserError before that."""
    if not isinstance(trials, Integral) or trials < LEAST_TRIALS:
        needed = f"a whole number, at least {LEAST_TRIALS}"
        raise UserError(argument_wrong("probe", trials, needed))
    if minutes is not None and not (isinstance(minutes, Real) and minutes > 0):
        raise UserError(argument_wrong("minutes", minutes, "a number above 0"))
    validate(source, local=local)
    found = probe(source, display, trials=trials, minutes=minutes, local=local, verbose=verbose)
    ended = [one for one in found.records if one.state is TrialState.COMPLETE]
    name = source.experiment.name
    if len(ended) < LEAST_TRIALS:
        raise UserError(faults.too_few_probes(name, len(ended), len(found.records)))
    basis = f"{count(len(ended), 'probe trial')}, trained to the end with random hyperparameters"
    found = replace(found, slots=_all_slots(source.experiment, found, trials))
    return _forecast(source.experiment, ended, found, basis, _probe_notes(source, found))


def _all_slots(experiment: Experiment, found: Probe, trials: int) -> int:
    """Return how many trials the search runs at a time: a probe has no more slots than trials."""
    devices = {one.place.device for one in found.records if one.place is not None}
    is_known = found.slots < trials or experiment.resources.ray_address is not None
    return found.slots if is_known or devices != {"cpu"} else local_slots(experiment)


def forecast_by_study(source: Source, view: StudyView) -> Forecast:
    """Say what the budget takes if trials take what those of another study did."""
    from hpsearch.strategies import slots_of

    validate(source)
    ended = [one for one in view.records if one.state.is_finished and one.seconds > 0]
    if len(ended) < LEAST_TRIALS:
        raise UserError(faults.too_few_trials(view.store.name, len(ended)))
    slots = slots_of(view.store, view.experiment)
    found = Probe(ended, slots, sizes_of(view.store, ended), None)
    basis = f"{count(len(ended), 'trial')} of the study {view.store.name}"
    return _forecast(source.experiment, ended, found, basis, _study_notes(source, view))


def _forecast(
    experiment: Experiment,
    ended: Sequence[TrialRecord],
    found: Probe,
    basis: str,
    notes: Sequence[str],
) -> Forecast:
    budget = _budget(experiment, [record.seconds for record in ended], found.slots)
    memory, sizes = found.memory, found.sizes.checkpoints
    return Forecast(
        name=experiment.name,
        basis=f"{basis}, {found.slots} at a time",
        trials=budget.trials,
        slots=found.slots,
        trial=one_more([record.seconds for record in ended]),
        training=budget.training,
        search=budget.search,
        disk=_disk(experiment, found.sizes, budget.trials, found.slots),
        checkpoint=sum(sizes) / len(sizes) if sizes else None,
        memory_worker=memory,
        memory=memory * found.slots if memory is not None else None,
        notes=[*notes, *budget.notes, *([] if memory is not None else ["memory is not known."])],
    )


@dataclass(frozen=True)
class _Budget:
    """What the budget comes to: so many trials, the seconds of their training and of the search."""

    trials: int
    training: Span
    search: Span
    notes: Sequence[str] = ()


def _budget(experiment: Experiment, seconds: Sequence[float], slots: int) -> _Budget:
    """Return what is trained until the trials or the minutes of the budget are spent."""
    trials, minutes = experiment.budget.trials, experiment.budget.minutes
    training = together(seconds, trials)
    search = training.times(1 / slots)
    if minutes is None or search.middle <= minutes * 60:
        return _Budget(trials, training, search)
    limit, mean = minutes * 60, training.middle / trials
    return _Budget(
        max(1, round(limit * slots / mean)),
        training.at_most(limit * slots),
        search.at_most(limit),
        [f"the budget's minutes end it, before {trials} trials."],
    )


def _disk(experiment: Experiment, sizes: Sizes, trials: int, slots: int) -> Span:
    """Return the bytes of a study: its kept checkpoints, those to resume from, and all else."""
    rules = experiment.checkpoints
    pauses = pruner_of(experiment).pausing(experiment) is not None
    each = sum(sizes.checkpoints) / len(sizes.checkpoints) if sizes.checkpoints else 0.0
    fewest = min(rules.keep, trials)
    most = min(trials if pauses else rules.keep + 2 * slots, 2 * trials)
    kept = Span(fewest * each, (fewest + most) / 2 * each, max(most, fewest) * each)
    if rules.max_gigabytes is not None:
        kept = kept.at_most(rules.max_gigabytes * 1e9)
    rest = sizes.other * trials
    return Span(kept.low + rest, kept.middle + rest, kept.high + rest)


def _probe_notes(source: Source, found: Probe) -> list[str]:
    notes = ["the start of the workers is not counted."]
    if source.experiment.pruner.type != "none":
        notes.append("early stopping is not counted: it makes the search shorter.")
    cut = [one.number for one in found.records if one.state is TrialState.PRUNED]
    if cut:
        verb = "takes" if len(cut) == 1 else "take"
        notes.append(f"{count(len(cut), 'probe trial')} {verb} longer than the probe's minutes.")
    failed = [one for one in found.records if one.state is TrialState.FAILED]
    if failed:
        reason = failed[0].reason.partition("\n")[0]
        notes.append(
            f"{len(failed)} of {count(len(found.records), 'probe trial')} failed: {reason}"
        )
    return notes


def _study_notes(source: Source, view: StudyView) -> list[str]:
    notes = []
    mine, other = (one.pruner.type for one in (source.experiment, view.experiment))
    if mine != other:
        notes.append(f"that study stopped trials by {other}, this one does by {mine}.")
    changes = find_changes(view.store, source.experiment)
    if changes:
        more = f", and {len(changes) - 3} more" if len(changes) > 3 else ""
        notes.append(f"that study was another one: {'; '.join(changes[:3])}{more}.")
    unlike = [one.number for one in view.records if one.state is TrialState.FAILED]
    if unlike:
        notes.append(f"its failed trials count with their time ({listed(unlike)}).")
    return notes
