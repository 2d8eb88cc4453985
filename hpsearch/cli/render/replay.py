"""A replay: the decisions that differ, or what another strategy would have done.

As text and as data.
"""

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from rich.text import Text

from hpsearch.cli.output import facts
from hpsearch.common.text import count, duration, listed, printable
from hpsearch.display.columns import Column, lines, metric_column

if TYPE_CHECKING:
    from hpsearch.strategies import Rerun
    from hpsearch.usecases import Side, WhatIf

MOST_ROWS = 40
"""Differences that are shown; `--json` has all."""

MOST_EARLIER = 10
"""Trials that are shown of those that would have been stopped earlier, the costliest first."""


def rerun_table(found: "Rerun", width: int) -> list[Text]:
    """Return one line for each decision that differs."""
    shown = found.differences[:MOST_ROWS]
    columns = [
        metric_column("trial", [str(one.trial) for one in shown]),
        Column("decision", [one.kind for one in shown]),
        metric_column("step", ["" if one.step is None else str(one.step) for one in shown]),
        Column("recorded", [printable(one.recorded) for one in shown]),
        Column("replayed", [printable(one.replayed) for one in shown], flexible=True),
    ]
    return [*lines(columns, width), Text()] if shown else []


def rerun_text(study: str, found: "Rerun") -> Text:
    """Return what was decided again, and how much of it differs."""
    promotions = f" and {count(found.promotions, 'promotion')}" if found.promotions else ""
    decided = f"{count(found.proposals, 'proposal')}, {count(found.reports, 'report')}{promotions}"
    differing = len(found.differences)
    if not differing:
        return Text(f"{study}: {decided} decided again: all as recorded.")
    first = found.differences[0].trial
    return Text(f"{study}: {decided} decided again: {differing} differ, first in trial {first}.")


def causes(found: "Rerun") -> list[str]:
    """Return what a person should know of a replay, and what may have made it differ."""
    notes = []
    if found.given:
        notes.append(f"{count(found.given, 'trial')} had been given: nothing proposed them.")
    if found.outside:
        trials, are = count(found.outside, "trial"), "are" if found.outside > 1 else "is"
        notes.append(
            f"{trials} {are} none of the experiment since an amendment: not proposed again."
        )
    if found.differences:
        notes.append(
            "the replay decides with the sampler, the pruner and the options of the last run, in "
            "the space as it is now: if they were changed or amended, earlier decisions differ."
        )
    if found.differences and not found.knows_order:
        notes.append(
            "an earlier version wrote this journal: it does not say which proposals were made "
            "ahead, so with several slots they may differ."
        )
    return notes


def rerun_data(study: str, found: "Rerun") -> dict[str, Any]:
    """Return the replay as `--json` has it."""
    return {"study": study, "equal": not found.differences, **asdict(found)}


def what_if_text(found: "WhatIf", width: int) -> list[Text]:
    """Return both sides, one fact after another, and the trials that would have ended earlier."""
    recorded, replayed = found.recorded, found.replayed
    at_once = f"{found.slots} at a time"
    rows = [
        ("sampler", found.sampler),
        ("pruner", found.pruner),
        ("recorded", _side(recorded, at_once)),
        ("replayed", _side(replayed, at_once)),
        ("saved", _saved(recorded, replayed)),
        ("best", _best(found)),
    ]
    return [*facts(rows, width), *_earlier_table(found, width)]


def _side(side: "Side", at_once: str) -> str:
    ends = f"{side.complete} complete, {side.stopped} stopped"
    ends += f", {side.infeasible} infeasible" if side.infeasible else ""
    ends += f", {side.failed} failed" if side.failed else ""
    return f"{ends}; {duration(side.seconds)} of training, {duration(side.elapsed)} {at_once}"


def _saved(recorded: "Side", replayed: "Side") -> str:
    saved = recorded.seconds - replayed.seconds
    if not recorded.seconds:
        return "nothing: no trial took measurable time"
    return f"{duration(max(0.0, saved))} of training, {max(0.0, saved) / recorded.seconds:.0%}"


def _best(found: "WhatIf") -> str:
    recorded, replayed = found.recorded, found.replayed
    if recorded.best is None:
        return "no trial is complete"
    text = f"trial {recorded.best} after {duration(recorded.best_after or 0.0)}"
    if found.found:
        return f"{text}; found again after {duration(replayed.best_after or 0.0)}"
    instead = f"trial {replayed.best} with {_values(replayed)}"
    instead = "no trial" if replayed.best is None else instead
    return f"{text} with {_values(recorded)}; not found again: the best would be {instead}"


def _values(side: "Side") -> str:
    return ", ".join(f"{value:.6g}" for value in side.values)


def _earlier_table(found: "WhatIf", width: int) -> list[Text]:
    shown = sorted(found.earlier, key=lambda one: -one.seconds)[:MOST_EARLIER]
    columns = [
        metric_column("trial", [str(one.trial) for one in shown]),
        metric_column("ends at step", [str(one.step) for one in shown]),
        metric_column("ended at", [str(one.recorded_step) for one in shown]),
        metric_column("saves", [duration(one.seconds) for one in shown]),
    ]
    rest = len(found.earlier) - len(shown)
    more = [Text(f"and {count(rest, 'trial')} more; `--json` has all", "dim")] if rest else []
    return [Text(), *lines(columns, width), *more] if shown else []


def limits(found: "WhatIf") -> list[str]:
    """Return what is not known of the other strategy."""
    notes = []
    if found.unknown:
        notes.append(
            f"{count(len(found.unknown), 'trial')} would have gone on ({listed(found.unknown)}), "
            "and nobody knows to what: their further hours are not counted."
        )
    if found.untried:
        notes.append(f"{count(found.untried, 'trial')} would not have been tried.")
    if found.unmeasured:
        said = count(found.unmeasured, "trial")
        notes.append(f"{said} that never reported the objective left out, on both sides.")
    return notes


def what_if_data(study: str, found: "WhatIf") -> dict[str, Any]:
    """Return it as `--json` has it; times in seconds."""
    sides = {"recorded": found.recorded, "replayed": found.replayed}
    return {
        "study": study,
        "sampler": found.sampler,
        "pruner": found.pruner,
        "slots": found.slots,
        **{name: _side_data(side) for name, side in sides.items()},
        "saved_seconds": found.recorded.seconds - found.replayed.seconds,
        "found": found.found,
        "earlier": _as_data(found.earlier),
        "unknown": list(found.unknown),
        "untried": found.untried,
        "unmeasured": found.unmeasured,
    }


def _side_data(side: "Side") -> dict[str, Any]:
    best = None if side.best is None else {"number": side.best, "values": list(side.values)}
    return {
        "complete": side.complete,
        "stopped": side.stopped,
        "infeasible": side.infeasible,
        "failed": side.failed,
        "training_seconds": side.seconds,
        "elapsed_seconds": side.elapsed,
        "best": best,
        "best_after_seconds": side.best_after,
    }


def _as_data(rows: Sequence[Any]) -> list[dict[str, Any]]:
    return [asdict(row) for row in rows]
