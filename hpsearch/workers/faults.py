"""What can be wrong with the machines. A test renders each."""

from hpsearch.common.errors import Fault
from hpsearch.common.text import count


def gpu_absent(wanted: float, present: float) -> Fault:
    return Fault(
        "no-gpu",
        f"each trial needs {count(wanted, 'GPU')}, and Ray finds {present:g}.",
        "`resources.gpus_per_trial` asks for more than there is.",
        "set it to null (a GPU where there is one) or 0, or start where the GPU is.",
    )


def cpus_absent(wanted: float, present: float) -> Fault:
    return Fault(
        "no-cpu",
        f"each trial needs {count(wanted, 'CPU')}, and Ray finds {present:g}.",
        "`resources.cpus_per_trial` asks for more than there is.",
        "lower it; a trial must fit on one machine.",
    )


def ray_unreachable(address: str, problem: str) -> Fault:
    return Fault(
        "no-ray",
        f"cannot connect to Ray at {address}.",
        problem,
        "check `resources.ray_address` (null starts Ray on this machine), and whether the cluster "
        "wants a token: RAY_AUTH_TOKEN gives one, RAY_AUTH_MODE=disabled none.",
    )


def driver_unreachable(place: str, problem: str) -> Fault:
    return Fault(
        "driver-unreachable",
        f"a worker cannot connect to the search at {place}.",
        problem,
        "let the cluster's machines reach each other on all ports above 1024, as Ray asks; or run "
        "the search on a machine of the cluster, as a Ray job: `ray job submit -- hpsearch run …`.",
    )


def ray_client_address(address: str) -> Fault:
    return Fault(
        "ray-client",
        f"`resources.ray_address` is {address}, an address of Ray Client.",
        "a search needs a connection of its workers to itself, which Ray Client does not give.",
        "run the search on a machine of the cluster, as a Ray job: `ray job submit -- hpsearch run "
        "…`, with `ray_address: auto`.",
    )


def ray_not_started(problem: str, folder: str) -> Fault:
    return Fault(
        "no-ray",
        "Ray does not start on this machine.",
        problem,
        f"see that there is room in {folder} and /dev/shm, and that you may write there; Ray's own "
        f"logs are in {folder}/session_latest/logs. `--local` searches in one process, without "
        "Ray.",
    )


def ray_keeps_dying(why: str, times: int, folder: str) -> Fault:
    return Fault(
        "ray-keeps-dying",
        f"{why}; it has died {times} times in this run.",
        "the search went on each time, but it will not for ever.",
        f"look for the reason in {folder}/session_latest/logs; the same command goes on.",
    )
