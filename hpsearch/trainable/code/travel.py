"""What cannot be sent to a cluster, or would break its workers: refused before anything is sent.

Ray puts the copy of the folder that is sent first on the workers' import path.
"""

import os.path
from pathlib import Path

from hpsearch.common.errors import UserError
from hpsearch.trainable import faults
from hpsearch.trainable.code.location import locate
from hpsearch.trainable.code.shadows import shadows


def refuse_to_send(reference: str, folder: Path, sent: Path) -> None:
    """Raise UserError if the trainable is outside what is sent, or a file there hides a module.

    `sent` is the experiment's folder, or one above it.

    Not covered: an absolute path, which can be on a disk that all machines share.
    """
    folder, sent = folder.absolute(), sent.absolute()
    found = locate(reference, folder)
    place = reference.rpartition(":")[0]
    if found.is_file:
        file = Path(os.path.normpath(folder / place))
        is_outside = not Path(place).is_absolute() and sent not in file.parents
    else:
        is_outside = sent not in (found.folders[0], *found.folders[0].parents)
    if is_outside and found.file is not None:
        raise UserError(faults.trainable_not_sent(reference, found.file, sent))
    hiding = [faults.name_taken(file, name) for name, file in shadows(sent).items()]
    if hiding:
        raise UserError(*hiding)
