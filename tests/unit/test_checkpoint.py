"""Checkpoints: whole or not at all, and never a damaged one taken for a good one."""

import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpsearch.common.files import inside, read_folder, write_folder
from hpsearch.common.trial import Measurement
from hpsearch.store.folder import FolderStudy
from hpsearch.store.folder.checkpoints import FolderCheckpoints
from tests.stored import latest, save

FILES = {"model.safetensors": b"weights", "sub/state": b"\x00\x01"}


def measurement(step: int) -> Measurement:
    return Measurement(step, {"value": 1.0}, float(step))


@pytest.fixture
def store(tmp_path: Path) -> FolderCheckpoints:
    return FolderStudy(tmp_path / "study").checkpoints


def test_what_was_saved_is_read_back(store: FolderCheckpoints) -> None:
    save(store, 3, measurement(100), FILES)
    checkpoint = latest(store, 3)
    assert checkpoint is not None
    assert (checkpoint.step, checkpoint.seconds) == (100, 100.0)
    assert checkpoint.files == FILES


@pytest.mark.parametrize("damage", ["flip", "cut", "remove", "manifest"])
def test_a_damaged_checkpoint_gives_way_to_the_one_before(
    store: FolderCheckpoints, tmp_path: Path, damage: str
) -> None:
    save(store, 0, measurement(1), FILES)
    save(store, 0, measurement(2), FILES)
    folder = FolderStudy(tmp_path / "study").layout.checkpoint(0, 2)
    file = folder / ("manifest.json" if damage == "manifest" else "model.safetensors")
    match damage:
        case "flip":
            file.write_bytes(b"weighTs")
        case "remove":
            file.unlink()
        case _:
            file.write_bytes(file.read_bytes()[:3])
    checkpoint = latest(store, 0)
    assert checkpoint is not None and checkpoint.step == 1
    assert store.steps(0) == [1]


def test_cleaning_keeps_only_the_named_steps(store: FolderCheckpoints) -> None:
    for step in (0, 1, 2):
        save(store, 0, measurement(step), FILES)
    store.clean(0, keep=frozenset({0, 2}))
    assert store.steps(0) == [0, 2]


def test_a_failed_write_leaves_the_old_folder_and_no_rubbish(tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    write_folder(folder, {"a": b"1"})
    with pytest.raises(ValueError, match="leads out"):
        write_folder(folder, {"a": b"2", "../b": b"3"})
    assert read_folder(folder) == {"a": b"1"}
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]


@given(st.text(min_size=1, max_size=20))
def test_no_name_leads_out_of_its_folder(name: str) -> None:
    try:
        path = Path("/base") / inside(name)
    except ValueError:
        return
    assert Path("/base") in path.parents or path == Path("/base")
    assert ".." not in path.parts


def test_links_do_not_travel(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "link").symlink_to(tmp_path / "secret")
    (folder / "file").write_text("file")
    assert read_folder(folder) == {"file": b"file"}


def test_a_large_checkpoint_is_checked_and_copied_without_being_in_memory_whole(
    store: FolderCheckpoints, tmp_path: Path
) -> None:
    save(store, 0, Measurement(1, {}, 1.0), {"weights": bytes(64 * 2**20)})
    tracemalloc.start()
    try:
        with store.folder(0, 1) as folder:
            assert folder is not None
            write_folder(tmp_path / "copy", {"weights": folder / "weights"})
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (tmp_path / "copy" / "weights").stat().st_size == 64 * 2**20
    assert peak < 16 * 2**20
