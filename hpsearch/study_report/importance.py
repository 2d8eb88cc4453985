"""How much each hyperparameter mattered."""

from hpsearch.study_report.canvas import ACCENT, INK, Picture, label, plot
from hpsearch.study_report.subject import Subject


def importance(subject: Subject) -> Picture:
    """Return one bar a hyperparameter."""
    shares = subject.importance.shares
    picture, axes = plot("importance", "Importance", height=0.7 + 0.32 * len(shares))
    names = [label(name) for name in shares]
    bars = axes.barh(names, list(shares.values()), color=ACCENT, height=0.62)
    texts = ["under 1%" if share < 0.01 else f"{share:.0%}" for share in shares.values()]
    axes.bar_label(bars, texts, padding=4, color=INK)
    axes.invert_yaxis()
    axes.set_xlim(0, 1.08 * max(shares.values()))
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)
    axes.tick_params(bottom=False, left=False, labelbottom=False, labelcolor=INK)
    picture.note(subject.importance.explanation)
    return picture
