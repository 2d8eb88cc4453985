"""A trial's learning curve, drawn with the dots of Braille: two by four in each character."""

from itertools import pairwise

from rich.text import Text

from hpsearch.common.goal import Goal, has_value
from hpsearch.common.text import number, numbers
from hpsearch.common.trial import TrialRecord
from hpsearch.display.columns import cut
from hpsearch.display.drawing import STATE_STYLES

ROWS = 8
MOST_COLUMNS = 100
"""A curve is no better for being wider."""

DOTS = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))
"""The bit of each dot, by column and row, from the empty character on."""
EMPTY = 0x2800


def curve_chart(record: TrialRecord, goal: Goal, width: int) -> list[Text]:
    """Return the metric by step and its end, or nothing if there are fewer than two steps."""
    points = [(m.step, m.metrics[goal.metric]) for m in record.measurements if has_value(m, goal)]
    steps, found = [step for step, _ in points], [value for _, value in points]
    if len(points) < 2 or steps[0] == steps[-1]:
        return []
    labels = numbers([max(found), min(found)])
    gutter = max(map(len, labels))
    columns = min(width - gutter - 2, MOST_COLUMNS)
    if columns < len(f"{steps[0]}{steps[-1]}") + 8:
        return []
    lines = [Text(cut(f"{'':>{gutter}}  {goal.metric}", width), "dim")]
    for row, cells in enumerate(_cells(points, columns)):
        label = {0: labels[0], ROWS - 1: labels[1]}.get(row, "")
        axis = (f"{label:>{gutter}} ┤", "dim")
        lines.append(Text.assemble(axis, (cells, STATE_STYLES[record.state])))
    scale = f"{steps[0]}{'step':^{columns - len(f'{steps[0]}{steps[-1]}')}}{steps[-1]}"
    lines += [Text(f"{'':>{gutter}}  {scale}", "dim")]
    if record.state.is_finished:
        why = f": {record.reason}" if record.reason else ""
        end = f"{record.state} at step {steps[-1]} with {number(found[-1])}{why}"
        lines.append(Text(cut(f"{'':>{gutter}}  {end}", width), STATE_STYLES[record.state]))
    return lines


def _cells(points: list[tuple[int, float]], columns: int) -> list[str]:
    """Return the rows of characters, the highest values first."""
    low, high = min(value for _, value in points), max(value for _, value in points)
    bits = [[0] * columns for _ in range(ROWS)]
    before = -1
    for x in range(2 * columns):
        share = (_at(points, x / (2 * columns - 1)) - low) / (high - low) if high > low else 0.5
        y = round((1 - share) * (4 * ROWS - 1))
        before = y if before < 0 else before
        for dot in range(min(y, before), max(y, before) + 1):
            bits[dot // 4][x // 2] |= DOTS[x % 2][dot % 4]
        before = y
    return ["".join(chr(EMPTY + cell) for cell in row).rstrip(chr(EMPTY)) for row in bits]


def _at(points: list[tuple[int, float]], share: float) -> float:
    """Return the value after a share of the steps, on a straight line between measurements."""
    step = points[0][0] + share * (points[-1][0] - points[0][0])
    for (left, one), (right, other) in pairwise(points):
        if step <= right:
            return one + (other - one) * (step - left) / (right - left)
    return points[-1][1]
