"""The schedule of a trial: which hyperparameters held from which step to which."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hpsearch.common.text import parameters
from hpsearch.common.trial import TrialRecord


@dataclass(frozen=True)
class Stretch:
    """The steps after `after`, -1 at the start, up to `until`: those of the trial `record`."""

    record: TrialRecord
    after: int
    until: int | None

    def as_data(self) -> dict[str, Any]:
        """Return it as plain data, secrets hidden."""
        params = self.record.shown_params
        return {
            "trial": self.record.number,
            "after": self.after,
            "until": self.until,
            "params": params,
        }

    def words(self, names: Sequence[str]) -> str:
        """Return it in a line, with the hyperparameters of these names."""
        shown = {n: v for n, v in self.record.shown_params.items() if n in names}
        begin = "from the start" if self.after < 0 else f"after step {self.after}"
        end = "" if self.until is None else f" to step {self.until}"
        return f"{begin}{end}: {parameters(shown)}  trial {self.record.number}"


def schedule_of(record: TrialRecord, records: Sequence[TrialRecord]) -> list[Stretch]:
    """Return the stretches of a trial that started from another one; empty for other trials."""
    if record.parent is None:
        return []
    found, until = [Stretch(record, record.from_step, record.last_step)], record.from_step
    parent: int | None = record.parent
    while parent is not None:
        one = records[parent]
        found.append(Stretch(one, one.from_step, until))
        parent, until = one.parent, one.from_step
    return found[::-1]
