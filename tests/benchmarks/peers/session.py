"""A stand-in for hpsearch's `Trial`, so that the very same workload runs under a peer."""

from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

Save = Callable[[Path], None]
Send = Callable[[int, Mapping[str, float], Save | None], None]


class Session:
    """What the workloads need of a trial; `send` is the peer's own way to report."""

    number = 0
    seed = 0
    device = "cpu"
    threads = 1
    checkpoint = None

    def __init__(self, send: Send) -> None:
        self._send = send
        self._folder = TemporaryDirectory(prefix="benchmark-")  # goes with this object
        self.artifacts = self.scratch = Path(self._folder.name)

    def report(
        self, step: int, metrics: Mapping[str, float], checkpoint: Save | None = None
    ) -> None:
        self._send(step, metrics, checkpoint)

    def log(self, step: int, metrics: Mapping[str, float]) -> None:
        """Logged between reports: peers have no such thing."""
