"""What can be wrong with the machines. A test renders each."""

from collections.abc import Iterable

from hpsearch.common.errors import Fault
from hpsearch.common.text import count


def gpu_absent(wanted: float, present: float) -> Fault:
    return Fault(
        "no-gpu",
        f"each trial needs {count(wanted, 'GPU')}, and Ray finds {present:g}.",
        "`resources.gpus_per_trial` asks for more than there is.",
        "set it to null (a GPU if there is one) or 0, or run on a machine that has a GPU.",
    )


def cpus_absent(wanted: float, present: float) -> Fault:
    return Fault(
        "no-cpu",
        f"each trial needs {count(wanted, 'CPU')}, and Ray finds {present:g}.",
        "`resources.cpus_per_trial` asks for more than there is.",
        "lower it; a trial must fit on one machine.",
    )


def function_not_picklable(reference: str, problem: str, held: Iterable[str]) -> Fault:
    names = ", ".join(f"`{name}`" for name in held)
    return Fault(
        "unpicklable-trainable",
        f"`{reference}` cannot be sent to workers.",
        f"{f'it uses {names}: ' if names else ''}{problem}",
        "make such objects inside the function, put it into a file, or run it in this process "
        "with `local=True`.",
    )


def ray_unreachable(address: str, problem: str) -> Fault:
    return Fault(
        "no-ray",
        f"cannot connect to Ray at {address}.",
        problem,
        "check `resources.ray_address` (null starts Ray on this machine), and whether the cluster "
        "needs a token: set RAY_AUTH_TOKEN, or RAY_AUTH_MODE=disabled if it has none.",
    )


def ray_version(address: str, problem: str) -> Fault:
    return Fault(
        "ray-version",
        f"Ray at {address} is of another version.",
        problem,
        "install the cluster's versions of Ray and Python here, or ours on all of its machines.",
    )


def cluster_gone(seconds: float) -> Fault:
    return Fault(
        "cluster-gone",
        "the Ray cluster does not answer any more.",
        f"its head (GCS) has been silent for {seconds:g} seconds.",
        "once the cluster runs again, run the same command: trials resume from their checkpoints.",
    )


def no_machine(needed: str, present: str, minutes: float) -> Fault:
    return Fault(
        "no-machine",
        f"{needed} did not come within {count(minutes, 'minute')}.",
        f"the Ray cluster has {present}.",
        "start such machines and run the same command, which resumes the search; or lower "
        "`resources.cpus_per_trial` or `gpus_per_trial`, or raise `resources.wait_minutes`.",
    )


def driver_unreachable(place: str, problem: str) -> Fault:
    return Fault(
        "driver-unreachable",
        f"a worker cannot connect to the search at {place}.",
        problem,
        "let the cluster's machines reach each other on all ports above 1024, as Ray asks; or run "
        "the search on a machine of the cluster, as a Ray job: `ray job submit -- hpsearch run …`.",
    )


def disk_full(host: str) -> Fault:
    return Fault(
        "full-disk",
        f"the disk of {host} is full.",
        "a worker there has no room for temporary files.",
        "delete what fills it, or set `TMPDIR` there to a folder on a disk that has room.",
    )


def ray_client_address(address: str) -> Fault:
    return Fault(
        "ray-client",
        f"`resources.ray_address` is {address}, an address of Ray Client.",
        "the workers must connect to the search, which Ray Client does not allow.",
        "run the search on a machine of the cluster, as a Ray job: `ray job submit -- hpsearch run "
        "…`, with `ray_address: auto`.",
    )


def ray_not_started(problem: str, folder: str) -> Fault:
    return Fault(
        "no-ray",
        "Ray does not start on this machine.",
        problem,
        f"check that {folder} and /dev/shm have room and that you can write there; Ray's own "
        f"logs are in {folder}/session_latest/logs. `--local` searches in one process, without "
        "Ray.",
    )


def ray_keeps_dying(why: str, times: int, folder: str) -> Fault:
    return Fault(
        "ray-keeps-dying",
        f"{why}; it has died {times} times in this run.",
        "the search continued each time, but not for ever.",
        f"the reason is in {folder}/session_latest/logs; run the same command to resume.",
    )
