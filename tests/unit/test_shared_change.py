"""A change to the process lasts while somebody needs it, and not longer."""

import threading
from types import SimpleNamespace

import pytest

from hpsearch.common.shared_change import SharedChange, replace_attribute


def test_a_change_is_made_once_and_undone_by_the_last_who_needs_it() -> None:
    owner = SimpleNamespace(value="before")
    change = SharedChange(lambda: replace_attribute(owner, "value", "changed"))
    with change.applied():
        with change.applied():
            assert owner.value == "changed"
        assert owner.value == "changed"
    assert owner.value == "before"


def test_an_error_inside_undoes_the_change_and_it_can_be_made_again() -> None:
    owner = SimpleNamespace(value=0)
    change = SharedChange(lambda: replace_attribute(owner, "value", owner.value + 1))
    for _ in range(2):
        with pytest.raises(RuntimeError), change.applied():
            assert owner.value == 1
            raise RuntimeError
        assert owner.value == 0


def test_threads_share_one_change() -> None:
    owner, seen = SimpleNamespace(value=0), []
    change = SharedChange(lambda: replace_attribute(owner, "value", 1))
    both = threading.Barrier(4)

    def work() -> None:
        with change.applied():
            both.wait()
            seen.append(owner.value)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [1] * 4 and owner.value == 0
