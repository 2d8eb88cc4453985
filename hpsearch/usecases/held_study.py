"""A study that this process alone writes to, while signals are answered."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from hpsearch.common.errors import cleaned
from hpsearch.experiment import Experiment
from hpsearch.store import StudyStore
from hpsearch.usecases.interrupts import Interrupts, answered_by


@contextmanager
def held_study(
    store: StudyStore, part: StudyStore, experiment: Experiment, interrupts: Interrupts
) -> Iterator[ExitStack]:
    """Hold a study while a part of it, or all of it, is trained; raises UserError if another does.

    If nothing of the part began, nothing of it is left behind. What is put on the stack is closed
    before the study is let go.
    """
    with ExitStack() as stack:
        stack.enter_context(cleaned(experiment.privacy.clean))
        stack.enter_context(store.lease())
        stack.callback(part.remove_unstarted)
        interrupts.on_abort = store.stop_waiting
        stack.enter_context(answered_by(interrupts.handle))
        yield stack
