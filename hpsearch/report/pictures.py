"""Which pictures a study gets: only those that there is something to see in."""

from hpsearch.report.canvas import Picture, png, style
from hpsearch.report.costs import cost
from hpsearch.report.curves import learning_curves
from hpsearch.report.history import history
from hpsearch.report.parameters import importance, parallel, slices
from hpsearch.report.subject import Subject
from hpsearch.trial import is_finite


def draw(subject: Subject) -> list[Picture]:
    """Return the pictures in the order of the page; within `canvas.style` alone."""
    measured = any(is_finite(m, subject.goal) for r in subject.records for m in r.measurements)
    valued = any(record.values for record in subject.records)
    found = [history(subject)] if valued else []
    found += [learning_curves(subject)] if measured else []
    found += [importance(subject)] if subject.importance.shares else []
    if subject.names:
        found += [parallel(subject)] if subject.complete else []
        found += [slices(subject, subject.names)] if valued else []
    return [*found, *([cost(subject)] if subject.records else [])]


def as_files(subject: Subject) -> dict[str, bytes]:
    """Return every picture as PNG, by the name of its file."""
    with style():
        return {f"{picture.name}.png": png(picture) for picture in draw(subject)}
