"""What fails: parts of the space in which most trials fail in one way, by a shallow tree for each.

A tree of two questions, fitted to the trials that ended; a part of the space is one of its leaves.
Its bounds are values that trials had: `batch_size >= 512 with filters_2 >= 128`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from hpsearch.common.causes import cause_of
from hpsearch.common.text import kind_of, parameter
from hpsearch.common.trial import TrialRecord, TrialState
from hpsearch.experiment import Categorical, Experiment

FEWEST = 5
"""So many trials must have failed in one way, and so many must be in a part of the space."""

SHARE = 0.6
"""At least this share of a part's trials failed so, and more of them than of all."""

DEPTH = 2
ABSENT = -1

Ranks = npt.NDArray[np.int64]
"""The place of each trial's value among all that were tried; `ABSENT` if it has none."""


@dataclass(frozen=True)
class FailingPart:
    """A part of the space, in words, and how many of its trials failed, in which way."""

    where: Sequence[str]
    what: str
    failed: int
    trials: int

    def __str__(self) -> str:
        """Return it as a sentence."""
        return f"{' with '.join(self.where)}: {self.failed} of {self.trials} trials {self.what}"


@dataclass(frozen=True)
class _Column:
    """A hyperparameter's values in order, and the trials' places among them."""

    name: str
    values: Sequence[Any]
    ranks: Ranks
    is_ordered: bool

    def describe(self, inside: npt.NDArray[np.bool_], *, low: bool, high: bool) -> str:
        """Return what the trials inside have in common; `low`, `high`: which ends were cut off."""
        places = sorted({int(rank) for rank in self.ranks[inside]} - {ABSENT})
        if not places:
            return f"no `{self.name}`"
        first, last = (parameter(self.values[places[end]]) for end in (0, -1))
        if not self.is_ordered or first == last:
            shown = " or ".join(parameter(self.values[place]) for place in places)
            return f"`{self.name}` {shown}"
        if low and high:
            return f"`{self.name}` from {first} to {last}"
        return f"`{self.name}` ≥ {first}" if low else f"`{self.name}` ≤ {last}"


def failing_parts(records: Sequence[TrialRecord], experiment: Experiment) -> list[FailingPart]:
    """Return the parts of the space in which most trials fail, the most trials first."""
    ended = [record for record in records if record.state.is_finished]
    ways: dict[str, list[bool]] = {}
    for index, record in enumerate(ended):
        if what := _what(record):
            ways.setdefault(what, [False] * len(ended))[index] = True
    found = [
        part
        for what, failed in ways.items()
        if FEWEST <= sum(failed) < len(ended)
        for part in _parts(ended, experiment, what, np.array(failed))
    ]
    return sorted(found, key=lambda part: -part.failed)


def _what(record: TrialRecord) -> str:
    if record.state is TrialState.INFEASIBLE:
        return "are infeasible"
    if record.state is not TrialState.FAILED:
        return ""
    return cause_of(record.reason) or f"fail: {kind_of(record.reason)}"


def _parts(
    records: Sequence[TrialRecord],
    experiment: Experiment,
    what: str,
    failed: npt.NDArray[np.bool_],
) -> Iterator[FailingPart]:
    from sklearn.tree import DecisionTreeClassifier  # here: it takes a second

    columns = [*_columns(records, experiment, failed)]
    if not columns:
        return
    rows = np.stack([column.ranks for column in columns], axis=1)
    tree = DecisionTreeClassifier(max_depth=DEPTH, min_samples_leaf=FEWEST, random_state=0)
    leaves = tree.fit(rows, failed).apply(rows)
    paths = tree.decision_path(rows).toarray()
    for leaf in np.unique(leaves):
        inside = leaves == leaf
        share = failed[inside].mean()
        if share >= SHARE and share > failed.mean():
            path = np.flatnonzero(paths[np.argmax(inside)])
            sides = _sides(tree.tree_, [int(node) for node in path])
            where = [
                columns[index].describe(inside, low=low, high=high)
                for index, (low, high) in sides.items()
            ]
            yield FailingPart(where, what, int(failed[inside].sum()), int(inside.sum()))


def _sides(tree: Any, path: Sequence[int]) -> Mapping[int, tuple[bool, bool]]:
    """Return for each column on the way to a leaf whether low and whether high values are cut."""
    sides: dict[int, tuple[bool, bool]] = {}
    for node, after in pairwise(path):
        column = int(tree.feature[node])
        low, high = sides.get(column, (False, False))
        is_right = after == tree.children_right[node]
        sides[column] = (low or is_right, high or not is_right)
    return sides


def _columns(
    records: Sequence[TrialRecord], experiment: Experiment, failed: npt.NDArray[np.bool_]
) -> Iterator[_Column]:
    for name, one in experiment.space.items():
        own = [record.params.get(name) for record in records]
        has = [name in record.params for record in records]
        is_ordered = not isinstance(one, Categorical)
        values = [*dict.fromkeys(v for v, present in zip(own, has, strict=True) if present)]
        shares = {
            v: failed[[present and w == v for w, present in zip(own, has, strict=True)]].mean()
            for v in ([] if is_ordered else values)
        }
        values.sort(key=lambda v: v if is_ordered else shares[v])  # type: ignore[arg-type, return-value]
        places = {value: place for place, value in enumerate(values)}
        ranks = [places[v] if present else ABSENT for v, present in zip(own, has, strict=True)]
        yield _Column(name, values, np.array(ranks), is_ordered)
