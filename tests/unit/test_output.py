"""What a worker prints is kept, whoever prints it and however the process ends."""

import logging
import os
import re
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pytest

from hpsearch.common.logs import is_being_written, parse, tail
from hpsearch.workers import log_writer
from hpsearch.workers.output import Output

MEGABYTE = 2**20


@pytest.fixture
def output() -> Iterator[Output]:
    made = Output()
    yield made
    made.close()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    made = tmp_path / "with a space" / "attempt-1.log"
    made.parent.mkdir()
    made.touch()
    return made


@pytest.fixture
def texts(output: Output, file: Path) -> Callable[[Callable[[], object]], list[str]]:
    """Return what is kept of what a function prints."""

    def run(attempt: Callable[[], object]) -> list[str]:
        with output.attempt(str(file)):
            attempt()
        return [line.text for line in parse(file.read_bytes())]

    return run


Texts = Callable[[Callable[[], object]], list[str]]


def run_script(file: Path, script: str, *, before: str = "") -> "subprocess.CompletedProcess[str]":
    """Run an attempt in a process of its own, which may die of it; its log is whole then."""
    body = f"import ctypes, os, signal, subprocess, sys, time\n{before}\n"
    body += "from hpsearch.workers.output import Output\n"
    body += f"with Output().attempt({str(file)!r}):\n    print('begun')\n"
    body += "".join(f"    {line}\n" for line in script.splitlines())
    done = subprocess.run(
        [sys.executable, "-c", body], capture_output=True, text=True, check=False, timeout=300
    )
    subprocess.run(["flock", "--shared", file, "true"], check=True, timeout=300)
    return done


# ---- what is kept --------------------------------------------------------------------------------


def test_all_that_a_process_and_its_children_print_is_kept(texts: Texts) -> None:
    def attempt() -> None:
        print("to stdout")
        print("to stderr", file=sys.stderr)
        os.write(1, b"to descriptor 1\n")
        os.system("echo of a shell")
        subprocess.run([sys.executable, "-c", "print('of a Python')"], check=True)
        subprocess.run("(echo of a grandchild >&2) & wait", shell=True, check=True)

    assert texts(attempt) == [
        "to stdout",
        "to stderr",
        "to descriptor 1",
        "of a shell",
        "of a Python",
        "of a grandchild",
    ]


@pytest.mark.parametrize("first_to_end", [0, 1])
def test_each_of_several_attempts_at_once_keeps_its_own_prints(
    tmp_path: Path, first_to_end: int
) -> None:
    before = sys.stdout, sys.stderr
    attempts = [_OtherThread(tmp_path / f"{number}.log") for number in range(3)]
    attempts[0].begin()
    attempts[1].begin()
    for number in (0, 1, first_to_end, 1 - first_to_end):
        attempts[number].say()
    attempts[first_to_end].end()
    attempts[2].begin()
    for number in (1 - first_to_end, 2):
        attempts[number].say()
    for number in (1 - first_to_end, 2):
        attempts[number].end()
    for attempt in attempts:
        assert [line.text for line in parse(attempt.file.read_bytes())] == attempt.said
        assert attempt.said
    assert (sys.stdout, sys.stderr) == before


def test_an_attempt_in_another_thread_leaves_the_main_thread_its_prints(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    attempt = _OtherThread(tmp_path / "attempt.log")
    attempt.begin()
    print("of the main thread")
    os.write(1, b"to its descriptor\n")
    attempt.say()
    attempt.end()
    assert [line.text for line in parse(attempt.file.read_bytes())] == attempt.said
    assert capfd.readouterr().out == "of the main thread\nto its descriptor\n"


class _OtherThread:
    """A thread with an attempt, which prints when it is told to."""

    def __init__(self, file: Path) -> None:
        file.touch()
        self.file = file
        self.said: list[str] = []
        self._stack = ExitStack()
        self._thread = ThreadPoolExecutor(1)

    def begin(self) -> None:
        output = Output()
        self._stack.callback(output.close)
        self._call(lambda: self._stack.enter_context(output.attempt(str(self.file))))

    def say(self) -> None:
        for name in ("stdout", "stderr"):
            text = f"{self.file.stem} to {name}, {len(self.said)}"
            self._call(partial(print, text, file=getattr(sys, name)))
            self.said.append(text)

    def end(self) -> None:
        self._call(self._stack.close)

    def _call(self, function: Callable[[], object]) -> None:
        self._thread.submit(function).result(30)


PRINTING_MEANWHILE = """
import os, pickle, sys, threading

from hpsearch.workers.output.routed_streams import own_stream, replaced_streams

def talk():
    while not is_over:
        print("a word", "and another")

is_over, before = False, sys.stdout
sys.setswitchinterval(1e-5)
nowhere = open(os.devnull, "w")
thread = threading.Thread(target=talk)
thread.start()
for _ in range(2000):
    with own_stream(nowhere):
        pass
    with replaced_streams(open(os.devnull, "w"), nowhere):
        assert pickle.loads(pickle.dumps(sys.stdout)) is sys.stdout
        sys.stdout.write = lambda text: len(text)  # as W&B does; gone with this attempt
        assert sys.stdout.write("word") == 4
        del sys.stdout.write
        sys.stdout.write = len
with own_stream(nowhere):
    sys.stdout = nowhere  # as a person's own redirection, while another thread has an attempt
    with replaced_streams(open(os.devnull, "w"), nowhere):
        assert sys.stdout is not nowhere
    assert sys.stdout is nowhere
    sys.stdout = before
is_over = True
thread.join()
assert sys.stdout is before and sys.stdout.write is not len
"""


def test_who_prints_while_an_attempt_ends_elsewhere_does_not_crash_the_process() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PRINTING_MEANWHILE],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_what_c_code_left_in_its_buffer_belongs_to_its_attempt(file: Path) -> None:
    done = run_script(file, "ctypes.CDLL(None).printf(b'of C\\n')")
    assert (tail(file), done.stdout) == ("begun\nof C", "")


def test_logging_is_kept_from_info_on_where_nobody_set_it_up(
    texts: Texts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging.getLogger(), "handlers", [])  # pytest's own

    def attempt() -> None:
        logging.getLogger("mine").info("loss 0.5")
        logging.getLogger("mine").debug("too much")

    assert texts(attempt) == ["loss 0.5"]
    assert logging.getLogger().level == logging.WARNING


def test_a_trainable_that_sets_logging_up_gets_what_it_asked_for(file: Path) -> None:
    run_script(
        file,
        "import logging; logging.basicConfig(level='DEBUG', format='%(levelname)s %(message)s')\n"
        "logging.debug('loss 0.5')",
    )
    assert tail(file) == "begun\nDEBUG loss 0.5"


def test_each_attempt_is_warned_anew(file: Path) -> None:
    script = f"""
import warnings
from hpsearch.workers.output import Output
output = Output()
for _ in range(2):
    with output.attempt({str(file)!r}):
        warnings.warn("mind the gap")
"""
    subprocess.run([sys.executable, "-c", script], check=True, timeout=300)
    assert tail(file).count("UserWarning: mind the gap") == 2


def test_a_handler_that_was_made_on_import_is_kept_in_every_attempt(
    output: Output, file: Path
) -> None:
    log = logging.getLogger("made-on-import")
    log.propagate = False
    with output.capture(str(file)):
        log.addHandler(logging.StreamHandler())
    for number in range(2):
        with output.attempt(str(file)):
            log.warning("attempt %s", number)
    assert tail(file) == "attempt 0\nattempt 1"


def test_each_line_has_its_seconds_in_order(output: Output, file: Path) -> None:
    with output.attempt(str(file)):
        for number in range(3):
            print(number, flush=True)
    lines = parse(file.read_bytes())
    seconds = [line.seconds for line in lines]
    assert [line.text for line in lines] == ["0", "1", "2"]
    assert seconds == sorted(second for second in seconds if second is not None)


def test_of_a_progress_bar_its_last_state_is_kept(texts: Texts) -> None:
    bar = "".join(f"\r{share}%" for share in range(101))
    assert texts(lambda: print(bar + "\ndone\r\n", end="")) == ["100%", "done"]


def test_a_line_that_is_never_ended_is_kept(texts: Texts) -> None:
    assert texts(lambda: print("how far?", end="")) == ["how far?"]


@pytest.mark.parametrize(
    "sequence", ["\x1b[2J", "\x1b[?1049h", "\x1b]0;title\x07", "\x1bc", "\x9b2J", "\x07", "\x08"]
)
def test_nothing_that_a_terminal_would_obey_is_kept(texts: Texts, sequence: str) -> None:
    (kept,) = texts(lambda: print(f"before{sequence}after"))
    assert re.fullmatch(r"before(c|2J)?after", kept)


def test_bytes_that_are_no_text_are_kept_as_well_as_can_be(texts: Texts) -> None:
    assert texts(lambda: os.write(2, b"caf\xc3\xa9 \xff\n")) == ["café \ufffd"]


def test_the_middle_of_a_long_log_is_cut_and_it_is_said(output: Output, file: Path) -> None:
    with output.attempt(str(file)):
        for number in range(120_000):
            print(f"line {number:06d} {'x' * 30}")
    lines = parse(file.read_bytes())
    assert file.stat().st_size <= MEGABYTE
    assert (lines[0].text[:11], lines[-1].text[:11]) == ("line 000000", "line 119999")
    (remark,) = [line.text for line in lines if line.seconds is None]
    cut = re.fullmatch(r"\[(\d+) bytes are cut out here\]", remark)
    assert cut is not None and int(cut[1]) + file.stat().st_size == pytest.approx(
        120_000 * 55, abs=2000
    )


def test_a_line_without_an_end_is_no_way_around_that(output: Output, file: Path) -> None:
    with output.attempt(str(file)):
        print("x" * 5 * MEGABYTE, end="")
    assert file.stat().st_size <= MEGABYTE


def test_a_machine_that_does_not_see_the_file_hands_its_content_over(
    output: Output, tmp_path: Path
) -> None:
    with output.attempt(str(tmp_path / "elsewhere" / "attempt-1.log")) as kept:
        print("far away")
    assert [line.text for line in parse(kept.content())] == ["far away"]
    assert kept.content() == b"" and list(tmp_path.iterdir()) == []


# ---- what is not harmed by it --------------------------------------------------------------------


def test_afterwards_all_is_as_before(output: Output, file: Path) -> None:
    streams, number = (sys.stdout, sys.stderr), len([*Path("/proc/self/fd").iterdir()])
    for _ in range(3):
        with output.attempt(str(file)):
            print("kept")
    assert (sys.stdout, sys.stderr) == streams
    assert len([*Path("/proc/self/fd").iterdir()]) == number + 1  # the socket to who writes
    assert not is_being_written(file)


def test_an_exception_passes_and_what_was_printed_before_is_kept(
    output: Output, file: Path
) -> None:
    with pytest.raises(ZeroDivisionError), output.attempt(str(file)):
        print("before")
        print(1 // 0)
    assert tail(file) == "before"


def test_the_next_attempt_is_kept_if_the_writing_process_was_killed(
    output: Output, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HPSEARCH_TEST_MARK", mark := uuid.uuid4().hex)
    with output.attempt(str(file)):
        print("first")
    (process,) = [
        environment.parent
        for environment in Path("/proc").glob("[0-9]*/environ")
        if mark in read(environment) and log_writer.__name__ in read(environment.parent / "cmdline")
    ]
    os.kill(int(process.name), signal.SIGKILL)
    while is_alive(process):  # its files are closed after its memory is gone
        time.sleep(0.01)
    with output.attempt(str(file)):
        print("second")
    assert tail(file) == "first\nsecond"


def is_alive(process: Path) -> bool:
    """Return whether a process is neither gone nor a zombie."""
    state = read(process / "stat").rpartition(")")[2].split()[:1]
    return state not in ([], ["Z"], ["X"])


def read(file: Path) -> str:
    """Return what /proc says of a process; nothing where it has ended."""
    try:
        return file.read_text(errors="replace")
    except OSError:
        return ""


def test_each_line_that_is_shown_as_it_comes_says_of_which_trial_it_is(
    file: Path, tmp_path: Path
) -> None:
    shown = tmp_path / "shown"
    with shown.open("wb") as live:
        output = Output(live.fileno())
        with output.attempt(str(file), "trial 3: "):
            print("one\ntwo")
        with output.attempt(str(file)):
            print("three")
        output.close()
    assert shown.read_text() == "trial 3: one\ntrial 3: two\nthree\n"
    assert tail(file) == "one\ntwo\nthree"


def test_without_anybody_to_write_an_attempt_goes_on(
    output: Output, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/nonexistent/python")
    with output.attempt(str(file)):
        print("nobody hears this")
    assert file.read_bytes() == b""


def test_a_full_disk_loses_lines_and_no_trial(file: Path) -> None:
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (8192, 8192))"
    done = run_script(file, "for i in range(20000): print('line', i)", before=limit)
    assert (done.returncode, done.stderr) == (0, "")
    assert 0 < file.stat().st_size <= 8192


def test_a_log_that_is_removed_under_way_harms_nobody(file: Path) -> None:
    script = f"os.unlink({str(file)!r})\nfor i in range(200_000): print('line', i)"
    script += f"\nopen({str(file)!r}, 'w').write('went on')"
    assert run_script(file, script).returncode == 0
    assert file.read_text() == "went on"


# ---- last words ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("end", "said"),
    [
        ("os.kill(os.getpid(), signal.SIGKILL)", ""),
        ("os._exit(7)", ""),
        ("os.abort()", ""),
        ("import faulthandler; faulthandler.enable(); ctypes.string_at(0)", "Segmentation fault"),
        ("subprocess.run(['sh', '-c', 'echo of a child; kill -9 $PPID'])", "of a child"),
    ],
)
def test_the_last_words_of_a_process_are_kept(file: Path, end: str, said: str) -> None:
    done = run_script(file, f"os.write(2, b'assertion failed: x > 0\\n')\n{end}")
    assert done.returncode != 0
    kept = tail(file)
    assert kept.startswith("begun\nassertion failed: x > 0") and said in kept


@pytest.mark.parametrize("first", [0, 1])
def test_attempts_in_two_threads_restore_the_breakpoint_hook_whichever_ends_first(
    first: int, tmp_path: Path
) -> None:
    before, inside = sys.breakpointhook, threading.Barrier(3)
    ends = [threading.Event(), threading.Event()]

    def attempt(number: int) -> None:
        log = tmp_path / f"{number}.log"
        log.touch()
        output = Output(on_breakpoint=lambda: None)
        with output.attempt(str(log)):
            inside.wait(300)
            ends[number].wait(300)
        output.close()

    threads = [threading.Thread(target=attempt, args=(number,)) for number in (0, 1)]
    for thread in threads:
        thread.start()
    inside.wait(300)
    assert sys.breakpointhook is not before
    for number in (first, 1 - first):
        ends[number].set()
        threads[number].join()
    assert sys.breakpointhook is before
