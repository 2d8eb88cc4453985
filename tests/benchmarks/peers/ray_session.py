"""A Ray of our own for the peers: on loopback, with a token, as hpsearch's; ends with its process.

Run as a script it starts Ray and ends: what Ray alone takes.
"""

from hpsearch.workers.ray import environment as ray_environment

ray_environment.prepare()  # before Ray is imported, which looks at its environment only then

import ray  # noqa: E402

from tests.benchmarks.marks import mark  # noqa: E402


def start_ray(slots: int) -> None:
    """Start it with so many CPUs."""
    ray._private.ray_constants.ENABLE_RAY_CLUSTER = False
    ray.init(
        address="local",
        num_cpus=slots,
        include_dashboard=False,
        log_to_driver=False,
        _node_ip_address="127.0.0.1",
    )


if __name__ == "__main__":
    start_ray(2)
    mark("step")
    ray.shutdown()
