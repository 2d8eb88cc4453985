"""What another strategy would have made of a study, beside what the study made of it."""

from collections.abc import Sequence
from dataclasses import dataclass

from hpsearch.common.trial import TrialRecord
from hpsearch.experiment import Experiment
from hpsearch.strategies import pruner_of, sampler_of
from hpsearch.usecases.replay.simulation import Side, Simulation


@dataclass(frozen=True)
class Earlier:
    """A trial that would have been stopped at `step` already, which saves so many seconds."""

    trial: int
    step: int
    recorded_step: int
    seconds: float


@dataclass(frozen=True)
class WhatIf:
    """What another strategy would have done with a study's trials, as far as they are known.

    `best` is the recorded best trial; `found` says that one as good would have been found.
    `unknown` are the trials that would have gone on past what is known of them; `untried` is how
    many the sampler would not have tried. `unmeasured` have no report, and are left out.
    """

    sampler: str
    pruner: str
    slots: int
    recorded: Side
    replayed: Side
    earlier: Sequence[Earlier]
    unknown: Sequence[int]
    untried: int
    found: bool
    unmeasured: int = 0


def compare(experiment: Experiment, one: Simulation, other: Simulation) -> WhatIf:
    recorded, replayed = one.side, other.side
    return WhatIf(
        sampler=sampler_of(experiment).describe(experiment),
        pruner=pruner_of(experiment).describe(experiment),
        slots=other.slots,
        recorded=recorded,
        replayed=replayed,
        earlier=_earlier(one.study.known, other),
        unknown=sorted(other.study.unknown),
        untried=len(one.study.known) - len(other.records),
        found=recorded.best is not None and recorded.values == replayed.values,
    )


def _earlier(known: Sequence[TrialRecord], other: Simulation) -> list[Earlier]:
    """Return the trials that would have been stopped before they were."""
    found = []
    for record in known:
        again = other.records.get(record.number)
        step, ended = (again.last_step if again is not None else None), record.last_step
        if again is not None and step is not None and ended is not None and step < ended:
            found.append(Earlier(record.number, step, ended, record.seconds - again.seconds))
    return found
