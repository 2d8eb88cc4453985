"""What cannot be sent to a cluster, or would break its workers: refused before anything is sent.

Ray sends the experiment's folder and puts its copy first on the workers' import path.
"""

import os.path
from pathlib import Path

from hpsearch.common.errors import UserError
from hpsearch.trainable import faults
from hpsearch.trainable.code.location import locate
from hpsearch.trainable.code.shadows import shadows


def refuse_to_send(reference: str, folder: Path) -> None:
    """Raise UserError if the trainable is outside the folder, or a file in it hides a module.

    Not covered: an absolute path, which can be on a disk that all machines share.
    """
    folder = folder.absolute()
    found = locate(reference, folder)
    place = reference.rpartition(":")[0]
    if found.is_file:
        is_outside = os.path.normpath(place).startswith("..")
    else:
        is_outside = folder not in (found.folders[0], *found.folders[0].parents)
    if is_outside and found.file is not None:
        raise UserError(faults.trainable_not_sent(reference, found.file, folder))
    hiding = [faults.name_taken(file, name) for name, file in shadows(folder).items()]
    if hiding:
        raise UserError(*hiding)
