"""The Ray that a pool uses: one of our own, started again if it dies, or one that runs already.

Not covered: a cluster whose Ray dies; the search ends (`cluster.py`), and another `run` resumes it.
"""

from contextlib import ExitStack
from pathlib import Path

import ray

from hpsearch.common.errors import SearchFailed
from hpsearch.common.shared_change import SharedChange, replace_attribute
from hpsearch.experiment import Resources
from hpsearch.workers.ray import faults
from hpsearch.workers.ray.shared import SHARED
from hpsearch.workers.ray.start import dead_processes, start, temporary_folder

MOST_RESTARTS = 10
"""How often Ray is started again in one run."""

QUIET = SharedChange(
    lambda: replace_attribute(ray._private.worker, "print_to_stdstream", lambda *_, **__: None)
)
"""Ray prints the last lines of a dead raylet's log to stdout, also without `log_to_driver`."""


class RaySession:
    """Joins Ray, or starts it; `close` leaves it, and ends it if no other search uses it."""

    def __init__(self, resources: Resources, folder: Path, *, verbose: bool) -> None:
        """Raises UserError if the cluster at the address cannot be reached."""
        self._start = lambda: start(resources, folder, verbose=verbose)
        self._restarts = 0
        self._number = SHARED.join(self._start)  # None: somebody else's, which keeps running
        self._undo = ExitStack()
        if self._number is not None:
            if not verbose:
                self._undo.enter_context(QUIET.applied())
            self._undo.callback(SHARED.leave)
        self.is_ours = resources.ray_address is None and self._number is not None
        """Whether Ray is our own, on this machine alone."""

    @property
    def must_wait_for_workers(self) -> bool:
        """Whether workers that are still starting outlive this search, unless it waits for them."""
        return self._number is None or SHARED.is_shared

    def restart_if_dead(self) -> str | None:
        """Start our own Ray again if it died; return why all attempts are lost, or None.

        Raises SearchFailed if it has died too often.
        """
        why = self._why_dead()
        if why is None or self._number is None:
            return None
        self._restarts += 1
        if self._restarts > MOST_RESTARTS:
            fault = faults.ray_keeps_dying(why, self._restarts, temporary_folder())
            raise SearchFailed(fault)
        self._number = SHARED.start_again(self._number, self._start)
        return why

    def close(self) -> None:
        """Leave Ray; calling it twice does no harm."""
        self._undo.close()

    def _why_dead(self) -> str | None:
        if self._number is None or not self.is_ours:
            return None
        if SHARED.is_new(self._number):
            return "Ray died, and another search has started it again"
        dead = dead_processes()
        return f"Ray's {' and '.join(dead)} died" if dead else None
