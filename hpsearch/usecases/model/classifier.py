"""A model that classifies images: of a study, of a file, of MLflow."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, BinaryIO

from hpsearch.common.errors import UserError
from hpsearch.common.files import is_there
from hpsearch.models import ModelFormat
from hpsearch.models.faults import picture_unreadable
from hpsearch.store import Studies, open_store
from hpsearch.usecases.model import faults
from hpsearch.usecases.model.export import describe_data
from hpsearch.usecases.model.source import source_of, trainable_of, trained_weights
from hpsearch.usecases.view import StudyView, look, tracking_uri, trial_of

if TYPE_CHECKING:
    from hpsearch.models import Picture, RunnableModel

MLFLOW = ("models:/", "runs:/")

FILES = tuple(one.file for one in ModelFormat if one is not ModelFormat.SAFETENSORS)
"""What is looked for in a folder, in this order; MLflow's PyTorch models have it too."""

Read = Callable[[Path | BinaryIO, str], "Picture"]


@dataclass(frozen=True)
class Classifier:
    """A model that returns a probability for each class, and how it reads images."""

    name: str
    model: "RunnableModel"
    read: Read

    def probabilities(self, pictures: Sequence["Picture"]) -> list[dict[str, float]]:
        """Return the probabilities by class; raises UserError if the model gives none."""
        import numpy as np

        try:
            outputs = self.model.outputs(np.stack([one.pixels for one in pictures]))
        except Exception as error:
            raise UserError(faults.model_unfit(self.name, str(error))) from error
        if outputs.ndim != 2 or outputs.min() < 0 or not np.allclose(outputs.sum(1), 1, atol=1e-3):
            raise UserError(faults.no_probabilities(self.name))
        classes = self.model.classes or tuple(map(str, range(outputs.shape[1])))
        return [dict(zip(classes, row.tolist(), strict=True)) for row in outputs]


@contextmanager
def named_classifier(studies: Studies, name: str, number: int | None) -> Iterator[Classifier]:
    """Give the model of that name: of a study, a file, a folder or MLflow; raises UserError."""
    known = open_store(studies).names()
    if name in known:
        yield study_classifier(look(studies, name), number)
        return
    if number is not None:
        raise UserError(faults.trial_of_no_study(name))
    if name.startswith(MLFLOW):
        from hpsearch.tracking import fetch_model

        with TemporaryDirectory(prefix="hpsearch-model-") as folder:
            yield _of_file(name, fetch_model(name, tracking_uri(None), Path(folder)))
    elif is_there(Path(name)):
        yield _of_file(name, Path(name))
    else:
        raise UserError(faults.model_missing(name, known))


def study_classifier(view: StudyView, number: int | None) -> Classifier:
    """Return the model of a trial, the best one by default; raises UserError if it has none."""
    record = trial_of(view, number)
    from hpsearch.models import load_served, runnable

    with trained_weights(view, record) as weights:
        served = load_served(source_of(view, record), weights)
    classes = tuple(map(str, describe_data(view).get("classes", ())))
    model = runnable(served, classes)
    own = trainable_of(view).hook("read_input")
    name = view.store.name
    return Classifier(name, model, _own_reader(own) if own else _reader(name, model))


def _of_file(name: str, path: Path) -> Classifier:
    from hpsearch.models import read_model

    model = read_model(_inside(name, path) if path.is_dir() else path)
    return Classifier(name, model, _reader(name, model))


def _inside(name: str, folder: Path) -> Path:
    """Return the model's file in an export or in a model of MLflow."""
    for file in (*FILES, f"data/{ModelFormat.PT2.file}"):
        if (folder / file).is_file():
            return folder / file
    raise UserError(faults.no_model_in_folder(Path(name), FILES))


def _reader(name: str, model: "RunnableModel") -> Read:
    from hpsearch.models import read_picture

    shape = model.shape
    if shape is None:
        why = "the file does not say what it takes, and there is no manifest.json next to it."
        raise UserError(faults.model_unfit(name, why))
    if len(shape) != 3 or shape[0] not in (1, 3) or not all(isinstance(n, int) for n in shape):
        raise UserError(faults.model_unfit(name, f"an example of its input is {shape}."))
    return lambda source, file: read_picture(source, file, shape)


def _own_reader(own: Callable[[Any], Any]) -> Read:
    """Return the trainable's `read_input(file)`, which gives a batch of one."""
    import numpy as np

    from hpsearch.models import Picture

    def read(source: Path | BinaryIO, name: str) -> "Picture":
        try:
            return Picture(np.asarray(own(source), np.float32)[0])
        except Exception as error:
            raise UserError(picture_unreadable(name, str(error))) from error

    return read
