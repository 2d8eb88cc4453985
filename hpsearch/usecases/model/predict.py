"""`hpsearch predict`: images classified by a model."""

import io
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hpsearch.common.errors import Fault, UserError
from hpsearch.common.files import is_there
from hpsearch.common.shared_change import PROCESS
from hpsearch.store import Studies
from hpsearch.trainable import IMPORTS
from hpsearch.usecases.model import faults
from hpsearch.usecases.model.classifier import Classifier, named_classifier, study_classifier
from hpsearch.usecases.view import StudyView

if TYPE_CHECKING:
    from hpsearch.models import Picture

STDIN = "-"
AT_ONCE = 256
"""Images in memory at a time."""


@dataclass(frozen=True)
class Prediction:
    """The probability of each class for one image; `inverted` if it was dark on light."""

    file: str
    probabilities: dict[str, float]
    inverted: bool

    @property
    def ranked(self) -> list[tuple[str, float]]:
        """Classes with their probabilities, the most probable first."""
        return sorted(self.probabilities.items(), key=lambda item: -item[1])


@IMPORTS.applied()
@PROCESS.applied()
def predict(view: StudyView, images: Sequence[str], *, number: int | None) -> list[Prediction]:
    """Classify images with a trial's model, in order; raises UserError with all faults."""
    sources = list(_sources(images))
    return _predictions(study_classifier(view, number), sources)


@IMPORTS.applied()
@PROCESS.applied()
def predict_with(
    studies: Studies, model: str, images: Sequence[str], *, number: int | None
) -> list[Prediction]:
    """Do the same with the model of that name: of a study, a file, a folder or MLflow."""
    sources = list(_sources(images))
    with named_classifier(studies, model, number) as classifier:
        return _predictions(classifier, sources)


def _predictions(classifier: Classifier, sources: Sequence[str]) -> list[Prediction]:
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
    """Yield the files of images; raises UserError with all that are missing."""
    from hpsearch.models import SUFFIXES

    found: list[str] = []
    missing: list[Fault] = []
    for name in images:
        path = Path(name)
        inside = [name]
        if name != STDIN and not is_there(path):
            inside = []
        elif path.is_dir():
            inside = sorted(str(one) for one in path.iterdir() if one.suffix.lower() in SUFFIXES)
        if not inside:
            missing.append(faults.pictures_missing(name))
        found += inside
    if missing:
        raise UserError(*missing)
    yield from found


def _read(classifier: Classifier, name: str) -> "Picture":
    source = io.BytesIO(sys.stdin.buffer.read()) if name == STDIN else Path(name)
    return classifier.read(source, name)
