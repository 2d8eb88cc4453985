"""A parameter and its condition in words, for the plan, the report and the errors."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from hpsearch.common.text import written
from hpsearch.common.trial import Value
from hpsearch.experiment.condition import RANGES, is_logic
from hpsearch.experiment.lists import List
from hpsearch.experiment.parameter import Categorical, Parameter
from hpsearch.experiment.scalar import as_list
from hpsearch.experiment.values import largest_value


def describe_parameter(parameter: Parameter | List) -> str:
    """Return a parameter in words: `float 0.001 to 3, log scale, when optimizer is sgd`."""
    if isinstance(parameter, List):
        text = f"list of {parameter.length}: {describe_parameter(parameter.of)}"
    elif isinstance(parameter, Categorical):
        labels = parameter.labels
        text = "one of " + ", ".join(_choice(label, labels) for label in labels)
    else:
        scale = ", log scale" if parameter.log else ""
        step = f", step {parameter.step}" if parameter.step not in (None, 1) else ""
        low, high = _short(parameter.low), _short(largest_value(parameter))
        text = f"{parameter.type} {low} to {high}{scale}{step}"
    if not isinstance(parameter, List) and parameter.prior is not None:
        text += f", first {written(parameter.prior)}"
    return f"{text}, when {describe_condition(parameter.when)}" if parameter.when else text


def describe_condition(when: Mapping[str, Any], mark: str = "") -> str:
    """Return a condition in words: `depth is at least 3 and optimizer is sgd or adam`.

    `mark` stands on both sides of each name; with one, texts are in quotes.
    """
    return " and ".join(_part(key, wanted, mark) for key, wanted in when.items())


def _part(key: str, wanted: Any, mark: str) -> str:
    if not is_logic(key, wanted):
        return f"{mark}{key}{mark} is {' and '.join(_tests(wanted, mark))}"
    parts = [describe_condition(one, mark) for one in as_list(wanted)]
    return f"not ({parts[0]})" if key == "not" else f"({_LINKS[key].join(parts)})"


_LINKS = {"any": " or ", "all": " and "}


def _tests(wanted: Any, mark: str) -> Iterator[str]:
    if not isinstance(wanted, dict):
        yield _listed(as_list(wanted), mark)
        return
    for word, bound in wanted.items():
        if word in RANGES:
            yield f"{word.replace('_', ' ')} {written(bound)}"
        else:
            yield f"{word} {_listed(as_list(bound), mark)}"


def _listed(values: Sequence[Value], mark: str) -> str:
    return " or ".join(one if isinstance(one, str) and not mark else written(one) for one in values)


def _choice(choice: Value, choices: Sequence[Value]) -> str:
    """Return a choice: a text is in quotes if it could be taken for another choice."""
    alike = [one for one in choices if str(one).lower() == str(choice).lower()]
    if isinstance(choice, str):
        return repr(choice) if len(alike) > 1 else choice
    return written(choice)


def _short(number: float) -> str:
    """Return a bound: a whole number in full, any other without needless zeros."""
    return str(number) if isinstance(number, int) else f"{number:.12g}"
