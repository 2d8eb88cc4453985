"""The search loop and its rules; it knows everything else as protocols alone.

    search.py             the loop; read it first
    ports.py              the parts of a search, as protocols
    messages.py           what driver and workers tell each other
    scheduler.py          what runs next
    retries.py            the queue of trials that need another attempt
    lookahead.py          when the next proposal is made
    attempt.py            one attempt while it runs
    observer.py           what a report means
    curve.py              each metric once at a step
    stops.py              when a trial stops, and what it becomes then
    limits.py             when a search ends
    budget.py             what a search has spent
    failures.py           how many failures are too many
    outcome.py            what an ended attempt makes of its trial
    checkpoint_policy.py  which checkpoints are kept
    commits.py            checkpoints that are on their way to the disk
    listeners.py          who hears of it
    run_requests.py       attempts that wait for the id of their trial's run
    inheritance.py        trials that start from the checkpoint of another one
    members.py            what the trainable of a population must do
    notices.py            warnings about how a trainable reports
    reasons.py            what is wrong with a report, in words

Other rooms import from here; a name is loaded when it is used, since a worker needs only messages.
"""

from typing import TYPE_CHECKING

from hpsearch.common.lazy import lazy_names

if TYPE_CHECKING:
    from hpsearch.engine import faults
    from hpsearch.engine.budget import has_failed, why_nothing_is_left
    from hpsearch.engine.curve import by_axis, each_once
    from hpsearch.engine.failures import RECENT
    from hpsearch.engine.messages import (
        RETURNED,
        Answer,
        DeviceMemory,
        Ended,
        Event,
        Hold,
        Leave,
        Reported,
        Restored,
        RunFound,
        RunWanted,
        Saved,
        Saving,
        Task,
        Variables,
    )
    from hpsearch.engine.ports import (
        Display,
        Listener,
        Logs,
        NoTracking,
        Parts,
        Pool,
        Result,
        Study,
        Tracking,
    )
    from hpsearch.engine.search import Search
    from hpsearch.engine.stops import SEARCH_ENDED, Stop, is_deferred

__all__ = [
    "RECENT",
    "RETURNED",
    "SEARCH_ENDED",
    "Answer",
    "DeviceMemory",
    "Display",
    "Ended",
    "Event",
    "Hold",
    "Leave",
    "Listener",
    "Logs",
    "NoTracking",
    "Parts",
    "Pool",
    "Reported",
    "Restored",
    "Result",
    "RunFound",
    "RunWanted",
    "Saved",
    "Saving",
    "Search",
    "Stop",
    "Study",
    "Task",
    "Tracking",
    "Variables",
    "by_axis",
    "each_once",
    "faults",
    "has_failed",
    "is_deferred",
    "why_nothing_is_left",
]

_MODULES = {
    "budget": ("has_failed", "why_nothing_is_left"),
    "curve": ("by_axis", "each_once"),
    "failures": ("RECENT",),
    "messages": (
        "RETURNED",
        "Answer",
        "DeviceMemory",
        "Ended",
        "Event",
        "Hold",
        "Leave",
        "Reported",
        "Restored",
        "RunFound",
        "RunWanted",
        "Saved",
        "Saving",
        "Task",
        "Variables",
    ),
    "ports": (
        "Display",
        "Listener",
        "Logs",
        "NoTracking",
        "Parts",
        "Pool",
        "Result",
        "Study",
        "Tracking",
    ),
    "search": ("Search",),
    "stops": ("SEARCH_ENDED", "Stop", "is_deferred"),
}
"""Where each name is, except the module `faults`."""


__getattr__ = lazy_names(__name__, _MODULES)
