"""In what two experiments differ so that the trials of one mean something else in the other."""

from typing import Any

from hpsearch.experiment import Experiment, without_priors

COMPARABLE = {
    "trainable",
    "objective",
    "seed",
    "params",
    "space",
    "constraints",
    "parameter_constraints",
}
"""Sections that may not change within a study: its trials would mean different things."""


def differences(begun: Experiment, experiment: Experiment) -> list[str]:
    """Return what differs from the experiment that a study was begun with, key by key."""
    before, after = _leaves(_comparable(begun)), _leaves(_comparable(experiment))
    changed = [key for key in before.keys() | after.keys() if before.get(key) != after.get(key)]
    return [
        f"`{key}` was {_shown(key, before, experiment)} and is {_shown(key, after, experiment)}"
        if key in before or key in after
        else f"`{key}` was {'added' if _has(after, key) else 'removed'}"
        for key in sorted({_whole(key, before, after) for key in changed})
    ]


def _whole(key: str, before: dict[str, str], after: dict[str, str]) -> str:
    """Return the group that a key came or went with, such as a hyperparameter; else the key."""
    parts = key.split(".")
    groups = (".".join(parts[:size]) for size in range(2, len(parts)))
    return next((one for one in groups if not (_has(before, one) and _has(after, one))), key)


def _has(leaves: dict[str, str], group: str) -> bool:
    return any(key == group or key.startswith(f"{group}.") for key in leaves)


def _comparable(experiment: Experiment) -> dict[str, Any]:
    data = experiment.model_dump(mode="json", include=COMPARABLE)
    return {**data, "space": without_priors(data["space"])}


def _shown(key: str, leaves: dict[str, str], experiment: Experiment) -> str:
    text = leaves.get(key, "not there")
    is_fixed = key.startswith("params.") and key in leaves
    return str(experiment.privacy.hide(text, key.partition(".")[2])) if is_fixed else text


def _leaves(value: object, location: str = "") -> dict[str, str]:
    """Return nested dictionaries and lists as one, by dotted keys."""
    if isinstance(value, dict):
        pairs = [(str(key), child) for key, child in value.items()]
        if location.endswith(".choices"):  # the order of choices with names is theirs, too
            pairs.append(("", [*value]))
    elif isinstance(value, list) and any(isinstance(child, dict) for child in value):
        pairs = [(str(index), child) for index, child in enumerate(value)]
    else:
        return {location: repr(value)}
    return {
        key: text
        for name, child in pairs
        for key, text in _leaves(child, f"{location}.{name}".strip(".")).items()
    }
