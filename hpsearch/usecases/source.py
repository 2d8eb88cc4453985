"""What is searched, and where it comes from: a file, or Python code."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

from hpsearch.common.errors import UserError
from hpsearch.experiment import (
    Command,
    Experiment,
    as_overrides,
    change_experiment,
    make_experiment,
    read_experiment,
)
from hpsearch.usecases.faults import experiment_unknown


@dataclass(frozen=True)
class Source:
    """An experiment and its `file`, or None if Python code made it.

    The trainable is looked for from `folder`. Both paths are absolute.
    """

    experiment: Experiment
    file: Path | None
    folder: Path

    @property
    def shown_file(self) -> str:
        """The file as a command in the current folder takes it; "" if there is none."""
        here = Path.cwd()
        is_near = self.file is not None and self.file.is_relative_to(here)
        return str(self.file.relative_to(here) if self.file and is_near else self.file or "")

    @classmethod
    def read(cls, file: Path, overrides: Sequence[str] = ()) -> Self:
        """Return the experiment of a file; raises UserError with all its faults."""
        return cls.of(read_experiment(file, tuple(overrides)), file)

    @classmethod
    def of(cls, experiment: Experiment, file: Path | None = None) -> Self:
        """Return an experiment of that file, else of Python code that runs in this folder."""
        file = None if file is None else file.resolve()
        return cls(experiment, file, Path.cwd() if file is None else file.parent)

    @classmethod
    def given(
        cls, experiment: object, sections: Mapping[str, Any], keys: Mapping[str, object]
    ) -> Self:
        """Return what Python code means by a file, an experiment, a function or a command.

        `sections` replace whole sections, `keys` single ones by their path. Raises UserError.
        """
        if isinstance(experiment, str | Path) and not sections:
            return cls.read(Path(experiment), as_overrides(keys))
        if isinstance(experiment, str | Path):
            source = cls.read(Path(experiment))
            return replace(source, experiment=change_experiment(source.experiment, sections, keys))
        if isinstance(experiment, Experiment):
            return cls.of(change_experiment(experiment, sections, keys))
        if callable(experiment) or isinstance(experiment, Command):
            return cls.of(make_experiment({"trainable": experiment, **sections}, keys))
        raise UserError(experiment_unknown(repr(experiment)))
