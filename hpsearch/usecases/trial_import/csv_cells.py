"""What the cells of a CSV mean: numbers, choices, and values like those that are fixed."""

import math
import re
from collections.abc import Mapping
from typing import Any

from hpsearch.common.errors import UserError
from hpsearch.common.text import written
from hpsearch.experiment import (
    Categorical,
    Experiment,
    Parameter,
    is_number,
    own_values,
    read_value,
)

NUMBER = re.compile(
    r"[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?|inf(?:inity)?)", re.ASCII | re.IGNORECASE
)
"""Python's `float` reads more: `1_0.5` as 10.5, and the digits of every script."""


def number_in(text: str) -> float:
    """Return the number in a cell; NaN if there is none."""
    return float(text) if NUMBER.fullmatch(text) else math.nan


def hyperparameters(experiment: Experiment) -> list[str]:
    """Return the names of the searched and the fixed ones."""
    return [*experiment.space, *experiment.params]


def params_in(cells: Mapping[str, str], experiment: Experiment) -> dict[str, Any]:
    """Return the hyperparameters of a row; an empty cell means that the trial has none."""
    given = {name: cells[name] for name in hyperparameters(experiment) if cells.get(name)}
    return {
        name: _value(experiment.space.get(name), text)
        if name in experiment.space or name in experiment.formulas
        else _like(experiment.params[name], text)
        for name, text in given.items()
    }


def _value(parameter: Parameter | None, text: str) -> Any:
    """Return what a cell means for a parameter or a formula; a text if it means nothing."""
    if isinstance(parameter, Categorical):
        return _choice(parameter, text)
    number = number_in(text)
    return text if math.isnan(number) else _whole(text, number)


def _choice(parameter: Categorical, text: str) -> Any:
    for label in parameter.labels:
        if text == label or text.lower() == written(label):
            return label
    try:
        value, _ = read_value(text, ("cell",), "import")
    except UserError:
        return text
    if is_number(value) and math.isnan(number_in(text)):  # YAML reads 1_0 and 0x1, too
        return text
    own = own_values(parameter, value)
    return own[0] if own else value


def _like(fixed: Any, text: str) -> Any:
    """Return a cell in the type of a fixed hyperparameter, whose value is given otherwise."""
    if isinstance(fixed, list):
        return fixed if text == written(fixed) else text
    if is_number(fixed):
        number = number_in(text)
        return _whole(text, number) if isinstance(fixed, int) else number
    return fixed if text.lower() == written(fixed).strip("'") or text == fixed else text


def _whole(text: str, number: float) -> float:
    """Return the number of a cell as an int if it is whole, however many digits it has."""
    if not number.is_integer():
        return number
    try:
        return int(text)
    except ValueError:
        return int(number)
