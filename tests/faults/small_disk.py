"""A disk of a few megabytes, which a test keeps full."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Thread

import pytest


def mount(folder: Path, options: str) -> None:
    """Mount a tmpfs; where that may not be (it needs root) the test is skipped."""
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], capture_output=True, check=False
    )
    if done.returncode != 0:
        pytest.skip(f"no mount here: {done.stderr.decode()}")


@contextmanager
def filled(disk: Path) -> Iterator[None]:
    """Keep a disk full: what a program frees (a lock, a journal of SQLite) is taken at once."""
    over = Event()
    filling = disk / "filling"
    with filling.open("wb", buffering=0) as file:
        with pytest.raises(OSError, match="No space"):
            while True:
                file.write(bytes(4096))

        def refill() -> None:
            while not over.wait(0.001):
                with suppress(OSError):
                    file.write(bytes(4096))

        filler = Thread(target=refill)
        filler.start()
        try:
            yield
        finally:
            over.set()
            filler.join()
            filling.unlink()
