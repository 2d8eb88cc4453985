"""`hpsearch evaluate`: a trial's model on the data that the search never saw."""

from typing import TYPE_CHECKING, Any

from hpsearch.cli.options import JsonOption, StudiesOption, StudyArgument, TrialOption
from hpsearch.intervals import wilson_interval
from hpsearch.paths import STUDIES

if TYPE_CHECKING:
    from rich.text import Text

    from hpsearch.compose import Evaluation

EXAMPLES = (
    ("hpsearch evaluate cnn", "the best trial's model on the held-out test set"),
    ("hpsearch evaluate cnn --trial 7 --json", "another trial's, for a program"),
)


def command(
    study: StudyArgument,
    *,
    trial: TrialOption = None,
    as_json: JsonOption = False,
    studies: StudiesOption = STUDIES,
) -> None:
    """Evaluate a trial's model on the held-out data.

    That is what the trainable's own `evaluate` measures, on data that the search never saw. Look
    once, at the end: who chooses by these numbers has no held-out data any more.
    """
    from hpsearch import compose
    from hpsearch.cli.output import facts, note, print_data, print_json, stdout

    evaluation = compose.evaluate(studies, study, number=trial)
    if as_json:
        print_json(_data(study, evaluation))
        return
    examples = f", {evaluation.examples} examples" if evaluation.examples else ""
    note(f"trial {evaluation.record.number} of {study}{examples}:", "dim")
    print_data(*facts(_rows(evaluation), stdout().width))


def _intervals(evaluation: "Evaluation") -> dict[str, tuple[float, float]]:
    """Return the interval of the accuracy, where it is a share of a known number of examples."""
    accuracy = evaluation.metrics.get("accuracy")
    if accuracy is None or not evaluation.examples or not 0 <= accuracy <= 1:
        return {}
    return {"accuracy": wilson_interval(accuracy, evaluation.examples)}


def _data(study: str, evaluation: "Evaluation") -> dict[str, Any]:
    return {
        "study": study,
        "trial": evaluation.record.number,
        "metrics": evaluation.metrics,
        "examples": evaluation.examples,
        "intervals_95": _intervals(evaluation),
    }


def _rows(evaluation: "Evaluation") -> "list[tuple[str, Text | str]]":
    from hpsearch.words import number

    intervals = _intervals(evaluation)
    rows: list[tuple[str, Text | str]] = []
    for name, value in evaluation.metrics.items():
        low, high = intervals.get(name, (None, None))
        interval = f"   95% between {number(low)} and {number(high)}" if low is not None else ""
        rows.append((name, f"{number(value, 6)}{interval}"))
    return rows
