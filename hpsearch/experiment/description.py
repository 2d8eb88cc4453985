"""A parameter in words, for the plan and the report."""

from collections.abc import Sequence

from hpsearch.common.text import written
from hpsearch.common.trial import Value
from hpsearch.experiment.parameter import Categorical, Parameter
from hpsearch.experiment.values import largest_value


def describe_parameter(parameter: Parameter) -> str:
    """Return a parameter in words: `float 0.001 to 3, log scale, when optimizer is sgd`."""
    if isinstance(parameter, Categorical):
        labels = parameter.labels
        text = "one of " + ", ".join(_choice(label, labels) for label in labels)
    else:
        scale = ", log scale" if parameter.log else ""
        step = f", step {parameter.step}" if parameter.step not in (None, 1) else ""
        low, high = _short(parameter.low), _short(largest_value(parameter))
        text = f"{parameter.type} {low} to {high}{scale}{step}"
    conditions = [f"{name} is {wanted}" for name, wanted in parameter.when.items()]
    return f"{text}, when {' and '.join(conditions)}" if conditions else text


def _choice(choice: Value, choices: Sequence[Value]) -> str:
    """Return a choice: a text is in quotes if it could be taken for another choice."""
    alike = [one for one in choices if str(one).lower() == str(choice).lower()]
    if isinstance(choice, str):
        return repr(choice) if len(alike) > 1 else choice
    return written(choice)


def _short(number: float) -> str:
    """Return a bound: a whole number in full, any other without needless zeros."""
    return str(number) if isinstance(number, int) else f"{number:.12g}"
