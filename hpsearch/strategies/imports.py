"""Adds trials that another program ran to a study's journal, each once and in one record."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from optuna.storages import JournalStorage
from optuna.trial import FrozenTrial, TrialState, create_trial

from hpsearch.common.constraint import why_infeasible
from hpsearch.common.earlier import EarlierTrial
from hpsearch.common.goal import measurement_of_value
from hpsearch.common.trial import Value
from hpsearch.experiment import Experiment
from hpsearch.store import StudyStore
from hpsearch.strategies.attributes import ATTRIBUTE, CURVE, IMPORTED, to_rows
from hpsearch.strategies.distributions import distribution_of
from hpsearch.strategies.external_trials import reported_curve
from hpsearch.strategies.feasibility import attributes, excess_of, infeasible_state
from hpsearch.strategies.journal import Journal
from hpsearch.strategies.params import fixed_params
from hpsearch.strategies.session import Session
from hpsearch.strategies.trials import why_refused

STOPPED = "stopped early by the program that ran it"

Fitting = tuple[EarlierTrial, Mapping[str, Value]]
"""A trial and its hyperparameters in the space's own values."""

Imports = Mapping[str, FrozenTrial]
"""Trials as they are written, by their ids."""


def made_imports(
    experiment: Experiment, trials: Sequence[Fitting], origin: str
) -> tuple[Imports, list[str]]:
    """Return the trials as they would be written, by their ids, and why each other one cannot be.

    One trial that its reading refuses would close the whole study: such a trial is not written.
    """
    times: Counter[str] = Counter()
    made, refused = {}, []
    for trial, params in trials:
        content = _content(trial, params)
        times[content] += 1
        id = hashlib.sha256(f"{content} {times[content]}".encode()).hexdigest()[:16]
        mark = {"id": id, "from": f"{origin}, {trial.origin}"}
        found = _made_or_why(trial, params, experiment, mark)
        if isinstance(found, str):
            refused.append(f"{trial.origin}: {found}")
        else:
            made[id] = found
    return made, refused


def new_imports(store: StudyStore, experiment: Experiment, made: Imports) -> list[FrozenTrial]:
    """Return those of the trials that the study does not have."""
    known = _known_ids(store, experiment) if store.exists() else set()
    return [trial for id, trial in made.items() if id not in known]


def add_imports(store: StudyStore, experiment: Experiment, trials: Iterable[FrozenTrial]) -> None:
    """Write trials to the journal, durably; the caller holds the lease.

    After a kill the next import adds those that are missing.
    """
    session = Session(store, experiment)
    try:
        for made in trials:
            session.storage.create_new_trial(session.storage.study_id, made)
        session.journal.flush()
    finally:
        session.journal.close()


def _made_or_why(
    trial: EarlierTrial, params: Mapping[str, Value], experiment: Experiment, mark: dict[str, str]
) -> FrozenTrial | str:
    """Return the trial with its mark, or why the study cannot have it."""
    try:
        made = _made(trial, params, experiment)
    except ValueError as error:  # Optuna itself refuses it
        return " ".join(str(error).split())
    made.user_attrs[IMPORTED] = mark
    return why_refused(made, experiment) or made


def _made(trial: EarlierTrial, params: Mapping[str, Value], experiment: Experiment) -> FrozenTrial:
    space, now = experiment.space, datetime.now()
    is_single = len(experiment.goals) == 1  # with several objectives Optuna has no reports
    made = create_trial(
        state=TrialState.PRUNED if trial.is_stopped or not trial.values else TrialState.COMPLETE,
        values=list(trial.values) or None,
        params=fixed_params(params, space),
        distributions={name: distribution_of(space[name]) for name in params},
        intermediate_values=dict(trial.reports) if is_single else {},
    )
    _judge(made, trial, experiment)
    made.datetime_start = trial.started or trial.finished or now
    made.datetime_complete = trial.finished or now
    return made


def _judge(made: FrozenTrial, trial: EarlierTrial, experiment: Experiment) -> None:
    """Note the metrics of the constraints, and why the trial was stopped or is infeasible."""
    goals, curve = experiment.goals, reported_curve(made, experiment.goals)
    if trial.metrics and curve:
        last = replace(curve[-1], metrics={**curve[-1].metrics, **trial.metrics})
        curve = (*curve[:-1], last)
        made.user_attrs[f"{CURVE}{last.step}"] = to_rows(curve)
    decisive = measurement_of_value(curve, goals)
    why = trial.infeasible or why_infeasible(goals[0].constraints, curve, decisive)
    if why:
        made.state = infeasible_state(trial.values, goals)
        made.user_attrs[ATTRIBUTE] = {"reason": why, "infeasible": True}
    elif trial.is_stopped:
        made.user_attrs[ATTRIBUTE] = {"reason": STOPPED}
    made.system_attrs = attributes(excess_of(curve, goals, raised=bool(why)))


def _content(trial: EarlierTrial, params: Mapping[str, Value]) -> str:
    """Return what makes two imported trials the same, wherever they were read."""
    reports = sorted(trial.reports.items())
    return json.dumps([sorted(params.items()), trial.values, reports, trial.is_stopped])


def _known_ids(store: StudyStore, experiment: Experiment) -> set[str]:
    storage = JournalStorage(Journal(store, writable=False))
    try:
        study_id = storage.get_study_id_from_name(experiment.name)
    except KeyError:
        return set()
    return set(_ids(storage.get_all_trials(study_id, deepcopy=False)))


def _ids(trials: Iterable[FrozenTrial]) -> Iterable[str]:
    for trial in trials:
        attribute = trial.user_attrs.get(IMPORTED)
        if isinstance(attribute, dict):
            yield str(attribute.get("id"))
