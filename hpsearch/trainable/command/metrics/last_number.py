"""The result: a number on the last line of stdout."""

from collections.abc import Sequence

from hpsearch.trainable.command.lines import Line
from hpsearch.trainable.command.metrics.row import Row, number


class LastNumber:
    """One number at the end, with no step: the trial's result."""

    place = "a number alone on the last line of stdout"

    def __init__(self) -> None:
        self.result: float | None = None

    def rows(self, lines: Sequence[Line], *, ended: bool) -> Sequence[Row]:
        printed = [line.text for line in lines if not line.is_error and line.text.strip()]
        if printed:
            self.result = number(printed[-1])
        return ()
