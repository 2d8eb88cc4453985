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
