"""What does not travel to a cluster, or would break its workers: said before anything is sent.

Ray sends the experiment's folder and puts its copy first on the workers' import path.
"""

import os.path
from pathlib import Path

from hpsearch import faults
from hpsearch.errors import UserError
from hpsearch.source.shadows import shadows
from hpsearch.source.source import locate


def refuse_to_send(reference: str, folder: Path) -> None:
    """Raise UserError if the trainable lies outside of the folder, or a file in it hides a module.

    Not covered: an absolute path, which may be on a disk that all machines share.
    """
    folder = folder.absolute()
    source = locate(reference, folder)
    place = reference.rpartition(":")[0]
    if source.is_file:
        is_outside = os.path.normpath(place).startswith("..")
    else:
        is_outside = folder not in (source.folders[0], *source.folders[0].parents)
    if is_outside and source.file is not None:
        raise UserError(faults.trainable_not_sent(reference, source.file, folder))
    hiding = [faults.name_taken(file, name) for name, file in shadows(folder).items()]
    if hiding:
        raise UserError(*hiding)
