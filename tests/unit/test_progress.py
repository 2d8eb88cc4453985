"""What a person sees of a search while it runs: it fits, is true, and keeps out of the way."""

import fcntl
import io
import os
import pty
import re
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from rich.console import Console

from hpsearch.common.text import clock, duration, kind_of, number, numbers, parameters
from hpsearch.common.trial import Measurement, TrialRecord, TrialState, Value
from hpsearch.display.board import Board
from hpsearch.display.columns import Column, lines
from hpsearch.display.drawing import draw
from hpsearch.display.live_table import LiveTable, choose_display
from hpsearch.display.plain_lines import PlainLines, Silence
from hpsearch.engine import Display
from hpsearch.experiment import Experiment
from tests.support import make_experiment

SPACE = {
    f"parameter_{letter}": {"type": "float", "low": 0.0, "high": 1.0} for letter in "abcdefghij"
}
REASON = "median: best value until step 5: 0.1107, below the median 0.8813 of 8 complete trials"


def make_board(running: int = 2, finished: int = 8, records: tuple[TrialRecord, ...] = ()) -> Board:
    """Return a board in the middle of a search."""
    experiment = make_experiment(space=SPACE, budget={"trials": 100}, name="a" * 90)
    board = Board(experiment, records, seconds=0.0)
    for index in range(finished):
        board.started(begun(index))
        board.finished(ended(index, value=float(index % 5)))
    for index in range(finished, finished + running):
        board.started(begun(index))
        board.measured(begun(index), [point(1), point(2)])
    return board


def begun(index: int, attempt: int = 1) -> TrialRecord:
    params: Mapping[str, Value] = dict.fromkeys(SPACE, index / 7)
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    return TrialRecord(index, index, params, TrialState.RUNNING, moment, attempt=attempt)


def ended(index: int, value: float = 1.0, state: TrialState | None = None) -> TrialRecord:
    state = state or (TrialState.COMPLETE if index % 2 == 0 else TrialState.PRUNED)
    reason = "" if state is TrialState.COMPLETE else REASON
    values = () if state is TrialState.FAILED else (value,)
    step = None if state is TrialState.FAILED else 2
    measured = replace(begun(index), measurements=(point(1), point(2)))
    return measured.changed(state, values=values, best_step=step, reason=reason)


def point(step: int, seconds: float | None = None, **metrics: float) -> Measurement:
    everything = {"value": 0.5, "loss": 2.0, "epoch": 3.0, "other": 0.25, **metrics}
    return Measurement(step, everything, step / 10 if seconds is None else seconds)


# ---- the picture ---------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [20, 40, 80, 120, 200])
@pytest.mark.parametrize("height", [4, 10, 24, 60])
@pytest.mark.parametrize("running", [0, 1, 2, 64])
def test_the_picture_never_outgrows_the_terminal(width: int, height: int, running: int) -> None:
    picture = draw(make_board(running), ["something happened " * 20], width, height).plain
    assert len(picture.splitlines()) <= height
    assert max(len(line) for line in picture.splitlines()) <= width


@pytest.mark.parametrize("width", [80, 200])
def test_the_picture_shows_what_matters_at_any_width(width: int) -> None:
    picture = draw(make_board(), [], width, 24).plain
    for needed in ("8 of 100", "4 complete", "4 pruned", "0 failed", "elapsed", "left"):
        assert needed in picture
    assert "value 4.000  trial 4 at step 2  parameter_a 0.571" in picture
    assert "trial  step   value  steps/s" in picture
    assert "median: best value" in picture


def test_a_wide_terminal_shows_more_columns_and_no_half_ones() -> None:
    narrow, wide = (draw(make_board(), [], width, 24).plain for width in (80, 200))
    assert "parameter_a" in narrow.splitlines()[4] and "parameter_c" not in narrow.splitlines()[4]
    assert "parameter_j" in wide.splitlines()[4]


def test_more_trials_than_lines_are_counted_rather_than_shown() -> None:
    assert "more running" in draw(make_board(running=64), [], 80, 20).plain


def test_a_metric_that_was_seen_keeps_its_column_while_a_trial_has_not_reported_yet() -> None:
    board = make_board()
    for index in list(board.running):
        board.finished(ended(index))
    board.started(begun(50))
    assert "loss" in draw(board, [], 80, 24).plain


def test_a_further_attempt_is_marked() -> None:
    board = make_board()
    assert "attempt" not in draw(board, [], 80, 24).plain
    board.started(begun(60, attempt=2))
    assert "attempt" in draw(board, [], 80, 24).plain


def test_a_failed_trial_shows_why_and_no_value() -> None:
    board = make_board(finished=0)
    board.finished(ended(0, state=TrialState.FAILED))
    picture = draw(board, [], 80, 24).plain
    assert "1 failed" in picture and "no trial is complete yet" in picture


def test_text_of_the_user_is_not_taken_for_markup() -> None:
    board = make_board(finished=0)
    board.finished(replace(ended(0, state=TrialState.FAILED), reason="[red]list[int] :smile:"))
    assert "[red]list[int] :smile:" in draw(board, [], 120, 24).plain


def test_a_message_cannot_steer_the_terminal() -> None:
    board = make_board(finished=0)
    reason = "\x1b[31mred\x1b[0m \x1b]0;title\x07 \r\x9b2Jgone"
    board.finished(replace(ended(0, state=TrialState.FAILED), reason=reason))
    picture = draw(board, [], 120, 24).plain
    assert "red" in picture and not set("\x1b\x07\r\x9b") & set(picture)


def test_a_cell_of_wide_characters_is_cut_where_the_terminal_ends() -> None:
    column = Column("title", ["日本語" * 40], flexible=True)
    assert all(line.cell_len <= 30 for line in lines([column], 30))


# ---- the numbers ---------------------------------------------------------------------------------


def test_speed_is_measured_over_the_last_reports() -> None:
    board = make_board(finished=0, running=0)
    board.measured(begun(0), [point(step, seconds=step / 50) for step in (100, 200, 300)])
    assert board.running[0].speed == pytest.approx(50)


def test_speed_is_taken_from_the_trainable_where_it_reports_it() -> None:
    board = make_board(finished=0, running=0)
    board.measured(begun(0), [point(100, steps_per_second=7.0)])
    assert board.running[0].speed == 7.0
    assert "steps_per_second" not in draw(board, [], 200, 24).plain


def test_time_goes_on_where_an_earlier_run_left_off() -> None:
    board = make_board(finished=0, records=(replace(ended(0), search_seconds=600.0),))
    assert board.seconds == pytest.approx(600, abs=60)
    assert board.finished_trials == 1


def test_the_time_left_is_that_of_the_tighter_budget() -> None:
    experiment = make_experiment(budget={"trials": 10_000, "minutes": 2})
    board = Board(experiment, (), seconds=0.0)
    assert board.seconds_left == pytest.approx(120, abs=60)
    time.sleep(0.1)
    board.finished(ended(0))
    assert board.seconds_left is not None and board.seconds_left <= 120
    board.end()
    assert board.seconds_left is None


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.99, "0.9900"),
        (98.125, "98.12"),
        (1234.5, "1234"),
        (123456.0, "123456"),
        (1.5e-7, "1.500e-07"),
        (float("nan"), "nan"),
        (None, "-"),
    ],
)
def test_numbers_have_four_significant_digits(value: float | None, text: str) -> None:
    assert number(value) == text


def test_words_for_numbers_and_times() -> None:
    assert numbers([1.0, None, 3.0]) == ["1", "-", "3"]
    assert numbers([1.0, 0.5]) == ["1.000", "0.5000"]
    assert (clock(41), clock(725), clock(3725)) == ("0:41", "12:05", "1:02:05")
    assert (duration(0.44), duration(41), duration(725)) == ("0.4 s", "41 s", "12 min 5 s")
    assert duration(3725) == "1 h 2 min"
    assert parameters({"a": 0.123456, "b": None, "c": True}, 20) == "a 0.123, b null, …"


def test_reasons_that_differ_in_numbers_alone_are_alike() -> None:
    one = "median: best value until step 5: -0.11, below the median 1e-3 of 8 complete trials"
    other = "median: best value until step 12: 3, below the median 9.5 of 40 complete trials\nmore"
    assert kind_of(one) == kind_of(other)


# ---- the displays --------------------------------------------------------------------------------


@pytest.fixture
def written() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def plain(written: io.StringIO) -> Iterator[PlainLines]:
    display = PlainLines(Console(file=written, width=1000), heartbeat_seconds=0.05)
    yield display
    display.close()


def go_through(display: Display, experiment: Experiment) -> None:
    display.phase("starting Ray")
    display.begin(experiment, [ended(0)], 2, 3.0)
    display.started(begun(1))
    display.measured(begun(1), [point(1), point(2)])
    display.notice("MLflow does not answer")
    display.finished(ended(1, 0.25))
    display.started(begun(2))
    display.finished(ended(2, 9.0))
    display.end()
    display.phase("registering the model")


def test_plain_lines_say_what_began_and_what_ended(plain: PlainLines, written: io.StringIO) -> None:
    go_through(plain, make_experiment(space=SPACE))
    plain.close()
    text = written.getvalue()
    for needed in (
        "starting Ray …\n",
        "searching sample: 4 trials, 2 at a time\n",
        "resuming after 1 trial, best value 1.000 (trial 0)\n",
        "trial 1 started: parameter_a 0.143",
        f"trial 1 pruned: {REASON}\n",
        "trial 2 complete: value 9.000 at step 2, 0.2 s (best so far)\n",
        "MLflow does not answer\n",
        "registering the model …\n",
    ):
        assert needed in text
    assert "\x1b" not in text


def test_a_paused_trial_is_named_when_promoted_and_counted_when_it_never_is(
    plain: PlainLines, written: io.StringIO
) -> None:
    plain.begin(make_experiment(space=SPACE), [], 2, 0.0)
    for index in (1, 3):
        plain.started(begun(index))
        plain.paused(replace(begun(index), state=TrialState.PAUSED, reason="asha: ranked 2 of 2"))
    plain.started(replace(begun(1, attempt=2), measurements=(point(4),)))
    plain.finished(ended(3))
    plain.end()
    plain.close()
    text = written.getvalue()
    assert "trial 1 goes on from step 4: it was promoted\n" in text and "attempt" not in text
    assert "1 paused trial never promoted: pruned\n" in text and "trial 3 pruned" not in text


def test_columns_left_out_are_counted_and_long_messages_wrap() -> None:
    columns = [Column(name, ["1" * 10]) for name in "abcd"]
    assert lines(columns, 30)[0].plain.split() == ["a", "b", "+2"]
    picture = draw(make_board(), ["word " * 40], 80, 24).plain
    assert picture.count("word") == 40


def test_a_silent_search_gives_a_sign_of_life(plain: PlainLines, written: io.StringIO) -> None:
    plain.begin(make_experiment(), [ended(0)], 2, 0.0)
    plain.started(begun(1))
    plain.measured(begun(1), [point(7)])
    wait_for(lambda: "1 of 4 trials finished, 1 running (1 at step 7), best" in written.getvalue())


def test_a_signal_handler_may_speak_while_the_board_is_locked(written: io.StringIO) -> None:
    for display in (PlainLines(Console(file=written)), LiveTable(terminal(written, 80))):
        display.begin(make_experiment(), [], 2, 0.0)
        board = display._board
        assert board is not None
        with board.lock:
            display.notice("stopping")
        display.end()
        display.close()
    assert written.getvalue().count("stopping") >= 2


@pytest.mark.parametrize("width", [80, 200])
def test_the_live_table_gives_the_terminal_back(written: io.StringIO, width: int) -> None:
    display = LiveTable(terminal(written, width))
    go_through(display, make_experiment(space=SPACE))
    display.close()
    text = written.getvalue()
    assert text.count("\x1b[?25l") == text.count("\x1b[?25h") > 0  # the cursor, hidden and shown
    assert "9.000" in text and "MLflow does not answer" in text


def test_quiet_shows_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    display = choose_display(quiet=True)
    assert isinstance(display, Silence)
    go_through(display, make_experiment(space=SPACE))
    display.close()
    assert capfd.readouterr() == ("", "")


def test_a_pipe_gets_plain_lines(capsys: pytest.CaptureFixture[str]) -> None:
    display = choose_display(quiet=False)
    assert isinstance(display, PlainLines)
    display.close()


TERMINAL_SCRIPT = """
from hpsearch.display.live_table import LiveTable, choose_display
from tests.support import make_experiment
from tests.unit.test_progress import SPACE, go_through
display = choose_display(quiet=False)
assert isinstance(display, LiveTable)
go_through(display, make_experiment(space=SPACE))
display.close()
"""


@pytest.mark.parametrize("width", [80, 200])
def test_a_terminal_gets_the_live_table_in_its_own_width(width: int) -> None:
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, width, 0, 0))
    surroundings = {name: text for name, text in os.environ.items() if name != "COLUMNS"}
    subprocess.run(
        [sys.executable, "-c", TERMINAL_SCRIPT],
        env={**surroundings, "TERM": "xterm-256color"},
        cwd=Path(__file__).parents[2],
        stdout=theirs,
        stderr=theirs,
        timeout=300,
        check=True,
    )
    os.close(theirs)
    shown = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", read_all(ours))
    found = re.split(r"[\r\n]+", shown)
    assert max(map(len, found)) <= width
    assert any(len(line) > width - 20 for line in found), "the width is not used"
    assert any("value 9.000  trial 2 at step 2" in line for line in found)


def read_all(terminal: int) -> str:
    parts = []
    with suppress(OSError):  # so Linux says that nobody holds the other end
        while part := os.read(terminal, 65536):
            parts.append(part)
    os.close(terminal)
    return b"".join(parts).decode()


def terminal(file: io.StringIO, width: int) -> Console:
    return Console(file=file, force_terminal=True, width=width, height=24, legacy_windows=False)


def wait_for(condition: Callable[[], bool], seconds: float = 300.0) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it never came"
        time.sleep(0.02)
