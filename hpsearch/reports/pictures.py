"""Which pictures a study gets: only those that show something."""

from hpsearch.common.goal import has_value
from hpsearch.reports.canvas import Picture, png, style
from hpsearch.reports.costs import cost
from hpsearch.reports.curves import learning_curves
from hpsearch.reports.history import history
from hpsearch.reports.importance import importance
from hpsearch.reports.parallel import parallel
from hpsearch.reports.slices import slices
from hpsearch.reports.subject import Subject
from hpsearch.reports.volume import hypervolume


def draw(subject: Subject, *, apart: bool) -> list[list[Picture]]:
    """Return the pictures in the order of the page; call it within `canvas.style`.

    `apart` gives every slice a picture of its own, so that the page can arrange them.
    """
    measured = any(has_value(m, subject.goal) for r in subject.records for m in r.measurements)
    valued = any(record.values for record in subject.records)
    found = [[history(subject)]] if valued else []
    if len(subject.experiment.goals) > 1 and subject.complete:
        found += [[hypervolume(subject)]]
    found += [[learning_curves(subject)]] if measured else []
    found += [[importance(subject)]] if subject.importance.shares else []
    if subject.names and valued:
        found += [[parallel(subject)]] if subject.complete else []
        groups = [[name] for name in subject.names] if apart else [subject.names]
        found += [[slices(subject, names) for names in groups]]
    return [*found, *([[cost(subject)]] if subject.records else [])]


def as_files(subject: Subject) -> dict[str, bytes]:
    """Return every picture as PNG, by the name of its file."""
    with style():
        return {f"{one.name}.png": png(one) for (one,) in draw(subject, apart=False)}
