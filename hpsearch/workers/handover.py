"""Takes an attempt's files into the store, beside the training: one checkpoint at a time."""

import shutil
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from hpsearch.common.checkpoints import Stored, StoredFile, TrialFiles
from hpsearch.common.files import files_below
from hpsearch.common.trial import Measurement
from hpsearch.engine import Restored, Saved, Saving, Task

BEAT_SECONDS = 5.0
"""How often the driver hears that an attempt waits for its checkpoint."""

Tell = Callable[[Restored | Saving | Saved], None]
"""Takes an event to the driver, from any thread; there is no answer."""


class Handover:
    """Takes folders into the store in a thread; the driver hears of each once it is there."""

    def __init__(self, task: Task, files: TrialFiles, tell: Tell) -> None:
        self._task = task
        self._files = files
        self._tell = tell
        self._thread: threading.Thread | None = None

    def save(self, measurement: Measurement, folder: Path) -> None:
        """Begin to take a checkpoint's folder; it is removed afterwards. Call `wait` before."""
        self._begin(self._save, measurement, folder)

    def take_artifacts(self, folder: Path) -> Stored | None:
        """Return the artifacts once they are in the store; None without any."""
        if not any(files_below(folder)):
            return None
        found: list[Stored] = []
        reference = f"{self._task.attempt}/artifacts"
        self._begin(lambda: found.append(self._put(reference, folder)))
        self.wait()
        return found[0]

    def wait(self) -> None:
        """Return when the folder before is in the store, or why it is not is known."""
        while self._thread is not None and self._thread.is_alive():
            self._thread.join(BEAT_SECONDS)
            if self._thread.is_alive():
                self._tell(Saving(self._task.number))

    def _save(self, measurement: Measurement, folder: Path) -> None:
        reference = f"{self._task.attempt}/{measurement.step}"
        stored = self._put(reference, folder)
        shutil.rmtree(folder, ignore_errors=True)
        # else there was none to save; the part of a rank is waited for
        if stored.files or stored.problem or self._task.world_size > 1:
            self._tell(Saved(self._task.number, measurement, stored))

    def _put(self, reference: str, folder: Path) -> Stored:
        """Store a folder; what a rank other than 0 puts there has a folder of its own."""
        below = f"rank-{self._task.rank}/" if self._task.rank else ""
        return put_folder(self._files, reference, folder, below=below)

    def _begin(self, work: Callable[..., None], *arguments: object) -> None:
        self._thread = threading.Thread(
            target=work, args=arguments, name="hpsearch-files", daemon=True
        )
        self._thread.start()


def put_folder(files: TrialFiles, reference: str, folder: Path, *, below: str = "") -> Stored:
    """Put all files of a folder into the store, `below` a folder there, or none of them."""
    stored: dict[str, StoredFile] = {}
    try:
        for found, file in files_below(folder):
            name = f"{below}{found}"
            stored[name] = files.put(reference, name, file)
    except (OSError, ValueError, MemoryError) as error:
        with suppress(OSError):
            files.discard(reference)
        return Stored(reference, {}, str(error) or type(error).__name__)
    return Stored(reference, stored)
