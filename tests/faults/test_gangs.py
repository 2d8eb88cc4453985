"""Trials of two workers that need each other at every step, of which one is lost."""

import os
import signal
from pathlib import Path

import pytest

from hpsearch.common.trial import TrialState
from tests.faults.cluster import RayCluster, ray_cluster
from tests.faults.harness import Bench, Driver, compare, expected_curve, wait_for

pytestmark = [
    pytest.mark.faults,
    pytest.mark.timeout(2000),
    pytest.mark.filterwarnings("ignore"),  # MLflow in this process warns of its own libraries
]

GANG = '''\
import json
import os
import time
from multiprocessing.connection import Client, Listener
from pathlib import Path


def meet():
    """Return the connection of the two ranks, by the variables that torch reads."""
    address = (os.environ["MASTER_ADDR"], int(os.environ["MASTER_PORT"]))
    if os.environ["RANK"] == "0":
        with Listener(address, authkey=b"gang") as listener:
            return listener.accept()
    while True:
        try:
            return Client(address, authkey=b"gang")
        except ConnectionRefusedError:
            time.sleep(0.05)


def train(params, trial):
    assert (os.environ["WORLD_SIZE"], trial.world_size) == ("2", 2)
    Path(params["pids"], f"{trial.number}-{trial.rank}").write_text(str(os.getpid()))
    peer, state, start = meet(), 0.0, 0
    if trial.checkpoint is not None:
        mine = trial.checkpoint / (f"rank-{trial.rank}" if trial.rank else "")
        state, start = json.loads((mine / "state.json").read_text())
    for step in range(start + 1, params["steps"] + 1):
        while step == 10 and not os.path.exists(params["gate"]):
            time.sleep(0.05)
        peer.send([step, params["x"] / 2])
        other_step, half = peer.recv()
        assert other_step == step
        state = state * 0.9 + (params["x"] / 2 + half)
        save = lambda folder: (folder / "state.json").write_text(json.dumps([state, step]))
        trial.report(step, {"value": -((state - step * 0.3) ** 2)}, checkpoint=save)
'''
"""What a trial of one worker reports (`harness.TRAINABLE`); it waits at step 10 for the gate."""

RANKS = [0, 1]


def write(bench: Bench, trials: int, *, pruner: str = "none", **more: object) -> None:
    resources = {"workers_per_trial": 2, "gpus_per_trial": 0, "retries": 1, **more}
    params = {"steps": 20, "gate": str(bench.folder / "gate"), "pids": str(bench.folder)}
    asha = {"type": "asha", "min_resource": 2, "reduction_factor": 2}
    bench.write(
        GANG,
        resources=resources,
        budget={"trials": trials},
        params=params,
        pruner=asha if pruner == "asha" else {"type": pruner},
    )


def open_gate(bench: Bench) -> None:
    (bench.folder / "gate").touch()


def wait_at_gate(bench: Bench, driver: Driver, trials: int = 1) -> None:
    """Wait until so many trials have saved all that they do before the gate."""

    def at_gate() -> bool:
        return sum(len(r.measurements) == 9 for r in bench.records()) == trials

    driver.wait_for("trial . started", count=trials)
    wait_for(at_gate, 90, driver.said)


def check(bench: Bench, attempts: list[int]) -> None:
    records = bench.records()
    assert [record.state for record in records] == [TrialState.COMPLETE] * len(attempts), records
    assert [record.attempt for record in records] == attempts
    for record in records:
        assert [(m.step, m.metrics["value"]) for m in record.measurements] == expected_curve(record)
    assert compare(bench).is_clean, compare(bench)


def is_free(cluster: RayCluster, cpus: float) -> bool:
    """Return whether nobody has a CPU or a placement group any more."""
    groups = cluster.call("[g['state'] for g in ray.util.placement_group_table().values()]")
    return {*groups} <= {"REMOVED"} and cluster.free_cpus() == cpus


@pytest.mark.parametrize("rank", RANKS)
def test_a_rank_that_is_killed_ends_its_gang_which_is_tried_again_as_one(
    bench: Bench, rank: int
) -> None:
    write(bench, trials=2, cpus_per_trial=0.5)
    with bench.driving() as driver:
        wait_at_gate(bench, driver, trials=2)
        os.kill(int((bench.folder / f"1-{rank}").read_text()), signal.SIGKILL)
        driver.wait_for(f"trial 1 is tried again: rank {rank}: the worker's process died")
        open_gate(bench)
        assert driver.wait(120) == 0, driver.said()
    check(bench, attempts=[1, 2])
    bench.wait_until_nothing_is_left()


def test_a_rank_that_hangs_is_killed_at_the_time_limit_with_the_others(bench: Bench) -> None:
    write(bench, trials=1, trial_minutes=0.3, retries=0)
    with bench.driving() as driver:
        assert driver.wait(120) == 1, driver.said()  # nobody opens the gate
    (record,) = bench.records()
    assert record.reason == "over its time limit of 0.3 minutes"
    bench.wait_until_nothing_is_left()


def test_a_search_of_gangs_whose_driver_is_killed_is_resumed(bench: Bench) -> None:
    write(bench, trials=1)
    with bench.driving() as driver:
        wait_at_gate(bench, driver)
        driver.kill()
    bench.wait_until_nothing_is_left()
    open_gate(bench)
    bench.run(seconds=120)
    check(bench, attempts=[2])


def test_gangs_that_are_paused_and_promoted_go_on_where_they_were(bench: Bench) -> None:
    write(bench, trials=6, pruner="asha", parallel_trials=1)
    open_gate(bench)
    bench.run(seconds=150)
    records = bench.records()
    assert {TrialState.COMPLETE, TrialState.PRUNED} == {record.state for record in records}
    assert any(record.attempt > 1 for record in records)
    for record in records:
        curve = [(m.step, m.metrics["value"]) for m in record.measurements]
        assert curve == expected_curve(record)[: len(curve)]


def test_a_machine_that_dies_ends_the_gang_which_moves_without_using_a_retry(bench: Bench) -> None:
    with ray_cluster(bench, cpus=0) as cluster:
        cluster.add("127.0.0.2")
        write(bench, trials=1, ray_address=cluster.address, retries=0)
        with bench.driving() as driver:
            driver.wait_for("waiting up to 15 minutes for room for a trial of 2 workers")
            cluster.add("127.0.0.3")
            wait_at_gate(bench, driver)
            cluster.kill("127.0.0.3")
            driver.wait_for("trial 0 is tried again: its machine 127.0.0.3 died", seconds=60)
            open_gate(bench)
            cluster.add("127.0.0.4")
            assert driver.wait(150) == 0, driver.said()
        check(bench, attempts=[2])
        wait_for(lambda: is_free(cluster, 2.0), 60, lambda: "something stays taken")


def test_an_interrupt_gives_back_all_that_a_gang_had(bench: Bench) -> None:
    with ray_cluster(bench, cpus=2) as cluster:
        write(bench, trials=1, ray_address=cluster.address)
        with bench.driving() as driver:
            wait_at_gate(bench, driver)
            driver.send(signal.SIGINT)
            open_gate(bench)
            assert driver.wait(90) == 130, driver.said()
        wait_for(lambda: is_free(cluster, 2.0), 60, lambda: "something stays taken")
        bench.run(seconds=120)
        check(bench, attempts=[2])


def test_searches_of_gangs_that_start_together_both_finish(bench: Bench, tmp_path: Path) -> None:
    with ray_cluster(bench, cpus=3) as cluster:
        benches = [Bench(tmp_path / name, environment=bench.environment) for name in ("a", "b")]
        for one in benches:
            write(one, trials=2, ray_address=cluster.address)
            open_gate(one)
        drivers = [Driver(one, ["run", "experiment.yaml"]) for one in benches]
        try:
            for driver in drivers:
                assert driver.wait(240) == 0, driver.said()
        finally:
            for driver in drivers:
                driver.kill()
        for one in benches:
            check(one, attempts=[1, 1])
        wait_for(lambda: is_free(cluster, 3.0), 60, lambda: "something stays taken")


def test_a_gang_that_comes_later_is_given_a_slot_for_each_of_its_workers(
    bench: Bench, tmp_path: Path
) -> None:
    with ray_cluster(bench, cpus=4) as cluster:
        resources = {"ray_address": cluster.address, "gpus_per_trial": 0}
        bench.write(resources=resources, budget={"trials": 4}, params={"steps": 5000, "pause": 0.1})
        later = Bench(tmp_path / "later", environment=bench.environment)
        write(later, trials=1, ray_address=cluster.address)
        open_gate(later)
        with bench.driving() as first:
            first.wait_for("trial . started", count=4)
            later.run(seconds=180)
            first.wait_for(r"trial \d moves: another search waits for a slot", count=2)
            first.send(signal.SIGINT)
            assert first.wait(90) == 130, first.said()
        check(later, attempts=[1])
