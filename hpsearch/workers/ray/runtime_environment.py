"""What Ray is told to set up on a cluster's machines: hpsearch, the code, packages, variables."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import hpsearch
from hpsearch.experiment import Resources
from hpsearch.workers.upload.archive import write_archive
from hpsearch.workers.upload.checks import address_of, sent_folder
from hpsearch.workers.upload.upload import Upload

HPSEARCH = Path(hpsearch.__file__).parent


@contextmanager
def runtime_environment(resources: Resources, folder: Path) -> Iterator[dict[str, Any]]:
    """Yield Ray's `runtime_env` for the experiment in a folder; its files are sent meanwhile."""
    given = resources.runtime_env
    environment: dict[str, Any] = {"py_modules": [str(HPSEARCH)], "excludes": ["__pycache__"]}
    if given is not None:
        set_up = {"pip": given.pip, "env_vars": given.env_vars}
        environment |= {key: value for key, value in set_up.items() if value}
    with TemporaryDirectory(prefix="hpsearch-upload-") as temporary:
        environment["working_dir"] = address_of(resources)
        if environment["working_dir"] is None:
            archive = Path(temporary) / "code.zip"
            write_archive(Upload.of(sent_folder(resources, folder)), archive)
            environment["working_dir"] = str(archive)
        yield environment
