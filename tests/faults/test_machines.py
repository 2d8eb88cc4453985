"""Machines of a cluster that come, go and are lost while a search runs on them."""

import re
import signal
from pathlib import Path

import pytest

from hpsearch.common.trial import TrialState
from tests.faults.cluster import ray_cluster
from tests.faults.harness import TRAINABLE, Bench, Driver, compare, expected_curve, wait_for

pytestmark = [
    pytest.mark.faults,
    pytest.mark.timeout(2000),
    pytest.mark.filterwarnings("ignore"),  # MLflow in this process warns of its own libraries
]


GATE = """\
while step == 10 and not os.path.exists(params["gate"]):
            time.sleep(0.1)
        time.sleep(params["pause"])"""
GATED = TRAINABLE.replace('time.sleep(params["pause"])', GATE).replace("json", "json\nimport os", 1)
"""Waits at its tenth step until the gate is there."""


def write(bench: Bench, address: str, trials: int, *, steps: int = 20, **more: object) -> None:
    """Write an experiment whose trials take two seconds, and more if the gate is closed."""
    resources = {"ray_address": address, "gpus_per_trial": 0, "retries": 0, **more}
    params = {"steps": steps, "pause": 0.1, "gate": str(gate(bench))}
    bench.write(GATED, resources=resources, budget={"trials": trials}, params=params)
    gate(bench).touch()


HURRIED = TRAINABLE.replace("json", "json\nimport os", 1).replace(
    "time.sleep", 'os.path.exists(params["gate"]) or time.sleep'
)
"""Until the gate is there, it takes its time."""


def hurry_at_gate(bench: Bench, address: str, trials: int) -> None:
    """Write an experiment whose trials report for ten minutes, or until the gate is there."""
    resources = {"ray_address": address, "gpus_per_trial": 0, "retries": 0}
    params = {"steps": 300, "pause": 2.0, "gate": str(gate(bench))}
    bench.write(HURRIED, resources=resources, budget={"trials": trials}, params=params)


def gate(bench: Bench) -> Path:
    return bench.folder / "gate"


def wait_for_trials(bench: Bench, driver: Driver, count: int) -> None:
    """Wait until so many trials run and have reported."""
    started = [f"trial {number} started" for number in range(count)]
    driver.wait_for("|".join(started), count=count)
    wait_for(lambda: sum(bool(r.measurements) for r in bench.records()) == count, 60, driver.said)


def check(bench: Bench, trials: int) -> None:
    records = bench.records()
    assert [record.state for record in records] == [TrialState.COMPLETE] * trials, records
    for record in records:
        assert [(m.step, m.metrics["value"]) for m in record.measurements] == expected_curve(record)
    assert compare(bench).is_clean, compare(bench)


def test_slots_follow_the_machines_down_to_none_and_a_lost_trial_uses_no_retry(
    bench: Bench,
) -> None:
    with ray_cluster(bench, cpus=0) as cluster:
        write(bench, cluster.address, trials=4)
        gate(bench).unlink()
        with bench.driving() as driver:
            driver.wait_for("waiting up to 15 minutes for a machine with 1 CPU for a trial")
            cluster.add("127.0.0.2")
            wait_for_trials(bench, driver, 1)
            cluster.add("127.0.0.3")
            wait_for_trials(bench, driver, 2)
            cluster.kill("127.0.0.2")
            driver.wait_for("is tried again: its machine 127.0.0.2 died", seconds=20)
            cluster.kill("127.0.0.3")
            driver.wait_for("is tried again: its machine 127.0.0.3 died", seconds=20)
            gate(bench).touch()
            cluster.add("127.0.0.4", cpus=2)
            assert driver.wait(150) == 0, driver.said()
        check(bench, trials=4)
        assert sum(record.attempt for record in bench.records()) == 6
        wait_for(lambda: cluster.free_cpus() == 2.0, 30, lambda: "CPUs stay taken")


def test_the_trial_of_a_machine_that_is_drained_moves_with_a_checkpoint(bench: Bench) -> None:
    with ray_cluster(bench, cpus=0) as cluster:
        cluster.add("127.0.0.2")
        hurry_at_gate(bench, cluster.address, trials=1)
        with bench.driving() as driver:
            wait_for_trials(bench, driver, 1)
            cluster.drain("127.0.0.2")
            driver.wait_for("trial 0 moves: its machine 127.0.0.2 is being drained", seconds=20)
            gate(bench).touch()
            cluster.add("127.0.0.3")
            assert driver.wait(120) == 0, driver.said()
        check(bench, trials=1)
        assert bench.records()[0].attempt == 2


def test_a_search_that_gets_no_machine_says_so_and_ends_or_is_interrupted(bench: Bench) -> None:
    with ray_cluster(bench, cpus=0) as cluster:
        write(bench, cluster.address, trials=2, wait_minutes=0.2)
        said = bench.run(code=1)
        assert "error[no-machine]" in said and "within 0.2 minutes" in said
        write(bench, cluster.address, trials=2)
        with bench.driving() as driver:
            driver.wait_for("waiting up to 15 minutes")
            driver.send(signal.SIGINT)
            assert driver.wait(60) == 130, driver.said()


def test_an_interrupt_of_a_search_that_lost_all_its_machines_ends_it(bench: Bench) -> None:
    with ray_cluster(bench, cpus=0) as cluster:
        cluster.add("127.0.0.2")
        write(bench, cluster.address, trials=2, steps=100)
        with bench.driving() as driver:
            wait_for_trials(bench, driver, 1)
            cluster.kill("127.0.0.2")
            driver.send(signal.SIGINT)
            assert driver.wait(60) == 130, driver.said()
        cluster.add("127.0.0.3", cpus=2)
        bench.run(seconds=120)
        check(bench, trials=2)


@pytest.mark.parametrize(("count", "each"), [(2, 2), (3, 1), (5, 1)])
def test_searches_that_start_together_share_a_cluster_and_all_finish(
    bench: Bench, tmp_path: Path, count: int, each: int
) -> None:
    cpus = float(count * each)
    with ray_cluster(bench, cpus=count * each) as cluster:
        benches = [
            Bench(tmp_path / f"{number}", environment=bench.environment) for number in range(count)
        ]
        for one in benches:
            hurry_at_gate(one, cluster.address, trials=3)
        drivers = [Driver(one, ["run", "experiment.yaml"]) for one in benches]
        try:
            wait_for(
                lambda: all(running(one) == each for one in drivers),
                200,
                lambda: "\n".join(one.said() for one in drivers),
            )
            for one in benches:
                gate(one).touch()
            for driver in drivers:
                assert driver.wait(240) == 0, driver.said()
        finally:
            for driver in drivers:
                driver.kill()
        for one in benches:
            check(one, trials=3)
        wait_for(lambda: cluster.free_cpus() == cpus, 30, lambda: "CPUs stay taken")


def running(driver: Driver) -> int:
    """Return how many trials of a driver run."""
    said = driver.said()
    began, ended = r"trial \d+ started", r"trial \d+ (complete|moves|is tried again)"
    return len(re.findall(began, said)) - len(re.findall(ended, said))


def test_a_search_that_comes_later_gets_its_share_of_the_slots(
    bench: Bench, tmp_path: Path
) -> None:
    with ray_cluster(bench, cpus=2) as cluster:
        hurry_at_gate(bench, cluster.address, trials=2)
        later = Bench(tmp_path / "later", environment=bench.environment)
        write(later, cluster.address, trials=1)
        with bench.driving() as first:
            wait_for_trials(bench, first, 2)
            later.run(seconds=120)
            first.wait_for(r"trial \d moves: another search waits for a slot")
            first.wait_for(r"trial \d started", count=3)  # the slot that was given back is free
            first.send(signal.SIGINT)
            assert first.wait(60) == 130, first.said()
        check(later, trials=1)
