"""Everything that can be found wrong before anything is started or written."""

from collections.abc import Sequence
from dataclasses import replace

from hpsearch.common.errors import Fault, UserError, cleaned
from hpsearch.experiment import Experiment
from hpsearch.store import StudyStore, place_faults
from hpsearch.strategies import check_strategies
from hpsearch.tracking import recorder_faults, tracking_faults
from hpsearch.trainable import command_notices, hook_notices
from hpsearch.usecases.end_command import end_command_faults
from hpsearch.usecases.identity import find_changes, is_amendable
from hpsearch.usecases.journal import has_finished
from hpsearch.usecases.kept_strategies import keep_strategies
from hpsearch.usecases.other_folder import notices_of_other_folder
from hpsearch.usecases.plan import Plan, make_plan, trainable_faults
from hpsearch.usecases.pools import pool_faults
from hpsearch.usecases.source import Source
from hpsearch.usecases.view import tracking_uri
from hpsearch.usecases.warm_start import WarmStart, read_warm_start
from hpsearch.workers import address_faults, describe_upload, upload_faults, upload_notices


def validate(
    source: Source,
    store: StudyStore | None = None,
    warm_start: WarmStart | None = None,
    *,
    local: bool | None = None,
) -> Plan:
    """Return what the experiment would do; raises UserError with all its faults.

    If the study exists in `store`, a notice says what `run` would do with it. `local` says whether
    trials are to run in this process, or on Ray; None that none is to run on this machine now.
    """
    source, kept = (source, []) if store is None else keep_strategies(source, store)
    experiment = source.experiment
    with cleaned(experiment.privacy.clean):
        if warm_start is None and store is not None:
            warm_start = read_warm_start(experiment, store)
        warm_start = warm_start or WarmStart()
        places = [] if store is None else place_faults(store.store_address)
        _refuse(source, [*places, *warm_start.faults, *_about_the_machine(experiment, local)])
        notices = [*_about_the_trainable(source), *upload_notices(experiment.resources)]
        notices += [*warm_start.notices, *kept]
        if store is not None:
            notices += _about_the_study(source, store)
    plan = make_plan(experiment, notices, describe_upload(experiment, source.folder))
    return replace(plan, next_step=_next_step(source, store))


def _refuse(source: Source, others: Sequence[Fault]) -> None:
    experiment = source.experiment
    found = [
        *trainable_faults(experiment, source.folder),
        *check_strategies(experiment),
        *upload_faults(experiment, source.folder),
        *tracking_faults(tracking_uri(experiment)),
        *recorder_faults(experiment.tracking.also),
        *end_command_faults(source),
        *address_faults(experiment.resources.ray_address),
        *others,
    ]
    if found:
        raise UserError(*found)


def _about_the_machine(experiment: Experiment, local: bool | None) -> list[Fault]:
    return [] if local is None else pool_faults(experiment, local=local)


def _about_the_trainable(source: Source) -> list[str]:
    experiment = source.experiment
    if experiment.command is not None:
        return command_notices(experiment.command, experiment)
    if experiment.function is not None:  # there is no file to look at
        return []
    return hook_notices(experiment.reference, source.folder)


def _about_the_study(source: Source, store: StudyStore) -> list[str]:
    experiment = source.experiment
    if not store.exists() or not has_finished(store, experiment):
        return notices_of_other_folder(source, store)
    known = f"the study `{store.name}` exists"
    if find_changes(store, experiment):
        return [f"{known}, with another experiment: `run` needs a new `name` or `--fresh`"]
    return [f"{known}: `run` resumes it"]


def _next_step(source: Source, store: StudyStore | None) -> str:
    """Return what to do next: `run` refuses another experiment in a study that has trials."""
    file, experiment = source.shown_file, source.experiment
    if store is None or not store.exists() or not has_finished(store, experiment):
        return f"`hpsearch run {file}` starts the search."
    if find_changes(store, experiment):
        name = store.name
        if is_amendable(store, experiment):
            return f"`hpsearch amend {name} {file}` keeps the study and the trials that fit."
        anew = f"hpsearch run {file} --set name={name}-2 --set 'warm_start=[{name}]'"
        return f"`{anew}` begins a new study that learns from this one."
    return f"`hpsearch run {file}` resumes the search."
