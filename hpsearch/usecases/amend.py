"""`hpsearch amend`: changes what a study searches, and keeps the trials that still count."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hpsearch.common.errors import Fault, UserError
from hpsearch.common.shared_change import PROCESS
from hpsearch.experiment import Experiment, dump_yaml, is_given_by_python, unamendable
from hpsearch.store import StudyStore, study_missing
from hpsearch.store.documents import EXPERIMENT
from hpsearch.trainable import IMPORTS, defaults_of
from hpsearch.usecases import faults
from hpsearch.usecases.identity import find_changes, read_recorded
from hpsearch.usecases.model import find_trainable
from hpsearch.usecases.model.faults import NO_FUNCTION
from hpsearch.usecases.source import Source
from hpsearch.usecases.summary import refresh_summary
from hpsearch.usecases.validate import validate
from hpsearch.usecases.warm_start import read_warm_start


@dataclass(frozen=True)
class Amended:
    """What an amendment did, or would do.

    `changes` are the keys that differ in what makes trials comparable; `outside` has why a trial no
    longer counts, by its number. `is_same`: nothing differs, and nothing was written.
    """

    study: str
    changes: list[str]
    fitting: int
    outside: Mapping[int, str]
    notices: list[str]
    is_dry_run: bool
    is_same: bool = False

    @property
    def reasons(self) -> Mapping[str, int]:
        """Why trials no longer count, and how many."""
        return Counter(self.outside.values())


@IMPORTS.applied()
@PROCESS.applied()
def amend(source: Source, store: StudyStore, *, dry_run: bool = False) -> Amended:
    """Put an experiment in the place of a study's own; raises UserError with all that is wrong.

    It is durable when this returns; a kill leaves the study as it was, or as it is after.
    """
    if not store.exists():
        raise UserError(study_missing(store.name, store.store_address, ()))
    with store.lease():
        before, after = read_recorded(store), source.experiment
        _refuse(source, store, before)
        from hpsearch.strategies import end_experiment, preview_amendment, repair_study

        told = None if dry_run else repair_study(store, before)
        defaults = _defaults(source, before)
        records = preview_amendment(store, before, after, defaults)
        outside = {one.number: one.outside for one in records if one.outside}
        finished = [one for one in records if one.state.is_finished]
        # if none is finished, what was begun counts
        counting = finished or records
        if counting and all(one.outside for one in counting):
            reasons = Counter(outside.values())
            raise UserError(
                faults.amendment_for_no_trial(store.name, reasons, finished=bool(finished))
            )
        changes = find_changes(store, after)
        is_same = after.model_dump(mode="json") == before.model_dump(mode="json")
        if not dry_run and not is_same:
            end_experiment(store, before, defaults)
            # until this is written, nothing has changed
            store.write(EXPERIMENT, dump_yaml(after.model_dump(mode="json")).encode())
            refresh_summary(store)
    notices = [told] if told else []
    fitting = len(records) - len(outside)
    return Amended(store.name, changes, fitting, outside, notices, dry_run, is_same)


def _refuse(source: Source, store: StudyStore, before: Experiment) -> None:
    """Raise UserError if the experiment is wrong, is of another study, or means something else."""
    after, found = source.experiment, list[Fault]()
    try:
        validate(source, warm_start=read_warm_start(after, store))
    except UserError as error:
        found += [one for one in error.faults if one.code != NO_FUNCTION]
    if after.name != store.name:
        found.append(faults.amendment_of_another(store.name, after.name))
    if differences := unamendable(before, after):
        found.append(faults.amendment_changes_meaning(store.name, differences))
    if found:
        raise UserError(*found)


def _defaults(source: Source, before: Experiment) -> dict[str, Any]:
    """Return the trainable's own values of what one of the experiments names."""
    after = source.experiment
    if is_given_by_python(after.reference) and after.function is None:
        return {}  # what the function would fill in is not known: such trials do not count
    names = {*before.params, *before.space.written, *after.params, *after.space.written}
    return defaults_of(find_trainable(after, source.folder).signature, sorted(names))
