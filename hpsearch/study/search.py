"""Searches of this process: one ends in a result or an error, and another thread can stop it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from hpsearch.common.errors import SearchFailed, UserError
from hpsearch.display.live_table import ClosableDisplay, choose_display
from hpsearch.engine import Display
from hpsearch.store import StudyStore
from hpsearch.study import faults
from hpsearch.usecases import Interrupts, Result

_running: dict[tuple[str, str], list[Interrupts]] = {}
"""What stops the searches of this process, by store and study."""


@contextmanager
def stoppable(study: StudyStore, interrupts: Interrupts) -> Iterator[None]:
    """Let `stop` reach these interrupts inside `with`."""
    running = _running.setdefault((study.store_address, study.name), [])
    running.append(interrupts)
    try:
        yield
    finally:
        running.remove(interrupts)


def stop(study: StudyStore) -> None:
    """Stop what this process runs of a study; raises UserError if another process searches it."""
    running = list(_running.get((study.store_address, study.name), []))
    for interrupts in running:
        interrupts.stop()
    if not running and study.lease().is_held():
        raise UserError(faults.driven_elsewhere(study.name))


def finish(search: Callable[[], Result], display: ClosableDisplay, interrupts: Interrupts) -> None:
    """Search; raises KeyboardInterrupt after a Ctrl-C, SearchFailed if no trial is complete."""
    try:
        result = search()
    except KeyboardInterrupt:
        if interrupts.is_asked and not interrupts.is_signalled:
            return  # `stop`, before the first trial began
        raise
    finally:
        display.close()
    if interrupts.is_signalled:
        raise KeyboardInterrupt
    if (failure := result.failure) is not None:
        raise SearchFailed(failure)


@contextmanager
def display_or_own(display: Display | None, *, quiet: bool) -> Iterator[Display]:
    """Give the display, or one of our own, which is closed afterwards."""
    if display is not None:
        yield display
        return
    own = choose_display(quiet=quiet)
    try:
        yield own
    finally:
        own.close()
