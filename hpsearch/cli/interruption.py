"""What a command says that was interrupted: everything is saved, and how it is resumed."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hpsearch.display.live_table import ClosableDisplay


@contextmanager
def resumable(display: "ClosableDisplay", again: Sequence[str]) -> Iterator[None]:
    """Close the display at the end; after a second Ctrl-C say that `again` resumes."""
    try:
        yield
    except KeyboardInterrupt:
        display.close()
        say_stopped(again)
        raise
    finally:
        display.close()


def say_stopped(again: Sequence[str], how: str = "stopped at once") -> None:
    """Say that finished work is saved, and which command resumes it."""
    import shlex

    from hpsearch.cli.output import note

    note(f"{how}; finished trials and checkpoints are saved.")
    note(f"  {shlex.join(again)}   resumes it", "dim")
