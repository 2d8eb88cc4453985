"""How good a model is on held-out data: metrics, and each class of a classifier."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hpsearch.analysis.intervals import wilson_interval

EXAMPLES, MATRIX, CLASSES = "examples", "confusion_matrix", "classes"
"""What a trainable's `evaluate` may return besides metrics."""

Interval = tuple[float, float]


@dataclass(frozen=True)
class ClassScore:
    """How well one class is recognised; a share of 0 of 0 is None.

    `precision` is the share of predictions of the class that are right, `recall` the share of the
    class that was found, `f1` their harmonic mean; `support` counts the class's examples.
    """

    name: str
    precision: float | None
    recall: float | None
    f1: float | None
    support: int
    precision_interval: Interval | None
    recall_interval: Interval | None


@dataclass(frozen=True)
class ConfusionMatrix:
    """How often each class (row) was predicted as each (column); `classes` names both."""

    classes: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]

    @property
    def scores(self) -> list[ClassScore]:
        """The score of each class, with 95% intervals by Wilson."""
        columns = list(zip(*self.counts, strict=True))
        return [
            _score(name, self.counts[i][i], sum(self.counts[i]), sum(columns[i]))
            for i, name in enumerate(self.classes)
        ]


@dataclass(frozen=True)
class Outcome:
    """What `evaluate` returned; `examples` is their number, if it is known."""

    metrics: Mapping[str, float]
    examples: int | None = None
    confusion: ConfusionMatrix | None = None

    @property
    def intervals(self) -> dict[str, Interval]:
        """The accuracy's 95% interval, if it is a share of a known number of examples."""
        accuracy = self.metrics.get("accuracy")
        if accuracy is None or not self.examples or not 0 <= accuracy <= 1:
            return {}
        return {"accuracy": wilson_interval(accuracy, self.examples)}


def read_outcome(returned: object) -> Outcome:
    """Return what a trainable's `evaluate` returned; raise ValueError if it is unusable.

    Metrics are numbers or tensors of one. `confusion_matrix` is a square of counts, nested lists or
    a tensor, `classes` a name for each.
    """
    if not isinstance(returned, Mapping):
        raise ValueError(f"it returned {type(returned).__name__}, not a dictionary of metrics.")
    rest = {str(name): value for name, value in returned.items()}
    examples, matrix = rest.pop(EXAMPLES, None), rest.pop(MATRIX, None)
    classes = rest.pop(CLASSES, None)
    confusion = None if matrix is None else _read_matrix(matrix, classes)
    if examples is None and confusion is not None:
        examples = sum(map(sum, confusion.counts))
    metrics = {name: _number(name, value) for name, value in rest.items()}
    return Outcome(metrics, None if examples is None else int(examples), confusion)


def outcome_data(outcome: Outcome) -> dict[str, Any]:
    """Return plain data, as `--json` prints it; numbers that are not finite become None."""
    data: dict[str, Any] = {
        "metrics": {k: v if math.isfinite(v) else None for k, v in outcome.metrics.items()},
        "examples": outcome.examples,
        "intervals_95": {name: list(ends) for name, ends in outcome.intervals.items()},
    }
    if outcome.confusion is not None:
        data["classes"] = [_class_data(score) for score in outcome.confusion.scores]
        data["confusion_matrix"] = [list(row) for row in outcome.confusion.counts]
    return data


def _class_data(score: ClassScore) -> dict[str, Any]:
    intervals = {"precision": score.precision_interval, "recall": score.recall_interval}
    return {
        "name": score.name,
        "precision": score.precision,
        "recall": score.recall,
        "f1": score.f1,
        "support": score.support,
        "intervals_95": {name: list(ends) for name, ends in intervals.items() if ends},
    }


def _score(name: str, hits: int, support: int, taken: int) -> ClassScore:
    total = support + taken
    return ClassScore(
        name,
        precision=hits / taken if taken else None,
        recall=hits / support if support else None,
        f1=2 * hits / total if total else None,
        support=support,
        precision_interval=wilson_interval(hits / taken, taken) if taken else None,
        recall_interval=wilson_interval(hits / support, support) if support else None,
    )


def _read_matrix(matrix: Any, classes: Any) -> ConfusionMatrix:
    rows = matrix.tolist() if hasattr(matrix, "tolist") else matrix
    names = [str(one) for one in (range(len(rows)) if classes is None else classes)]
    if not rows or any(len(row) != len(rows) for row in rows):
        raise ValueError(f"its `{MATRIX}` is not square.")
    if len(names) != len(rows):
        raise ValueError(f"it names {len(names)} classes, but its `{MATRIX}` has {len(rows)}.")
    if any(count != int(count) or count < 0 for row in rows for count in row):
        raise ValueError(f"its `{MATRIX}` holds values that are not counts.")
    return ConfusionMatrix(tuple(names), tuple(tuple(map(int, row)) for row in rows))


def _number(name: str, value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError, RuntimeError):
        raise ValueError(f"its `{name}` is not a number but {type(value).__name__}.") from None
