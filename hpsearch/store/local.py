"""Where programs that read local files find what belongs to a study."""

from pathlib import Path

from hpsearch.store.port import StudyStore


def local_folder(study: StudyStore, name: str) -> Path:
    """Return a folder of this machine for a study: in the study's own, else below `recorded`."""
    scheme, is_address, path = study.locate(name).partition("://")
    return Path("recorded", path) if is_address else Path(scheme)
