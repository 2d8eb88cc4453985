"""What the search cost: hours of training by what became of the trials."""

from dataclasses import dataclass

from matplotlib.axes import Axes

from hpsearch.common.text import count, duration
from hpsearch.common.trial import TrialState
from hpsearch.reports.canvas import INK, MUTED, RUNNING, Picture, plot
from hpsearch.reports.history import MARKS
from hpsearch.reports.subject import Subject


@dataclass(frozen=True)
class Cost:
    """The time of training that went into trials of one kind."""

    kind: str
    trials: int
    seconds: float
    colour: str


def costs(subject: Subject) -> list[Cost]:
    """Return what was spent on complete, pruned, failed and unfinished trials."""
    unfinished = tuple(state for state in TrialState if not state.is_finished)
    kinds: list[tuple[str, tuple[TrialState, ...], str]] = [
        *((str(state), (state,), mark[0]) for state, mark in MARKS.items()),
        ("unfinished", unfinished, RUNNING),
    ]
    found = []
    for kind, states, colour in kinds:
        seconds = [record.seconds for record in subject.records if record.state in states]
        found.append(Cost(kind, len(seconds), sum(seconds), colour))
    return [cost for cost in found if cost.trials]


def cost(subject: Subject) -> Picture:
    """Return one bar for each kind of trial."""
    found = costs(subject)
    total = sum(one.seconds for one in found) or 1.0
    picture, axes = plot("cost", "Cost", height=0.7 + 0.4 * len(found))
    bars = axes.barh(
        [one.kind for one in found],
        [one.seconds for one in found],
        color=[one.colour for one in found],
        height=0.62,
    )
    texts = [
        f"{duration(one.seconds)}, {one.seconds / total:.0%}, {count(one.trials, 'trial')}"
        for one in found
    ]
    axes.bar_label(bars, texts, padding=4, color=INK)
    axes.set_xlim(0, 1.5 * max(one.seconds for one in found) or 1)
    _bare(axes)
    _notes(picture, subject)
    return picture


def _bare(axes: Axes) -> None:
    axes.invert_yaxis()
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)
    axes.tick_params(bottom=False, left=False, labelbottom=False, labelcolor=MUTED)


def _notes(picture: Picture, subject: Subject) -> None:
    picture.note("Time of training, all attempts of a trial together.")
    again = sum(record.attempt > 1 for record in subject.records)
    if again:
        is_pausing = subject.experiment.pruner.type in ("asha", "auto")
        promoted = ", promotions included" if is_pausing else ""
        picture.note(f"{count(again, 'trial')} took more than one attempt{promoted}.")
