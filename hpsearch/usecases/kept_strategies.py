"""A study goes on with the sampler and the pruner that it was begun with, if it is left to `auto`.

Studies of before `auto` was the default recorded theirs, and so do those that named one.
"""

from dataclasses import replace

from hpsearch.common.errors import UserError
from hpsearch.experiment import Experiment, Pruner, Sampler
from hpsearch.store import StudyStore
from hpsearch.store.documents import IDENTITY
from hpsearch.usecases.identity import read_recorded
from hpsearch.usecases.source import Source


def keep_strategies(source: Source, store: StudyStore) -> tuple[Source, list[str]]:
    """Return the source with what the study was begun with instead of `auto`; and what to say."""
    begun = _begun(store)
    kept = {} if begun is None else _kept(source.experiment, begun)
    if not kept:
        return source, []
    experiment = source.experiment.model_copy(update=kept)
    names = " and ".join(f"{name} {section.type}" for name, section in kept.items())
    said = f"`auto` keeps {names}: the study `{store.name}` was begun so"
    return replace(source, experiment=experiment), [said]


def _kept(experiment: Experiment, begun: Experiment) -> dict[str, Sampler | Pruner]:
    pairs: dict[str, tuple[Sampler | Pruner, Sampler | Pruner]] = {
        "sampler": (experiment.sampler, begun.sampler),
        "pruner": (experiment.pruner, begun.pruner),
    }
    return {
        name: before
        for name, (now, before) in pairs.items()
        if now.type == "auto" and before.type != "auto"
    }


def _begun(store: StudyStore) -> Experiment | None:
    """Return the recorded experiment; None if there is none, or it is damaged (said elsewhere)."""
    try:
        return read_recorded(store) if store.has(IDENTITY) else None
    except UserError:
        return None
