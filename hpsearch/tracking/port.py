"""What every recorder promises; `tests/contract/test_recorders.py` runs on each."""

from collections.abc import Sequence
from typing import Protocol

from hpsearch.common.trial import TrialRecord
from hpsearch.engine import Listener


class Recorder(Listener, Protocol):
    """Records a study elsewhere. What it hears, it writes in its own thread; nothing waits for it.

    If writing fails, it is tried again, and the search continues. Writing a trial twice changes
    nothing.
    """

    name: str
    """For people."""

    def open(self) -> None:
        """Reach what is written to; raises UserError if that cannot be used."""

    def sync(self, records: Sequence[TrialRecord]) -> None:
        """Write all finished trials that it does not have yet; returns at once."""

    def close(self, seconds: float) -> list[int]:
        """Write what is left, for at most so long; return the trials that are not written.

        The next `sync` writes them. A second call does nothing.
        """
