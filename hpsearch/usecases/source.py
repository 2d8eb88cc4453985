"""What is searched, and where it comes from: a file, or Python code."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from hpsearch.experiment.schema import Experiment, read_experiment


@dataclass(frozen=True)
class Source:
    """An experiment and its `file`, or None if Python code made it.

    The trainable is looked for from `folder`. Both paths are absolute.
    """

    experiment: Experiment
    file: Path | None
    folder: Path

    @classmethod
    def read(cls, file: Path, overrides: Sequence[str] = ()) -> Self:
        """Return the experiment of a file; raises UserError with all its faults."""
        return cls.of(read_experiment(file, tuple(overrides)), file)

    @classmethod
    def of(cls, experiment: Experiment, file: Path | None = None) -> Self:
        """Return an experiment of that file, else of Python code that runs in this folder."""
        file = None if file is None else file.resolve()
        return cls(experiment, file, Path.cwd() if file is None else file.parent)
