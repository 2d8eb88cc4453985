"""An experiment as Python code gives or changes it: by whole sections, and by single keys."""

import json
from collections.abc import Mapping
from typing import Any

from hpsearch.experiment.experiment_file import put_overrides
from hpsearch.experiment.made import no_lines, plain
from hpsearch.experiment.schema import Experiment


def make_experiment(sections: Mapping[str, Any], keys: Mapping[str, Any]) -> Experiment:
    """Return the experiment of these sections, with single keys set; raises UserError."""
    given = {name: plain(section) for name, section in sections.items()}
    put_overrides(given, no_lines(given), as_overrides(keys))
    return Experiment(**given)


def change_experiment(
    experiment: Experiment, sections: Mapping[str, Any], keys: Mapping[str, Any]
) -> Experiment:
    """Return another experiment: with other sections and single keys; raises UserError."""
    before = experiment.model_dump(mode="json")
    if experiment.function is not None:
        before["trainable"] = experiment.function
    return make_experiment({**before, **sections}, keys)


def as_overrides(keys: Mapping[str, Any]) -> tuple[str, ...]:
    """Return keys of dotted paths and their values as `--set` has them."""
    return tuple(f"{key}={json.dumps(plain(value), default=str)}" for key, value in keys.items())
