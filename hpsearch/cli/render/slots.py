"""A change of how many trials run at once."""

from typing import TYPE_CHECKING, Any

from hpsearch.common.text import count

if TYPE_CHECKING:
    from hpsearch.usecases import SlotChange


def slots_text(change: "SlotChange") -> list[str]:
    """Return what runs now, and what will."""
    trials = change.running_trials
    now = f"{count(trials, 'trial')} {'is' if trials == 1 else 'are'} under way"
    most = f"at most {change.slots} at a time from now on"
    surplus = f"; {change.surplus} of them must end first" if change.surplus else ""
    own = change.parallel_trials
    stays = "stays unset: as many as fit" if own is None else f"stays {own}"
    return [
        f"{change.study}: {now}, {most}{surplus}.",
        f"the driver sees it within seconds. `parallel_trials` in the experiment {stays}.",
    ]


def slots_data(change: "SlotChange") -> dict[str, Any]:
    """Return the change as `--json` has it."""
    return {
        "study": change.study,
        "slots": change.slots,
        "running_trials": change.running_trials,
        "parallel_trials": change.parallel_trials,
    }
