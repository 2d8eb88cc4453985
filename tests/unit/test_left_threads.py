"""Which threads a trial is blamed for."""

import threading

import pytest

from hpsearch.workers.process_state import ProcessState


@pytest.mark.parametrize(
    ("name", "is_named"),
    [("loader", True), ("MlflowAutologgingQueueingClient_1", False), ("hpsearch-writer", False)],
)
def test_a_trial_is_blamed_for_its_own_threads_alone(name: str, is_named: bool) -> None:
    state, done = ProcessState(own_process=False), threading.Event()
    thread = threading.Thread(target=done.wait, name=name, daemon=True)
    thread.start()
    try:
        assert (name in state.restore()) is is_named
    finally:
        done.set()
        thread.join()


class _SlowToStart(threading.Thread):
    """A thread that is listed, but has not begun: whoever starts it waits."""

    def __init__(self, begin: threading.Event) -> None:
        super().__init__(name="begins", daemon=True)
        self._begin = begin

    def _bootstrap_inner(self) -> None:
        self._begin.wait()
        super()._bootstrap_inner()  # type: ignore[misc]


def test_a_thread_that_another_one_is_just_starting_is_no_harm() -> None:
    state, begin = ProcessState(own_process=False), threading.Event()
    begun = _SlowToStart(begin)
    starter = threading.Thread(target=begun.start, name="hpsearch-starter")
    starter.start()
    try:
        while begun not in threading.enumerate():
            starter.join(0.01)
        assert state.restore() == []
    finally:
        begin.set()
        starter.join()
        begun.join()
