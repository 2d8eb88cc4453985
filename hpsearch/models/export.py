"""A trial's model as a folder of files, each of them checked before anyone gets it."""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from torch import Tensor

from hpsearch.common.errors import UserError
from hpsearch.common.files import write_folder
from hpsearch.models import faults
from hpsearch.models.check import largest_differences
from hpsearch.models.files import ModelFormat
from hpsearch.models.formats import write
from hpsearch.models.model import ModelSource, load_served, said
from hpsearch.models.readme import Origin, documents, manifest
from hpsearch.models.recipes import recipe


def export_model(
    folder: Path,
    source: ModelSource,
    weights: Path,
    origin: Origin,
    formats: Sequence[ModelFormat],
) -> dict[str, float]:
    """Write the model of a trial in each format, with its card and manifest: whole or not at all.

    `weights` are the checkpoint's. An older folder is replaced. Returns by file how far its outputs
    are from the model's. Raises UserError if the model cannot be built or traced, or if a file does
    not give the model's outputs in its own runtime.
    """
    served = load_served(source, weights)
    try:
        outputs = served.outputs(served.example)
    except Exception as error:
        raise UserError(faults.not_exportable(source.reference, said(error))) from error
    if not isinstance(outputs, Tensor):
        why = f"it returns {type(outputs).__name__}, not one tensor."
        raise UserError(faults.not_exportable(source.reference, why))
    recipes = {format_.file: recipe(format_, source) for format_ in formats}
    with TemporaryDirectory(prefix="hpsearch-export-") as aside:
        write(served, weights, formats, Path(aside))
        differences = largest_differences(Path(aside), recipes, served)
        written = {file: Path(aside, file) for file in recipes}
        facts = manifest(origin, source, (served.example, outputs), written, differences)
        write_folder(folder, {**written, **documents(facts, recipes)})
    return differences
