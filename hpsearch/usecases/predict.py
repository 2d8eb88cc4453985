"""`hpsearch predict`: what a model takes pictures for."""

import io
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, BinaryIO

from hpsearch.common.errors import Fault, UserError
from hpsearch.common.loan import PROCESS
from hpsearch.models.faults import picture_unreadable
from hpsearch.models.files import ModelFormat
from hpsearch.store import Studies, open_store
from hpsearch.trainable import IMPORTS
from hpsearch.usecases import faults
from hpsearch.usecases.export import describe_data
from hpsearch.usecases.model_source import checkpoint_files, source_of, trainable_of
from hpsearch.usecases.view import look, tracking_uri, trial_of

if TYPE_CHECKING:
    from hpsearch.models import RunnableModel
    from hpsearch.models.images import Picture

STDIN = "-"
MLFLOW = ("models:/", "runs:/")
AT_ONCE = 256
"""Pictures in memory at a time."""

FILES = tuple(one.file for one in ModelFormat if one is not ModelFormat.SAFETENSORS)
"""What is looked for in a folder, in this order; also where MLflow's PyTorch models have it."""

Read = Callable[[Path | BinaryIO, str], "Picture"]


@dataclass(frozen=True)
class Prediction:
    """The probability of each class for one picture; `inverted` says it was dark on light."""

    file: str
    probabilities: dict[str, float]
    inverted: bool

    @property
    def ranked(self) -> list[tuple[str, float]]:
        """Classes with their probabilities, the most probable first."""
        return sorted(self.probabilities.items(), key=lambda item: -item[1])


@dataclass(frozen=True)
class Classifier:
    """A model that tells classes of pictures, and how it has them read."""

    name: str
    model: "RunnableModel"
    read: Read

    def probabilities(self, pictures: Sequence["Picture"]) -> list[dict[str, float]]:
        """Return the probabilities by class; raises UserError where the model gives none."""
        import numpy as np

        try:
            outputs = self.model.outputs(np.stack([one.pixels for one in pictures]))
        except Exception as error:
            raise UserError(faults.model_unfit(self.name, str(error))) from error
        if outputs.ndim != 2 or outputs.min() < 0 or not np.allclose(outputs.sum(1), 1, atol=1e-3):
            why = "what it gives are no probabilities, which are 0 or more and 1 in all."
            raise UserError(faults.model_unfit(self.name, why))
        classes = self.model.classes or tuple(map(str, range(outputs.shape[1])))
        return [dict(zip(classes, row.tolist(), strict=True)) for row in outputs]


@IMPORTS.taken()
@PROCESS.taken()
def predict(
    studies: Studies, model: str, images: Sequence[str], *, number: int | None
) -> list[Prediction]:
    """Return what the model takes each picture for, in order; raises UserError with all faults."""
    sources = list(_sources(images))
    with _classifier(studies, model, number) as classifier:
        found: list[Prediction] = []
        wrong: list[Fault] = []
        for first in range(0, len(sources), AT_ONCE):
            names, pictures = sources[first : first + AT_ONCE], []
            for name in names:
                try:
                    pictures.append(_read(classifier, name))
                except UserError as error:
                    wrong.extend(error.faults)
            if not wrong:
                rows = zip(names, classifier.probabilities(pictures), pictures, strict=True)
                found += [Prediction(name, given, one.inverted) for name, given, one in rows]
    if wrong:
        raise UserError(*wrong)
    return found


def _sources(images: Sequence[str]) -> Iterator[str]:
    """Yield the pictures' files; raises UserError that names all that are missing."""
    from hpsearch.models.images import SUFFIXES

    found: list[str] = []
    missing: list[Fault] = []
    for name in images:
        path = Path(name)
        if path.is_dir():
            inside = sorted(one for one in path.iterdir() if one.suffix.lower() in SUFFIXES)
            found += map(str, inside)
        if name != STDIN and not path.is_file() and not (path.is_dir() and inside):
            missing.append(faults.pictures_missing(name))
        elif not path.is_dir():
            found.append(name)
    if missing:
        raise UserError(*missing)
    yield from found


def _read(classifier: Classifier, name: str) -> "Picture":
    source = io.BytesIO(sys.stdin.buffer.read()) if name == STDIN else Path(name)
    return classifier.read(source, name)


@contextmanager
def _classifier(studies: Studies, name: str, number: int | None) -> Iterator[Classifier]:
    known = open_store(studies).names()
    if name in known:
        yield _of_study(studies, name, number)
        return
    if number is not None:
        raise UserError(faults.trial_of_no_study(name))
    if name.startswith(MLFLOW):
        from hpsearch.tracking.fetching import fetch_model

        with TemporaryDirectory(prefix="hpsearch-model-") as folder:
            yield _of_file(name, fetch_model(name, tracking_uri(None), Path(folder)))
    elif Path(name).exists():
        yield _of_file(name, Path(name))
    else:
        raise UserError(faults.model_missing(name, known))


def _of_study(studies: Studies, name: str, number: int | None) -> Classifier:
    view = look(studies, name)
    record = trial_of(view, number)
    files, source = checkpoint_files(view, record), source_of(view, record)
    from hpsearch.models import load_served, runnable

    classes = tuple(map(str, describe_data(view).get("classes", ())))
    model = runnable(load_served(source, files), classes)
    own = trainable_of(view).hook("read_input")
    return Classifier(name, model, _own_reader(own) if own else _reader(name, model))


def _of_file(name: str, path: Path) -> Classifier:
    from hpsearch.models import read_model

    model = read_model(_inside(name, path) if path.is_dir() else path)
    return Classifier(name, model, _reader(name, model))


def _inside(name: str, folder: Path) -> Path:
    """Return the model's file of an export or of a model of MLflow."""
    for file in (*FILES, f"data/{ModelFormat.PT2.file}"):
        if (folder / file).is_file():
            return folder / file
    raise UserError(faults.no_model_in_folder(Path(name), FILES))


def _reader(name: str, model: "RunnableModel") -> Read:
    from hpsearch.models.images import read_picture

    shape = model.shape
    if shape is None:
        why = "the file does not say what it takes, and no manifest.json is beside it."
        raise UserError(faults.model_unfit(name, why))
    if len(shape) != 3 or shape[0] not in (1, 3) or not all(isinstance(n, int) for n in shape):
        raise UserError(faults.model_unfit(name, f"an example of its input is {shape}."))
    return lambda source, file: read_picture(source, file, shape)


def _own_reader(own: Callable[[Any], Any]) -> Read:
    """Return the trainable's `read_input(file)`, which gives a batch of one."""
    import numpy as np

    from hpsearch.models.images import Picture

    def read(source: Path | BinaryIO, name: str) -> "Picture":
        try:
            return Picture(np.asarray(own(source), np.float32)[0])
        except Exception as error:
            raise UserError(picture_unreadable(name, str(error))) from error

    return read
