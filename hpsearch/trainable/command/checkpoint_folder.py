"""The folder that a command fills: its files are copied at a report, if they are whole."""

import shutil
import time
from pathlib import Path


class CheckpointFolder:
    """It begins with the files of the checkpoint that the attempt resumes from."""

    def __init__(self, path: Path, checkpoint: Path | None) -> None:
        self.path = path
        if checkpoint is None:
            path.mkdir()
        else:
            shutil.copytree(checkpoint, path)

    def copy_to(self, folder: Path, reported: int) -> None:
        """Copy the files, none of them if one changed after the report or the folder is gone.

        `reported` is when the report was read, by `now`. Call it while the command is paused.
        """
        files = [one for one in self.path.rglob("*") if one.is_file()]
        if files and all(one.stat().st_mtime_ns <= reported for one in files):
            shutil.copytree(self.path, folder, dirs_exist_ok=True, ignore_dangling_symlinks=True)


def now() -> int:
    """Return the time as files are stamped with it, in nanoseconds."""
    clock = getattr(time, "CLOCK_REALTIME_COARSE", time.CLOCK_REALTIME)  # Linux's file systems
    return time.clock_gettime_ns(clock)
