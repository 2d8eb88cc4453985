"""Which sampler and which pruner a study had, and from which trial on: they may change in between.

A record of the journal for each change, as an attribute of the study whose key ends with the number
of the first trial that was begun with them. What an earlier version ran has none.
"""

from typing import Any

from hpsearch.experiment import Experiment
from hpsearch.store import StudyStore
from hpsearch.strategies.journal import Journal
from hpsearch.strategies.session import Session

STRATEGY = "hpsearch-strategy:"

STUDY_ATTRIBUTE = 2
"""Optuna's code of the record."""


def note_strategy(session: Session, experiment: Experiment) -> None:
    """Write the sampler and the pruner to the journal if the last run had others."""
    storage = session.storage
    known = storage.get_study_user_attrs(storage.study_id).items()
    noted = [value for key, value in known if key.startswith(STRATEGY)]
    used = experiment.model_dump(mode="json", include={"sampler", "pruner"})
    if noted[-1:] != [used]:
        key = f"{STRATEGY}{len(storage.trials())}"
        storage.set_study_user_attr(storage.study_id, key, used)


def strategies_of(store: StudyStore) -> list[dict[str, Any]]:
    """Return each sampler and pruner that a study had, with the first trial that began so."""
    found: dict[int, dict[str, Any]] = {}
    for log in Journal(store, writable=False).read_logs(0):
        attributes = log.get("user_attr") if log["op_code"] == STUDY_ATTRIBUTE else None
        for key, used in (attributes or {}).items():
            if key.startswith(STRATEGY):
                found[int(key.removeprefix(STRATEGY))] = used
    return [{"from_trial": first, **used} for first, used in sorted(found.items())]
