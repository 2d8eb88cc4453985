"""`hpsearch export`: a trial's model as files, each checked before it is written."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hpsearch.analysis import schedule_of
from hpsearch.common.errors import UserError, cleaned
from hpsearch.common.files import is_there
from hpsearch.common.shared_change import PROCESS
from hpsearch.common.trial import TrialRecord
from hpsearch.models import CARD_FILE, MANIFEST_FILE, ModelFormat
from hpsearch.store import documents, folder_unwritable
from hpsearch.trainable import IMPORTS
from hpsearch.usecases.faults import argument_wrong, file_exists
from hpsearch.usecases.model import faults
from hpsearch.usecases.model.source import source_of, trainable_of, trained_weights
from hpsearch.usecases.view import StudyView, trial_of

FORMATS = (ModelFormat.SAFETENSORS, ModelFormat.PT2)
"""The default: the formats that need no package but torch."""

OWN_FILES = {*(one.file for one in ModelFormat), CARD_FILE, MANIFEST_FILE, "params.json"}
"""The files of an export; the first ones of 0.1.0 had params.json too."""


@dataclass(frozen=True)
class ExportedModel:
    """A model as files; `differences` are those between each file's outputs and the model's."""

    folder: Path
    record: TrialRecord
    files: Sequence[str]
    differences: Mapping[str, float]


@IMPORTS.applied()
@PROCESS.applied()
def export(
    view: StudyView,
    *,
    number: int | None,
    formats: Sequence[str],
    output: Path | None,
    force: bool,
) -> ExportedModel:
    """Write a trial's model as a folder; raises UserError if it has none."""
    wanted = _formats(formats)
    record = trial_of(view, number)
    with cleaned(view.experiment.privacy.clean):
        return _export(view, record, wanted, output, force=force)


def _formats(given: Sequence[str]) -> tuple[ModelFormat, ...]:
    if isinstance(given, str | bytes) or not isinstance(given, Sequence):
        raise UserError(argument_wrong("formats", given, "a list of formats"))
    known = [*ModelFormat]
    unknown = [faults.format_unknown(one, known) for one in given if one not in known]
    if unknown:
        raise UserError(*unknown)
    return tuple(dict.fromkeys(map(ModelFormat, given))) or FORMATS


def _export(
    view: StudyView,
    record: TrialRecord,
    wanted: Sequence[ModelFormat],
    output: Path | None,
    *,
    force: bool,
) -> ExportedModel:
    folder = (output or view.store.export_folder(record.number)).resolve()
    _check_free(folder, force=force)
    with trained_weights(view, record) as weights:
        differences = _write_model(view, record, wanted, folder, weights)
    written = sorted(file.name for file in folder.iterdir())
    return ExportedModel(output or folder, record, written, differences)


def _write_model(
    view: StudyView,
    record: TrialRecord,
    wanted: Sequence[ModelFormat],
    folder: Path,
    weights: Path,
) -> Mapping[str, float]:
    """Write the model's folder; return by file how far its outputs are from the model's."""
    source = source_of(view, record)
    from hpsearch.models import Origin, export_model, require

    require(wanted)
    origin = Origin(
        study=view.store.name,
        record=record,
        goals=view.experiment.goals,
        trials=len(view.records),
        data=describe_data(view),
        evaluation=_evaluation(view, record),
        schedule=schedule_of(record, view.records),
    )
    try:
        return export_model(folder, source, weights, origin, wanted)
    except OSError as error:
        raise UserError(folder_unwritable(folder, str(error))) from None


def describe_data(view: StudyView) -> Mapping[str, Any]:
    """Return what the trainable says of its data, in the card's words; empty if it says nothing."""
    describe = trainable_of(view).hook("describe_data")
    return {} if describe is None else dict(describe())


def _check_free(folder: Path, *, force: bool) -> None:
    """Raise UserError if something is there; `--force` replaces nothing but an export."""
    if not is_there(folder):
        return
    if not force:
        raise UserError(file_exists(folder))
    others = (
        [folder.name]
        if not folder.is_dir()
        else sorted(found.name for found in folder.iterdir() if found.name not in OWN_FILES)
    )
    if others:
        raise UserError(faults.not_an_export(folder, others))


def _evaluation(view: StudyView, record: TrialRecord) -> Mapping[str, Any] | None:
    """Return what `hpsearch evaluate --json` printed of the trial; None if it was not run."""
    data = view.store.read(documents.evaluation(record.number))
    return json.loads(data) if data is not None else None
