"""A search's board as a picture that is never wider nor higher than the terminal."""

from collections.abc import Iterator, Sequence

from rich.text import Text

from hpsearch.analysis import shown_names
from hpsearch.common.text import clock, number, numbers, parameter, parameters, span, values
from hpsearch.common.trial import TrialRecord, TrialState
from hpsearch.display.board import SPEED_METRIC, Board, Running
from hpsearch.display.columns import Column, cut, lines, metric_column, wrapped

STATE_STYLES = {
    TrialState.WAITING: "dim",
    TrialState.RUNNING: "cyan",
    TrialState.PAUSED: "magenta",
    TrialState.COMPLETE: "green",
    TrialState.PRUNED: "yellow",
    TrialState.FAILED: "red",
    TrialState.INFEASIBLE: "blue",
}

LONGEST_NAME = 40
"""A study's name may have 100 characters; the times beside it matter more."""


def draw(board: Board, notices: Sequence[str], width: int, height: int) -> Text:
    """Return the whole picture, at most `width` columns and `height` lines."""
    with board.lock:
        head = _head(board, width)
        tail = [Text(one, "yellow") for notice in notices for one in wrapped(notice, width)]
        room = height - len(head) - len(tail)
        recent = _recent(board, width)[: max(0, room - min(len(board.running), 4) - 2)]
        running = _running(board, width)
        running = _cropped(running, max(0, room - len(recent)), width)
        return Text("\n").join([*head, *running, *recent, *tail][:height])


def _head(board: Board, width: int) -> list[Text]:
    """Return study and time, counts, and the best trial, one line each."""
    found = [_times(board), _counts(board), _best(board, width), *_prospect(board, width), Text("")]
    for line in found:
        line.truncate(width, overflow="ellipsis")
    return found


def _times(board: Board) -> Text:
    left = board.seconds_left
    remaining = f", ~{clock(left)} left" if left is not None else ""
    name = cut(board.experiment.name, LONGEST_NAME)
    times = f"  {clock(board.seconds)} elapsed{remaining}"
    return Text.assemble(("study   ", "dim"), (name, "bold"), times)


def _counts(board: Board) -> Text:
    line = Text.assemble(("trials  ", "dim"))
    line.append(f"{board.finished_trials} of {board.experiment.budget.trials}")
    for state in (TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAILED):
        amount = board.counts[state]
        line.append("  ")
        line.append(f"{amount} {state}", STATE_STYLES[state] if amount else "dim")
    if infeasible := board.counts[TrialState.INFEASIBLE]:
        line.append(f"  {infeasible} infeasible", STATE_STYLES[TrialState.INFEASIBLE])
    if board.paused_trials:
        line.append(f"  {len(board.paused_trials)} paused", STATE_STYLES[TrialState.PAUSED])
    return line


def _best(board: Board, width: int) -> Text:
    best = board.best
    line = Text.assemble(("best    ", "dim"))
    if best is None:
        return line.append("no trial is complete yet", "dim")
    step = f" at step {best.value_step}" if best.value_step is not None else ""
    line.append(values(best, board.goals), "bold green").append(f"  trial {best.number}{step}  ")
    return line.append(parameters(board.searched(best), width - line.cell_len), "dim")


def _prospect(board: Board, width: int) -> list[Text]:
    """Return what more searching promises, once that can be told."""
    found = board.meter.prospect(board.seconds)
    if found is None:
        return []
    labels = ["outlook ", *[" " * 8] * 9]
    said = zip(labels, wrapped(found.words, width - 8), strict=False)
    return [Text.assemble((label, "dim"), line) for label, line in said]


def _running(board: Board, width: int) -> list[Text]:
    rows = [board.running[number] for number in sorted(board.running)]
    if not rows:
        return []
    return [*lines(_running_columns(board, rows), width), Text("")]


def _running_columns(board: Board, rows: Sequence[Running]) -> list[Column]:
    """Return the columns in order of importance: what does not fit is left out from the end."""
    objectives = [goal.metric for goal in board.goals]
    others = [name for name in board.metrics if name not in (*objectives, SPEED_METRIC)]
    metrics = [
        metric_column(name, numbers(row.metrics.get(name) for row in rows))
        for name in [*objectives, *others[:4]]
    ]
    return [
        metric_column("trial", [str(row.record.number) for row in rows]),
        metric_column("step", ["-" if row.step is None else str(row.step) for row in rows]),
        *metrics[: len(objectives)],
        metric_column("steps/s", [number(row.speed, 3) for row in rows]),
        metric_column("time", [clock(board.running_seconds(row)) for row in rows]),
        *_repeats(rows),
        *_attempts(rows),
        *metrics[len(objectives) :],
        *_parameter_columns(board, [row.record for row in rows]),
    ]


def _repeats(rows: Sequence[Running]) -> list[Column]:
    """Return the column of the search's trials that a confirmation repeats."""
    repeats = [row.record.repeats for row in rows]
    if None in repeats:
        return []
    return [metric_column("repeats", [str(number) for number in repeats])]


def _attempts(rows: Sequence[Running]) -> list[Column]:
    """Return the column of attempts if some trial needed more than one."""
    attempts = [row.record.attempt for row in rows]
    if max(attempts) == 1:
        return []
    return [Column("attempt", [str(n) if n > 1 else "" for n in attempts], right=True)]


def _parameter_columns(board: Board, records: Sequence[TrialRecord]) -> Iterator[Column]:
    found = [board.searched(record) for record in records]
    for name in shown_names(board.experiment):
        cells = [parameter(one[name]) if name in one else "" for one in found]
        yield Column(name, cells, ["dim"] * len(cells), right=True)


def _recent(board: Board, width: int) -> list[Text]:
    rows = list(board.recent)
    if not rows:
        return []
    columns = [
        metric_column("ended", [str(row.number) for row in rows]),
        Column("state", [row.state for row in rows], [STATE_STYLES[row.state] for row in rows]),
        *(
            metric_column(goal.metric, numbers(_value(row, index) for row in rows))
            for index, goal in enumerate(board.goals)
        ),
        metric_column(
            "at step", ["-" if r.value_step is None else str(r.value_step) for r in rows]
        ),
        metric_column("time", [span(row.seconds) for row in rows]),
        Column("", [row.reason for row in rows], ["dim"] * len(rows), flexible=True),
    ]
    return lines(columns, width)


def _value(record: TrialRecord, index: int) -> float | None:
    return record.values[index] if index < len(record.values) else None


def _cropped(found: list[Text], room: int, width: int) -> list[Text]:
    """Return at most `room` lines; the last one says how many are left out."""
    if len(found) <= room or room < 2:
        return found[:room]
    kept = found[: room - 2]
    rest = len(found) - len(kept) - 1
    return [*kept, Text(cut(f"… and {rest} more running", width), "dim"), Text("")]
