"""The recipe for a cluster by hand: two machines that are one here."""

import os
import secrets
import signal
import subprocess
from pathlib import Path

import pytest

from hpsearch.common.trial import TrialState
from tests.faults.cluster import put_programs
from tests.faults.harness import MARK, Bench, wait_for
from tests.ports import free_port

pytestmark = [
    pytest.mark.faults,
    pytest.mark.timeout(1600),
    pytest.mark.filterwarnings("ignore"),  # MLflow in this process warns of its own libraries
]

RECIPE = Path(__file__).parents[2] / "docs" / "recipes" / "ray-cluster.sh"


def test_a_cluster_by_hand_takes_a_search_and_ends_with_its_machines(
    bench: Bench, other: str
) -> None:
    port = str(free_port())
    bench.environment["RAY_AUTH_TOKEN"] = secrets.token_hex(32)
    head = put_programs(bench.folder / "head")
    joining = put_programs(bench.folder / "joining", "--temp-dir", other)
    machines = [_begin(bench, head, "head", port)]
    machines.append(_begin(bench, joining, "join", f"127.0.0.1:{port}"))
    bench.write(resources={"ray_address": f"127.0.0.1:{port}", "gpus_per_trial": 0})
    bench.run(seconds=200)
    assert {record.state for record in bench.records()} == {TrialState.COMPLETE}
    for machine in reversed(machines):
        machine.send_signal(signal.SIGINT)
        machine.wait(240)
    bench.wait_until_nothing_is_left()


def _begin(bench: Bench, programs: Path, *words: str) -> "subprocess.Popen[bytes]":
    log = bench.folder / f"{words[0]}.log"
    path = f"{programs}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, **bench.environment, MARK: bench.mark, "PATH": path}
    with log.open("wb") as output:
        process = subprocess.Popen(
            ["bash", RECIPE, *words], env=environment, start_new_session=True,
            stdout=output, stderr=output, stdin=subprocess.DEVNULL,
        )  # fmt: skip
    wait_for(lambda: "Ray runtime started" in log.read_text(), 120, log.read_text)
    return process
