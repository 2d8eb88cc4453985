"""What this machine has no room for is refused before Ray is started, by `validate` as by `run`."""

import os
import sys
from pathlib import Path
from typing import Any

import pytest

from hpsearch.common.errors import UserError
from hpsearch.usecases import validate
from hpsearch.usecases.source import Source
from hpsearch.workers import machine_faults, this_machine
from tests.support import make_experiment, write_trainables

CPUS = os.cpu_count() or 1


def said(**resources: Any) -> list[str]:
    return [one.what for one in machine_faults(make_experiment(resources=resources).resources)]


@pytest.fixture(autouse=True)
def without_gpus_and_ray(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(this_machine, "GPU_DEVICES", ())
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(this_machine, "ray_is_running", lambda: False)


def test_a_trial_that_needs_all_of_the_machine_fits() -> None:
    assert said(cpus_per_trial=CPUS) == said(cpus_per_trial=CPUS, gpus_per_trial="auto") == []


def test_all_that_the_machine_lacks_is_said_at_once() -> None:
    assert said(cpus_per_trial=CPUS + 1, gpus_per_trial=1) == [
        f"each trial needs {CPUS + 1} CPUs, and this machine has {CPUS}.",
        "each trial needs 1 GPU, and this machine has 0.",
    ]


def test_workers_need_a_cpu_each() -> None:
    (what,) = said(workers_per_trial=CPUS + 1)
    assert f"room for {CPUS}" in what


def test_a_cluster_and_a_ray_that_runs_say_themselves_what_they_have(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert said(cpus_per_trial=CPUS + 1, ray_address="auto") == []
    monkeypatch.setattr(this_machine, "ray_is_running", lambda: True)
    assert said(cpus_per_trial=CPUS + 1) == []


@pytest.mark.skipif(not list(Path("/dev").glob("null")), reason="no /dev")
def test_gpus_are_left_to_ray_where_a_device_may_be_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(this_machine, "GPU_DEVICES", ("null",))
    assert said(gpus_per_trial=4) == []


def test_an_experiment_for_another_machine_is_valid_where_no_trial_runs(tmp_path: Path) -> None:
    write_trainables(tmp_path)
    experiment = make_experiment(resources={"cpus_per_trial": CPUS + 1})
    source = Source(experiment, None, tmp_path)
    validate(source)
    validate(source, local=True)
    with pytest.raises(UserError, match="this machine has"):
        validate(source, local=False)
