"""A script and its trial talk over the channel."""

import json
import os
import select
import signal
import socket
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

from hpsearch.engine import Answer, Reported, RunWanted, Task
from hpsearch.trainable.command.channel import Channel
from hpsearch.trainable.script.client import VARIABLE
from tests.scripts import Engine, resuming, run_script, start

ROOT = Path(__file__).parents[2]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return _made(tmp_path / "attempt")


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def test_a_script_reports_and_logs_to_its_trial(folder: Path) -> None:
    engine = Engine()
    ran = run_script(
        engine.trial(folder),
        """
import hpsearch
for step in range(3):
    hpsearch.trial().log(10 * step, {"rate": 0.5})
    hpsearch.report(step, {"loss": 1 / (step + 1)})
""",
    )
    assert (ran.code, ran.output, ran.errors) == (0, "", "")
    assert engine.reports == {0: {"loss": 1.0}, 1: {"loss": 0.5}, 2: {"loss": 1 / 3}}
    assert engine.logs == [(0, {"rate": 0.5}), (10, {"rate": 0.5}), (20, {"rate": 0.5})]


def test_a_script_is_given_all_that_a_trial_has(folder: Path) -> None:
    trial = Engine().trial(folder, resuming(Task(7, 2, 42, {}), 3, {"state": b"half"}))
    params = {"rate": 0.1, "model": {"depth": 3, "bias": None}, "widths": [8, 8], "nesterov": True}
    ran = run_script(
        trial,
        """
import hpsearch, json
trial = hpsearch.trial()
assert trial is hpsearch.trial()
print(json.dumps([
    trial.number, trial.study, trial.seed, trial.device, trial.threads, trial.start_step,
    str(trial.artifacts), str(trial.scratch), (trial.checkpoint / "state").read_text(),
    trial.output, trial.mlflow_run_id, trial.params,
]))
""",
        params=params,
    )
    given = [7, "scripts", 42, "cpu", 1, 4, str(trial.artifacts), str(trial.scratch), "half"]
    assert json.loads(ran.output) == [*given, "hello", "the run", params]


def test_a_stop_ends_a_script_through_its_except_exception_and_its_finally(folder: Path) -> None:
    engine = Engine(stops_at=1)
    ran = run_script(
        engine.trial(folder),
        """
import hpsearch
try:
    for step in range(5):
        try:
            hpsearch.report(step, {"loss": 1.0})
        except Exception:
            print("swallowed")
except hpsearch.TrialStopped as stop:
    print(stop)
finally:
    print("cleaned")
hpsearch.report(9, {"loss": 0.0})
""",
    )
    assert ran.code == 1 and ran.output == "not good enough\ncleaned\n"
    assert ran.errors.endswith("TrialStopped: not good enough\n")
    assert [*engine.reports] == [0, 1] and ran.stops == ["not good enough"] * 2


@pytest.mark.parametrize("wanted", [True, False])
def test_a_checkpoint_is_written_only_if_the_engine_wants_it(folder: Path, wanted: bool) -> None:
    engine = Engine(wants_checkpoints=wanted)
    ran = run_script(
        engine.trial(folder),
        """
import hpsearch
def save(folder):
    (folder / "deep").mkdir()
    (folder / "deep" / "weights").write_bytes(bytes(range(256)))
    print("saved")
hpsearch.report(0, {"loss": 1.0}, checkpoint=save)
hpsearch.report(1, {"loss": 1.0})
""",
    )
    assert ran.output == ("saved\n" if wanted else "")
    assert engine.saved == ({0: {"deep/weights": bytes(range(256))}} if wanted else {})


WRONG = [
    "-1, {'loss': 1.0}",
    "'1', {'loss': 1.0}",
    "1.5, {'loss': 1.0}",
    "True, {'loss': 1.0}",
    "2**63, {'loss': 1.0}",
    "1, {'loss': 'low'}",
    "1, {'loss': None}",
    "1, {'loss': 10**400}",
    "0, {'loss': 1.0}",
]


@pytest.mark.parametrize("wrong", WRONG)
def test_wrong_values_raise_what_they_raise_in_a_function(folder: Path, wrong: str) -> None:
    code = dedent(
        f"""
        report(0, {{"loss": 0.0}})
        try:
            report({wrong})
        except Exception as error:
            found.append(repr(error))
        report(3, {{"loss": 3.0}})
        """
    )
    found: list[str] = []
    engine = Engine()
    exec(code, {"report": engine.trial(_made(folder / "function")).report, "found": found})
    trial = engine.trial(_made(folder / "script"))
    ran = run_script(trial, f"from hpsearch import report\nfound = []\n{code}\nprint(*found)")
    assert found and ran.output == f"{found[0]}\n"
    assert [*engine.reports] == [0, 3]


def test_numbers_of_numpy_and_infinite_ones_arrive(folder: Path) -> None:
    engine = Engine()
    run_script(
        engine.trial(folder),
        """
import hpsearch, numpy as np
hpsearch.report(np.int64(3), {"loss": np.float32(0.5), "best": float("inf"), "ö": 1})
""",
    )
    assert engine.reports == {3: {"loss": 0.5, "best": float("inf"), "ö": 1.0}}


def test_threads_of_a_script_report_in_turn_whatever_its_sockets_time_out(folder: Path) -> None:
    engine = Engine()
    ran = run_script(
        engine.trial(folder),
        """
import hpsearch, itertools, socket, threading
socket.setdefaulttimeout(0.0)
steps, one = itertools.count(), threading.Lock()
def work():
    for _ in range(50):
        hpsearch.trial().output
        with one:
            hpsearch.report(next(steps), {"loss": 1.0})
threads = [threading.Thread(target=work) for _ in range(4)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
""",
    )
    assert ran.errors == "" and [*engine.reports] == [*range(200)]


@pytest.mark.parametrize("how", ["fork", "spawn"])
def test_child_processes_of_a_script_report(folder: Path, how: str) -> None:
    engine = Engine()
    script = folder / "script.py"
    script.write_text(
        f"""
import hpsearch, multiprocessing, sys
def child(trial):
    trial.report(1, {{"loss": 1.0}})
    try:
        hpsearch.report(0, {{"loss": 1.0}})
    except ValueError:
        print("out of order", flush=True)
if __name__ == "__main__":
    trial = hpsearch.trial()
    hpsearch.report(0, {{"loss": 0.0}})
    context = multiprocessing.get_context({how!r})
    process = context.Process(target=child, args=[trial])
    process.start()
    process.join()
    hpsearch.report(2, {{"loss": 2.0}})
    sys.exit(process.exitcode)
"""
    )
    run = f"import runpy; runpy.run_path({str(script)!r}, run_name='__main__')"
    ran = run_script(engine.trial(folder), f"import sys; sys.argv = [{str(script)!r}]\n{run}")
    assert (ran.code, ran.output, ran.errors) == (0, "out of order\n", "")
    assert [*engine.reports] == [0, 1, 2]


def test_a_child_that_is_forked_while_a_thread_waits_reports(folder: Path) -> None:
    engine = Engine(wants_checkpoints=True)
    ran = run_script(
        engine.trial(folder),
        """
import hpsearch, os, threading, warnings
warnings.simplefilter("ignore")  # since 3.12, Python warns of any fork beside a thread
saving, forked = threading.Event(), threading.Event()
def save(folder):
    saving.set()
    forked.wait()
thread = threading.Thread(target=hpsearch.report, args=(0, {"loss": 0.0}, save))
thread.start()
saving.wait()
if (child := os.fork()) == 0:
    hpsearch.report(1, {"loss": 1.0})
    os._exit(0)
forked.set()
thread.join()
assert os.waitpid(child, 0)[1] == 0
hpsearch.report(2, {"loss": 2.0})
""",
    )
    assert (ran.code, ran.errors) == (0, "") and [*engine.reports] == [0, 1, 2]


def test_a_failing_checkpoint_is_the_scripts_own_error(folder: Path) -> None:
    engine = Engine(wants_checkpoints=True)
    ran = run_script(
        engine.trial(folder),
        """
import hpsearch
def save(folder):
    (folder / "half").write_text("half")
    raise OSError("no space")
try:
    hpsearch.report(0, {"loss": 0.0}, checkpoint=save)
except OSError as error:
    print(error)
hpsearch.report(1, {"loss": 1.0}, checkpoint=lambda folder: (folder / "whole").touch())
""",
    )
    assert (ran.code, ran.output, ran.errors) == (0, "no space\n", "")
    assert engine.saved == {1: {"whole": b""}} and [*engine.reports] == [0, 1]


def test_a_process_that_dies_while_it_saves_leaves_no_checkpoint(folder: Path) -> None:
    engine = Engine(wants_checkpoints=True)
    script = """
import hpsearch, os
def save(folder):
    (folder / "half").write_text("half")
    os._exit(3)
hpsearch.report(0, {"loss": 0.0}, checkpoint=save)
"""
    assert run_script(engine.trial(folder), script).code == 3
    assert [*engine.reports] == [0] and engine.saved == {}


def test_what_a_script_prints_can_be_read_while_it_saves(folder: Path) -> None:
    engine = Engine(wants_checkpoints=True)
    printed = b""

    def read() -> None:
        nonlocal printed
        printed += os.read(output, 1 << 16) if select.select([output], [], [], 0)[0] else b""

    with Channel(engine.trial(folder), {}, meanwhile=read) as channel:
        script = """
import hpsearch
def save(folder):
    print("x" * 1_000_000)
    (folder / "weights").touch()
hpsearch.report(0, {"loss": 0.0}, checkpoint=save)
"""
        process = start(script, channel.environment)
        assert process.stdout is not None
        output = process.stdout.fileno()
        while not engine.saved:
            select.select([channel], [], [])
            channel.handle()
        rest, _ = process.communicate()
    assert process.returncode == 0 and len(printed) + len(rest) == 1_000_001


@pytest.mark.parametrize("caller", ["checkpoint", "signal handler"])
def test_a_report_inside_of_a_report_is_refused(folder: Path, caller: str) -> None:
    class Interrupting(Engine):
        def answer(self, event: Reported | RunWanted) -> Answer:
            if isinstance(event, Reported) and caller == "signal handler":
                os.kill(int(event.measurements[-1].metrics["process"]), signal.SIGUSR1)
            return super().answer(event)

    engine = Interrupting(wants_checkpoints=caller == "checkpoint")
    ran = run_script(
        engine.trial(folder),
        """
import hpsearch, os, signal
def again(*_):
    hpsearch.report(1, {"loss": 0.0})
signal.signal(signal.SIGUSR1, again)
try:
    hpsearch.report(0, {"process": os.getpid()}, checkpoint=again)
except RuntimeError as error:
    print(error)
""",
    )
    assert ran.output == "report: this thread already reports, and waits for the answer\n"
    assert [*engine.reports] == [0]


def test_an_answer_that_a_signal_kept_from_arriving_is_not_taken_for_the_next(folder: Path) -> None:
    class Interrupting(Engine):
        def answer(self, event: Reported | RunWanted) -> Answer:
            if isinstance(event, Reported) and "process" in event.measurements[-1].metrics:
                os.kill(int(event.measurements[-1].metrics["process"]), signal.SIGALRM)
            return super().answer(event)

    ran = run_script(
        Interrupting().trial(folder),
        """
import hpsearch, os, signal
def raises(*_):
    raise TimeoutError("took too long")
signal.signal(signal.SIGALRM, raises)
try:
    hpsearch.report(0, {"process": os.getpid()})
except TimeoutError:
    pass
print(hpsearch.trial().output, hpsearch.trial().number)
""",
    )
    assert (ran.errors, ran.output) == ("", "hello 7\n")


def test_a_process_that_dies_within_its_message_disturbs_nobody(folder: Path) -> None:
    engine = Engine()
    ran = run_script(
        engine.trial(folder),
        f"""
import hpsearch, os, socket
hpsearch.report(0, {{"loss": 0.0}})
half = socket.socket(socket.AF_UNIX)
half.connect(os.environ["{VARIABLE}"])
half.sendall(b'{{"ask": "report", "step": 1, "met')
hpsearch.report(1, {{"loss": 1.0}})
half.close()
hpsearch.report(2, {{"loss": 2.0}})
""",
    )
    assert (ran.code, ran.errors) == (0, "") and [*engine.reports] == [0, 1, 2]


@pytest.mark.parametrize("line", [b"not JSON", b"[]", b"{}", b'{"ask": "report"}', b"\xff"])
def test_what_is_no_request_is_answered_by_an_error(folder: Path, line: bytes) -> None:
    with Channel(Engine().trial(folder), {}) as channel, socket.socket(socket.AF_UNIX) as peer:
        peer.connect(channel.environment[VARIABLE])
        channel.handle()
        peer.sendall(line + b"\n")
        channel.handle()
        assert json.loads(peer.recv(1000))["error"] == "ValueError"


def test_a_long_path_of_the_trials_folder_is_no_obstacle(folder: Path) -> None:
    engine = Engine()
    trial = engine.trial(_made(folder / ("long" * 40)))
    assert run_script(trial, "import hpsearch; hpsearch.report(0, {'loss': 1.0})").code == 0
    assert [*engine.reports] == [0]


def test_only_this_user_reaches_the_channel_and_it_leaves_nothing(folder: Path) -> None:
    with Channel(Engine().trial(folder), {}) as channel:
        address = Path(channel.environment[VARIABLE])
        assert address.parent.stat().st_mode & 0o777 == 0o700
    assert not address.parent.exists()


GONE = """
import hpsearch
hpsearch.report(0, {"loss": 0.0})
print("reported", flush=True)
input()
hpsearch.report(1, {"loss": 1.0})
"""


def test_a_script_whose_search_has_ended_ends_with_a_plain_error(folder: Path) -> None:
    code = f"""
import os, pathlib, select, subprocess, sys
from tests.scripts import Engine
from hpsearch.trainable.command.channel import Channel
with Channel(Engine().trial(pathlib.Path({str(folder)!r})), {{}}) as channel:
    environment = os.environ | channel.environment
    script = subprocess.Popen([sys.executable, "-c", {GONE!r}], env=environment)
    while script.poll() is None:
        select.select([channel], [], [])
        channel.handle()
"""
    search = subprocess.Popen(
        [sys.executable, "-c", code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    assert search.stdout and search.stderr and search.stdin
    assert search.stdout.readline() == "reported\n"
    search.kill()
    search.wait()
    search.stdin.write("\n")
    search.stdin.close()
    errors = search.stderr.read()
    search.stdout.close()
    search.stderr.close()
    assert (
        "error[search-gone]: the search that started this script does not answer any more."
        in errors
    )


def test_a_report_that_waits_when_the_channel_closes_ends_with_an_error(folder: Path) -> None:
    with Channel(Engine().trial(folder), {}) as channel:
        process = start("import hpsearch; hpsearch.report(0, {'loss': 0.0})", channel.environment)
        select.select([channel], [], [])
        channel.handle()  # takes the connection
    _, errors = process.communicate()
    assert process.returncode == 1 and "search-gone" in errors


def test_a_script_may_have_another_python_without_our_libraries(folder: Path) -> None:
    engine = Engine(wants_checkpoints=True)
    script = f"""
import sys; sys.path.insert(0, {str(ROOT)!r})
import hpsearch
trial = hpsearch.trial()
hpsearch.report(0, {{"loss": 1.0}}, checkpoint=lambda folder: (folder / "state").touch())
"""
    isolated = [sys.executable, "-I", "-S"]
    ran = run_script(engine.trial(folder), script, python=isolated)
    assert (ran.code, ran.errors) == (0, "") and engine.saved == {0: {"state": b""}}
