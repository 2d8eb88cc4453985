"""The Pareto front of a search with several objectives, and its hypervolume.

The hypervolume is that of what the front dominates, as a share of the box between the best and the
worst value that any complete trial has in each objective: 0 is nothing, 1 a trial that is best in
all. Exact, by slices (Knowles 2002), quick for fronts of some hundred trials in two or three
objectives.
"""

from collections.abc import Sequence

from hpsearch.common.goal import Goal, rank
from hpsearch.common.trial import TrialRecord

Point = tuple[float, ...]
"""A cost for each objective: less is better."""


def pareto_front(records: Sequence[TrialRecord], goals: Sequence[Goal]) -> list[TrialRecord]:
    """Return the complete trials that no other one dominates, the best by the first goal first.

    With one objective that is the best one, the earliest of equals.
    """
    complete = [record for record in records if record.is_result]
    ordered = sorted(complete, key=lambda record: rank(record, goals))
    if len(goals) == 1:
        return ordered[:1]
    front: list[TrialRecord] = []
    for record in ordered:
        cost = rank(record, goals)
        if not any(dominates(rank(one, goals), cost) for one in front):
            front.append(record)
    return front


def hypervolumes(records: Sequence[TrialRecord], goals: Sequence[Goal]) -> list[float]:
    """Return the hypervolume after each complete trial, in the order in which they are given."""
    costs = [rank(record, goals) for record in records if record.is_result]
    lows, highs = [*map(min, zip(*costs, strict=True))], [*map(max, zip(*costs, strict=True))]
    spans = [(low, high - low or 1.0) for low, high in zip(lows, highs, strict=True)]
    front: list[Point] = []
    found: list[float] = []
    for cost in costs:
        point = tuple((one - low) / span for one, (low, span) in zip(cost, spans, strict=True))
        if any(dominates(one, point) or one == point for one in front):
            found.append(found[-1])
            continue
        front = [*(one for one in front if not dominates(point, one)), point]
        found.append(_volume(front))
    return found


def dominates(one: Point, other: Point) -> bool:
    """Return whether one point is nowhere worse than another, and somewhere better."""
    return one != other and all(a <= b for a, b in zip(one, other, strict=True))


def _volume(front: Sequence[Point]) -> float:
    """Return the volume between points and (1, …, 1): slices along the last objective."""
    if len(front[0]) == 1:
        return 1.0 - min(front)[0]
    ordered = sorted(front, key=lambda point: point[-1])
    ends = [*(point[-1] for point in ordered[1:]), 1.0]
    return sum(
        (end - point[-1]) * _volume([one[:-1] for one in ordered[: index + 1]])
        for index, (point, end) in enumerate(zip(ordered, ends, strict=True))
        if end > point[-1]
    )
