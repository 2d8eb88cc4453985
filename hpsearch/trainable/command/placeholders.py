"""`${name}` in a command: which ones there are, and what each stands for in a trial."""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from hpsearch.trainable.contract import Trial

PLACEHOLDER = re.compile(r"\$(\$?)\{([^{}]*)\}")
"""`$${` is no placeholder: it stands for `${`."""

ARGUMENTS = "args"

FILES = ("params.json", "params.yaml")
"""Files with all hyperparameters, written only if the command names them."""

OF_TRIAL = (
    "trial.number", "trial.study", "trial.seed", "trial.checkpoint", "trial.save",
    "trial.start_step", "trial.scratch", "trial.artifacts", "trial.device", "trial.threads",
)  # fmt: skip

PER_TRIAL = {"trial.number", "trial.scratch", "trial.artifacts", "trial.save"}
"""Those that are never the same in two trials that run at the same time."""


def placeholders(texts: Iterable[str]) -> list[str]:
    """Return the names of all placeholders in their order, each once."""
    found = (match for text in texts for match in PLACEHOLDER.finditer(text))
    return list(dict.fromkeys(match[2] for match in found if not match[1]))


def has_unclosed(text: str) -> bool:
    """Return whether a placeholder in a text has no `}`."""
    return re.search(r"(?<!\$)\$\{", PLACEHOLDER.sub("", text)) is not None


def braced(name: str) -> str:
    """Return a placeholder as it is written."""
    return f"${{{name}}}"


def replace_placeholders(text: str, value: Callable[[str], str]) -> str:
    """Return a text with the value of each placeholder in its place."""
    return PLACEHOLDER.sub(lambda match: braced(match[2]) if match[1] else value(match[2]), text)


def as_text(value: Any) -> str:
    """Return a hyperparameter as programs read it: a text as it is, anything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))


def flat(params: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return nested hyperparameters as one mapping, by dotted names."""
    found: dict[str, Any] = {}
    for name, value in params.items():
        is_nested = isinstance(value, Mapping)
        found |= flat(value, f"{prefix}{name}.") if is_nested else {f"{prefix}{name}": value}
    return found


class Values:
    """What the placeholders stand for in one attempt; files are written when they are named."""

    def __init__(self, trial: Trial, params: Mapping[str, Any], save: Path) -> None:
        self.params = params
        self.flat = flat(params)
        self._scratch = trial.scratch
        self._trial = {
            "trial.number": str(trial.number),
            "trial.study": trial.study,
            "trial.seed": str(trial.seed),
            "trial.checkpoint": str(trial.checkpoint or ""),
            "trial.save": str(save),
            "trial.start_step": str(trial.start_step),
            "trial.scratch": str(trial.scratch),
            "trial.artifacts": str(trial.artifacts),
            "trial.device": trial.device,
            "trial.threads": str(trial.threads),
        }

    def __getitem__(self, name: str) -> str:
        if name in FILES:
            return str(self._file(name))
        return self._trial[name] if name in self._trial else as_text(self._param(name))

    def _param(self, name: str) -> Any:
        """Return a hyperparameter; one that is a mapping is put together again."""
        if name in self.flat:
            return self.flat[name]
        below = f"{name}."
        return {n.removeprefix(below): v for n, v in self.flat.items() if n.startswith(below)}

    def environment(self) -> dict[str, str]:
        """Return the variables that the command finds in its environment."""
        of_trial = {_variable(name.partition(".")[2]): text for name, text in self._trial.items()}
        of_trial["HPSEARCH_TRIAL"] = of_trial.pop("HPSEARCH_NUMBER")
        of_params = {_variable(f"param_{name}"): as_text(one) for name, one in self.flat.items()}
        return {**of_params, **of_trial, "HPSEARCH_PARAMS": json.dumps(self.params)}

    def _file(self, name: str) -> Path:
        file = self._scratch / name
        if name.endswith(".json"):
            file.write_text(json.dumps(self.params, indent=2) + "\n")
        else:
            import yaml  # few commands need it

            file.write_text(yaml.safe_dump(dict(self.params), sort_keys=False))
        return file


def _variable(name: str) -> str:
    return "HPSEARCH_" + re.sub(r"\W", "_", name).upper()
