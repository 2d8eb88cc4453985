"""How the Pareto front grew: its hypervolume after each complete trial."""

from hpsearch.analysis import hypervolumes
from hpsearch.reports.canvas import ACCENT, Picture, plot
from hpsearch.reports.subject import Subject


def hypervolume(subject: Subject) -> Picture:
    """Return the hypervolume of the front by trial, in the order in which trials ended."""
    ended = sorted(subject.complete, key=lambda one: (one.finished or one.started, one.number))
    values = hypervolumes(ended, subject.experiment.goals)
    picture, axes = plot("hypervolume", "Hypervolume of the Pareto front", height=2.6)
    steps = [*range(1, len(values) + 1)]
    axes.step(steps, values, where="post", color=ACCENT, linewidth=1.8)
    marks = axes.scatter(steps, values, s=18, color=ACCENT)
    picture.tell(marks, ended, subject.tip)
    axes.set_xlabel("complete trials")
    axes.set_ylim(0, 1.02)
    picture.note(
        "The share of the box between the best and the worst value of each objective that the "
        "front dominates."
    )
    return picture
