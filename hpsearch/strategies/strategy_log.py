"""Which sampler and which pruner a study had, and from which trial on: they may change in between.

A record of the journal for each change, as an attribute of the study whose key ends with the number
of the first trial that was begun with them. What an earlier version ran has none.
"""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from pydantic import BaseModel

from hpsearch.experiment import Experiment
from hpsearch.strategies.session import Session

STRATEGY = "hpsearch-strategy:"


class _Section(BaseModel, extra="allow"):
    type: str


class _Strategy(BaseModel):
    sampler: _Section
    pruner: _Section


def note_strategy(session: Session, experiment: Experiment) -> None:
    """Write the sampler and the pruner to the journal if the last run had others."""
    storage = session.storage
    noted = [value for key, value in storage.attributes.items() if key.startswith(STRATEGY)]
    used = experiment.model_dump(mode="json", include={"sampler", "pruner"})
    if noted[-1:] != [used]:
        key = f"{STRATEGY}{len(storage.trials())}"
        storage.set_study_user_attr(storage.study_id, key, used)


def strategies_of(attributes: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return each sampler and pruner in a study's attributes, with the first trial begun so."""
    found: dict[int, dict[str, Any]] = {}
    for key, used in attributes.items():
        if key.startswith(STRATEGY):
            with suppress(ValueError):  # another program wrote it
                found[int(key.removeprefix(STRATEGY))] = _Strategy.model_validate(used).model_dump()
    return [{"from_trial": first, **used} for first, used in sorted(found.items())]
