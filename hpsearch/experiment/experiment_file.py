"""An experiment read from its file: parsed, overridden by `--set`, validated.

Each function returns the whole experiment or raises a UserError that holds every fault.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from hpsearch.common.errors import UserError, cleaned
from hpsearch.common.privacy import Privacy
from hpsearch.experiment.location import Lines
from hpsearch.experiment.nesting import give_full_names
from hpsearch.experiment.overrides import apply_overrides
from hpsearch.experiment.privacy import privacy_of, shown_override
from hpsearch.experiment.schema import Experiment
from hpsearch.experiment.schema_faults import faults_of
from hpsearch.experiment.section import STORED
from hpsearch.experiment.yaml_file import parse_yaml, read_yaml


def read_experiment(path: Path, overrides: tuple[str, ...] = ()) -> Experiment:
    """Return the experiment of a file, with `key.path=value` overrides applied.

    Raises UserError with all faults at once.
    """
    data, lines = read_yaml(path)
    put_overrides(data, lines, overrides)
    return _validated(data, lines, path, None)


def read_stored(text: str, path: Path) -> Experiment:
    """Return the experiment that a study was begun with, even if it would be refused now."""
    data, lines = parse_yaml(text, path, is_ours=True)
    return _validated(data, lines, path, STORED)


def as_stored(data: Mapping[str, Any]) -> Experiment:
    """Return an experiment from plain data that was written when it was valid."""
    return Experiment.model_validate(data, context=STORED)


def _validated(data: dict[str, Any], lines: Lines, path: Path, context: str | None) -> Experiment:
    try:
        return Experiment.model_validate(data, context=context)
    except ValidationError as error:
        hide = privacy_of(data).hide
        raise UserError(*faults_of(error, Experiment, path, lines, hide)) from None


def put_overrides(data: dict[str, Any], lines: Lines, overrides: Sequence[str]) -> None:
    """Put overrides into an experiment's data, and name its hyperparameters in full.

    Raises UserError that shows no secret.
    """
    give_full_names(data, lines)
    shown = {one: shown_override(one, privacy_of(data)) for one in overrides}
    with cleaned(lambda text: _replaced(text, shown)):
        apply_overrides(data, lines, overrides)


def _replaced(text: str, shown: Mapping[str, str]) -> str:
    for override, hidden in shown.items():
        text = text.replace(override, hidden)
    return text


def shown_overrides(path: Path, overrides: Sequence[str]) -> list[str]:
    """Return overrides of a file with its secrets hidden, even if it is not a valid experiment."""
    try:
        privacy = read_experiment(path, tuple(overrides)).privacy
    except UserError:
        privacy = Privacy()
    return [shown_override(one, privacy) for one in overrides]
