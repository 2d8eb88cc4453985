"""What can be wrong with Ray and its machines. A test renders each."""

from hpsearch.common.errors import Fault


def ray_unreachable(address: str, problem: str) -> Fault:
    return Fault(
        "no-ray",
        f"cannot connect to Ray at {address}.",
        problem,
        "check `resources.ray_address`: `host:port` of the cluster's head, where the port is 6379 "
        "unless `ray start --port` named another; null starts Ray on this machine.",
    )


def ray_job_without_cluster() -> Fault:
    return Fault(
        "ray-job",
        "this is a Ray job, and `resources.ray_address` is null.",
        "a second Ray would start on this one machine, and its workers miss the job's files.",
        "pass `--set resources.ray_address=auto`, so that trials run on the job's cluster.",
    )


def ray_token_wrong(address: str, source: str) -> Fault:
    return Fault(
        "ray-token",
        f"Ray at {address} refuses our token.",
        f"it has another one than that of {source} here.",
        "set RAY_AUTH_TOKEN to the cluster's; on its head `ray get-auth-token` prints it.",
    )


def ray_token_missing(address: str, problem: str) -> Fault:
    return Fault(
        "ray-token",
        f"Ray at {address} needs a token, and got none.",
        f"{problem}.",
        "set RAY_AUTH_MODE=token, and RAY_AUTH_TOKEN to the cluster's; on its head `ray "
        "get-auth-token` prints it.",
    )


def ray_token_unwanted(address: str) -> Fault:
    return Fault(
        "ray-token",
        f"Ray at {address} has no token, and this process would refuse its workers.",
        "workers send the token of their cluster, and whoever starts them asks for it.",
        "set RAY_AUTH_MODE=disabled; or start the cluster with RAY_AUTH_MODE=token, so that not "
        "everybody who reaches it can run code there.",
    )


def ray_version(address: str, theirs: tuple[str, str], ours: tuple[str, str]) -> Fault:
    return Fault(
        "ray-version",
        f"Ray at {address} is of another version.",
        f"the cluster has Ray {theirs[0]} and Python {theirs[1]}; here are Ray {ours[0]} and "
        f"Python {ours[1]}.",
        "install the cluster's versions of Ray and Python here, or ours on all of its machines.",
    )


def cluster_gone(seconds: float) -> Fault:
    return Fault(
        "cluster-gone",
        "the Ray cluster does not answer any more.",
        f"its head (GCS) has been silent for {seconds:g} seconds.",
        "once the cluster runs again, run the same command: trials resume from their checkpoints.",
    )


def environment_failed(problem: str) -> Fault:
    return Fault(
        "runtime-env",
        "Ray could not set up `resources.runtime_env` on a machine of the cluster.",
        problem,
        "correct it; packages must be there for the Python of the cluster, and its machines must "
        "reach the package index, or the address of `working_dir`.",
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
