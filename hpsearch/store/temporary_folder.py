"""Files of a store that has no folders, for what reads folders."""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from hpsearch.common.files import write_folder


@contextmanager
def temporary_folder(files: Mapping[str, bytes], name: str) -> Iterator[Path | None]:
    """Give a temporary folder of that name with these files; None if there are none."""
    if not files:
        yield None
        return
    with tempfile.TemporaryDirectory(prefix=f"hpsearch-{name}-") as temporary:
        write_folder(Path(temporary, name), files)
        yield Path(temporary, name)
