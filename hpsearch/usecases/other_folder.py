"""A study of the same name beside the experiment's file, where `run` would begin another one."""

from hpsearch.store import STUDIES, StudyStore, open_store
from hpsearch.usecases.source import Source


def notices_of_other_folder(source: Source, store: StudyStore) -> list[str]:
    """Return what to say if the study was begun in the folder of the file, and this is another.

    Whoever names a place for studies means it.
    """
    if source.file is None or store.store_address != STUDIES or store.exists():
        return []
    studies = source.file.parent / STUDIES
    if not open_store(str(studies)).study(store.name).exists():
        return []
    return [
        f"there is a study `{store.name}` beside {source.shown_file}: `run` goes on with it from "
        f"that folder, or with `--studies {studies}`; here it begins another one"
    ]
