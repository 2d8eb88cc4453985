"""What a person wishes with `hpsearch slots`, and what a driver hears of it."""

import queue
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from hpsearch.cli.render.slots import slots_data, slots_text
from hpsearch.common.errors import UserError
from hpsearch.store import Store, StudyStore
from hpsearch.store.documents import SLOTS
from hpsearch.store.folder import FolderStore
from hpsearch.store.memory import MemoryStore
from hpsearch.usecases import SlotChange, StudyView, change_slots, slots
from hpsearch.usecases.identity import Identity
from hpsearch.usecases.slots import SlotWish
from tests.support import make_experiment


@pytest.fixture(autouse=True)
def looked_at_always(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have no test wait for seconds."""
    monkeypatch.setattr(slots, "LOOK_SECONDS", 0.01)


@pytest.fixture(params=["folder", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    return FolderStore(tmp_path) if request.param == "folder" else MemoryStore()


@contextmanager
def watching(store: StudyStore) -> "Iterator[queue.Queue[int]]":
    heard: queue.Queue[int] = queue.Queue()
    wish = SlotWish(store, heard.put, lambda text: None)
    try:
        yield heard
    finally:
        wish.close()


def test_a_driver_hears_each_wish_once_and_none_of_an_earlier_run(store: Store) -> None:
    study = store.study("sample")
    study.write(SLOTS, b'{"slots": 7}')
    with watching(study) as heard:
        for unreadable in (b"", b"[]", b'{"slots": 0}', b'{"slots": "3"}', b"{"):
            study.write(SLOTS, unreadable)
        study.write(SLOTS, b'{"slots": 3}')
        assert heard.get(timeout=300) == 3
        study.write(SLOTS, b'{"slots": 4}')
        assert heard.get(timeout=300) == 4
    assert heard.empty()
    assert not study.has(SLOTS)


def test_a_confirmation_looks_at_the_wish_for_its_search(tmp_path: Path) -> None:
    study = FolderStore(tmp_path).study("sample")
    with watching(study.part("confirmation")) as heard:
        study.write(SLOTS, b'{"slots": 2}')
        assert heard.get(timeout=300) == 2


def view(*, running: bool) -> StudyView:
    identity = Identity("id", "experiment.yaml")
    study = MemoryStore().study("sample")
    return StudyView(study, make_experiment(), identity, [], None, running=running)


def test_slots_are_changed_only_if_a_driver_runs_and_by_whole_numbers_from_one() -> None:
    idle, driven = view(running=False), view(running=True)
    with pytest.raises(UserError, match="no driver runs"):
        change_slots(idle, 2)
    for wrong in (0, -1, True, 2.0, "2", None):
        with pytest.raises(UserError, match="a whole number"):
            change_slots(driven, wrong)  # type: ignore[arg-type]
    assert not idle.store.has(SLOTS) and not driven.store.has(SLOTS)
    change = change_slots(driven, 2)
    assert change == SlotChange("sample", 2, running_trials=0, parallel_trials=None)
    assert driven.store.read(SLOTS) == b'{"slots": 2}'


def test_what_is_said_names_what_runs_and_what_stays() -> None:
    fewer = SlotChange("cnn", 4, running_trials=6, parallel_trials=8)
    assert slots_text(fewer) == [
        "cnn: 6 trials are under way, at most 4 at a time from now on; 2 of them must end first.",
        "the driver sees it within seconds. `parallel_trials` in the experiment stays 8.",
    ]
    more = SlotChange("cnn", 4, running_trials=1, parallel_trials=None)
    assert slots_text(more) == [
        "cnn: 1 trial is under way, at most 4 at a time from now on.",
        "the driver sees it within seconds. `parallel_trials` in the experiment stays unset: "
        "as many as fit.",
    ]
    assert slots_data(more)["running_trials"] == 1
