"""`--local` runs the trainable in the main thread, which the signals interrupt: nothing is lost."""

import signal

import pytest

from hpsearch.common.trial import TrialState
from tests.faults.harness import Bench, compare, expected_curve

pytestmark = [
    pytest.mark.faults,
    pytest.mark.timeout(800),
    pytest.mark.filterwarnings("ignore"),  # MLflow in this process warns of its own libraries
]


def test_an_interrupt_saves_all_and_a_rerun_goes_on(bench: Bench) -> None:
    bench.write(params={"steps": 10, "pause": 0.4})  # it has to come before the trial ends
    with bench.driving("--local") as driver:
        driver.wait_for("trial 1 started")
        driver.send_to_group(signal.SIGINT)
        assert driver.wait(60) == 130, driver.said()
        assert "stopping" in driver.said()
    left = [record for record in bench.records() if not record.state.is_finished]
    assert left and all(record.measurements for record in left)
    bench.run("--local")
    for record in bench.records():
        assert record.state is TrialState.COMPLETE
        assert [(m.step, m.metrics["value"]) for m in record.measurements] == expected_curve(record)
    assert compare(bench).is_clean, compare(bench)


def test_two_interrupts_end_it_at_once_even_where_a_trial_hangs(bench: Bench) -> None:
    bench.write(params={"steps": 10, "pause": 300})
    with bench.driving("--local") as driver:
        driver.wait_for(r"trial \d+ started")
        driver.send(signal.SIGINT)
        driver.wait_for("stopping")
        driver.send(signal.SIGINT)
        assert driver.wait(25) == 130, driver.said()
    assert [record.state for record in bench.records()] == [TrialState.RUNNING]


SIGNALLED = """\
import signal, threading, time

def interrupt():
    for _ in range(2):
        time.sleep(1.0)
        signal.pthread_kill(threading.get_ident(), signal.SIGINT)

def train(params, trial):
    threading.Thread(target=interrupt).start()
    time.sleep(600)
"""


def test_interrupts_are_answered_while_a_trial_waits_whichever_thread_receives_them(
    bench: Bench,
) -> None:
    bench.write(SIGNALLED, params={})
    with bench.driving("--local") as driver:
        assert driver.wait(60) == 130, driver.said()
        assert "stopping" in driver.said()


def test_a_fault_of_the_search_ends_the_trial_that_waits_for_an_answer(bench: Bench) -> None:
    bench.write(objective={"metric": "other", "direction": "maximize"})
    with bench.driving("--local") as driver:
        assert driver.wait(60) in (1, 2), driver.said()
        assert "error[" in driver.said() and "error[bug]" not in driver.said()


BREAKPOINT = """\
def train(params, trial):
    trial.report(1, {"value": 1.0})
    breakpoint()
    trial.report(2, {"value": 2.0})
"""


def test_a_debugger_at_the_end_of_its_input_fails_the_trial_alone(bench: Bench) -> None:
    bench.write(BREAKPOINT, budget={"trials": 2}, params={})
    with bench.driving("--local") as driver:
        assert driver.wait(60) == 1, driver.said()
    assert {record.state for record in bench.records()} == {TrialState.FAILED}
    assert all("BdbQuit" in record.reason for record in bench.records())
