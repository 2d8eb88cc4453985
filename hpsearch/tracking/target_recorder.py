"""A recorder of finished and running trials in some target: TensorBoard's files, W&B's runs.

MLflow's recorder does more: it publishes models and shows reports.
"""

from collections.abc import Callable

from hpsearch.common.errors import HpsearchError, UserError
from hpsearch.common.redaction import problem
from hpsearch.tracking import faults
from hpsearch.tracking.writer import Target, Writer
from hpsearch.tracking.writing_listener import WritingListener


class TargetRecorder(WritingListener):
    """See `port.Recorder`."""

    def __init__(
        self,
        name: str,
        make: Callable[[], Target],
        notify: Callable[[str], None],
        *,
        may_write: Callable[[], bool],
    ) -> None:
        """`make` imports what the target needs and returns it; it may raise UserError."""
        super().__init__(Writer(name, notify, may_write))
        self.name = name
        self._make = make

    def open(self) -> None:
        try:
            target = self._make()
        except HpsearchError:
            raise
        except Exception as error:  # a package that is half there, settings that it refuses
            raise UserError(faults.recorder_unusable(self.name, problem(error))) from None
        self._writer.start(target)

    def close(self, seconds: float) -> list[int]:
        return self._writer.close(seconds)
