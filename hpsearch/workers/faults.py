"""What can be wrong with the machines. A test renders each."""

from collections.abc import Iterable

from hpsearch.common.errors import Fault
from hpsearch.common.text import count


def gpu_absent(wanted: float, present: float, finds: str = "Ray finds") -> Fault:
    return Fault(
        "no-gpu",
        f"each trial needs {count(wanted, 'GPU')}, and {finds} {present:g}.",
        "`resources.gpus_per_trial` asks for more than there is.",
        "set it to null (a GPU if there is one) or 0, or run on a machine that has a GPU.",
    )


def cpus_absent(wanted: float, present: float, finds: str = "Ray finds") -> Fault:
    return Fault(
        "no-cpu",
        f"each trial needs {count(wanted, 'CPU')}, and {finds} {present:g}.",
        "`resources.cpus_per_trial` asks for more than there is.",
        "lower it; a trial must fit on one machine.",
    )


def workers_absent(wanted: int, present: int) -> Fault:
    return Fault(
        "no-room",
        f"each trial needs {count(wanted, 'worker')}, and there is room for {present}.",
        "`resources.workers_per_trial` asks for more processes than this machine has CPUs or GPUs "
        "for.",
        "lower it or `cpus_per_trial`, or run on a cluster: set `resources.ray_address`.",
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


def ray_address_unusable(address: str) -> Fault:
    return Fault(
        "ray-address",
        f"`resources.ray_address` is {address!r}, which is no address of a Ray cluster.",
        "it is `host:port` of the cluster's head, such as `10.0.0.7:6379`, or `auto`.",
        "correct it; null starts Ray on this machine.",
    )


def ray_dashboard_address(address: str) -> Fault:
    return Fault(
        "ray-address",
        f"`resources.ray_address` is {address}, an address of Ray's dashboard.",
        "a search needs that of the head itself: `host:port`, or `auto` on a machine of the "
        "cluster.",
        f"run it as a Ray job: `ray job submit --address {address} -- hpsearch run …`, with "
        "`ray_address: auto`.",
    )


def no_machine(needed: str, present: str, minutes: float) -> Fault:
    return Fault(
        "no-machine",
        f"{needed} did not come within {count(minutes, 'minute')}.",
        f"the Ray cluster has {present}.",
        "start such machines and run the same command, which resumes the search; or lower "
        "what a trial needs under `resources`, or raise `resources.wait_minutes`.",
    )


def ray_client_address(address: str) -> Fault:
    return Fault(
        "ray-client",
        f"`resources.ray_address` is {address}, an address of Ray Client.",
        "the workers must connect to the search, which Ray Client does not allow.",
        "run the search on a machine of the cluster, as a Ray job: `ray job submit -- hpsearch run "
        "…`, with `ray_address: auto`.",
    )
