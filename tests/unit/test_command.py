"""A command as a trainable: what it gets, how its metrics are read, how it ends."""

import json
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from hpsearch.common.errors import SearchFailed
from hpsearch.common.trial import TrialRecord, TrialState
from hpsearch.strategies import read_study
from hpsearch.trainable.command.arguments import argument
from hpsearch.trainable.command.placeholders import OF_TRIAL, flat
from tests.processes import wait_until_dead
from tests.support import Bench, make_experiment

COUNTS = """
import json, sys
for step in range(3):
    print(json.dumps({"step": step, "value": step * 1.5}))
"""

TELLS = """
import json, os, sys
found = {"argv": sys.argv[1:], "folder": os.getcwd()}
found["environment"] = {k: v for k, v in os.environ.items() if k.startswith("HPSEARCH_")}
with open("told.json", "w") as file:
    json.dump(found, file)
print(json.dumps({"value": 1}))
"""

ONE = {"trials": 1}


class Commands(Bench):
    """Searches over scripts as commands, in this process."""

    def script(self, text: str, name: str = "script.py") -> None:
        (self.folder / name).write_text(text)

    def run_command(self, text: str, *words: str, **given: Any) -> list[TrialRecord]:
        """Search over a script; `given` are sections, and keys of the command."""
        self.script(text)
        keys = {"arguments", "metrics", "checkpoint", "grace_seconds"}
        command = {"metrics": "json", **{key: given.pop(key) for key in keys & given.keys()}}
        trainable = {"command": ["python", "script.py", *(words or ("${args}",))], **command}
        return self.run("", trainable=trainable, **{"budget": ONE, **given})

    def run_line(self, line: str, **sections: Any) -> list[TrialRecord]:
        """Search over a line for the shell."""
        trainable = {"command": line, "shell": True, "metrics": "json"}
        return self.run("", trainable=trainable, **{"budget": ONE, **sections})

    def failing_command(self, text: str, **given: Any) -> TrialRecord:
        """Search over a script that fails in the only trial; return that."""
        with suppress(SearchFailed):
            self.run_command(text, **given)
        (record,) = read_study(self.stored, make_experiment())
        return record

    def told(self) -> Any:
        return json.loads((self.folder / "told.json").read_text())


@pytest.fixture
def bench(tmp_path: Path) -> Commands:
    return Commands(tmp_path / "bench")


def curve(record: TrialRecord) -> list[tuple[int, float]]:
    return [(m.step, m.metrics["value"]) for m in record.measurements if m.source == "reported"]


# ---- what it gets --------------------------------------------------------------------------------

PARAMS = {
    "rate": 0.5,
    "deep": True,
    "flat": False,
    "none": None,
    "text": "two words",
    "minus": -1e-05,
}


@pytest.mark.parametrize(
    ("style", "words"),
    [
        (
            "--name=value",
            ["--rate=0.5", "--deep", "--text=two words", "--minus=-1e-05", "--x=1"],
        ),
        (
            "--name value",
            ["--rate", "0.5", "--deep", "--text", "two words", "--minus", "-1e-05", "--x", "1"],
        ),
        (
            "name=value",
            [
                "rate=0.5", "deep=true", "flat=false", "none=null", "text='two words'",
                "minus=-1e-05", "x=1",
            ],
        ),
    ],
)  # fmt: skip
def test_args_writes_every_hyperparameter_in_the_style_that_was_chosen(
    bench: Commands, style: str, words: list[str]
) -> None:
    space = {"x": {"type": "int", "low": 1, "high": 1}}
    bench.run_command(TELLS, arguments=style, params=PARAMS, space=space)
    assert bench.told()["argv"] == words


def test_a_placeholder_takes_one_hyperparameter_and_args_leaves_it_out(bench: Commands) -> None:
    words = ("a=${rate}", "${rate}", "$${rate}", "${deep}", "${args}")
    bench.run_command(TELLS, *words, params=PARAMS, arguments="name=value")
    argv = bench.told()["argv"]
    assert argv[:4] == ["a=0.5", "0.5", "${rate}", "true"]
    assert not [word for word in argv[4:] if "rate" in word or "deep" in word]


def test_a_command_knows_its_trial_by_placeholders_and_by_its_environment(bench: Commands) -> None:
    names = [name.partition(".")[2] for name in OF_TRIAL]
    bench.run_command(TELLS, *(f"${{trial.{name}}}" for name in names), params={"a-b.c": 1})
    told = bench.told()
    given = dict(zip(names, told["argv"], strict=True))
    assert (given["number"], given["study"], given["checkpoint"]) == ("0", "sample", "")
    assert (given["device"], given["threads"], given["start_step"]) == ("cpu", "1", "0")
    environment = told["environment"]
    assert environment.pop("HPSEARCH_TRIAL") == given.pop("number")
    assert {f"HPSEARCH_{name.upper()}": text for name, text in given.items()}.items() <= (
        environment.items()
    )
    assert environment["HPSEARCH_PARAM_A_B_C"] == "1"
    assert json.loads(environment["HPSEARCH_PARAMS"])["a-b"] == {"c": 1}
    assert told["folder"] == str(bench.folder)


def test_a_file_has_all_hyperparameters(bench: Commands) -> None:
    text = f"import shutil\n{TELLS}\nfor file in sys.argv[1:]: shutil.copy(file, '.')"
    bench.run_command(text, "${params.json}", "${params.yaml}", params=PARAMS)
    assert json.loads((bench.folder / "params.json").read_text()).items() >= PARAMS.items()
    assert "text: two words\n" in (bench.folder / "params.yaml").read_text()


def test_no_value_is_read_by_a_shell_that_nobody_asked_for(bench: Commands) -> None:
    bench.run_command(TELLS, params={"text": "$(touch hacked); `touch hacked` *"})
    assert "--text=$(touch hacked); `touch hacked` *" in bench.told()["argv"]
    assert not (bench.folder / "hacked").exists()


def test_a_shell_line_gets_its_values_quoted(bench: Commands) -> None:
    bench.script(TELLS)
    line = "A=1 python script.py ${args} | cat; echo ${text} > said; test $${A:-2} = 2"
    (record,) = bench.run_line(line, params={"text": "$(touch hacked) 'x'", "two": "a b"})
    assert record.state is TrialState.COMPLETE, record.reason
    assert (bench.folder / "said").read_text() == "$(touch hacked) 'x'\n"
    assert "--two=a b" in bench.told()["argv"]
    assert not (bench.folder / "hacked").exists()


def test_python_is_the_one_that_runs_hpsearch(bench: Commands) -> None:
    bench.run_command(TELLS.replace("os.getcwd()", "sys.executable"))
    assert bench.told()["folder"] == sys.executable


# ---- its metrics ---------------------------------------------------------------------------------


def test_json_lines_are_reports_and_other_lines_are_output(bench: Commands) -> None:
    text = COUNTS + "print('text', '{not json', '{\"a\": 1', '[1]', '{}', sep='\\n')"
    (record,) = bench.run_command(text)
    assert curve(record) == [(0, 0.0), (1, 1.5), (2, 3.0)]
    assert record.state is TrialState.COMPLETE and record.values == (3.0,)


def test_steps_are_counted_if_the_lines_have_none(bench: Commands) -> None:
    (record,) = bench.run_command("for _ in 'abc': print('{\"value\": 1}')")
    assert [step for step, _ in curve(record)] == [0, 1, 2]


def test_a_line_without_the_objective_is_logged_beside_the_reports(bench: Commands) -> None:
    text = """
for step in range(2):
    print('{"step": %d, "loss": 0.5}' % step)
    print('{"step": %d, "value": 2, "name": "x", "ok": true}' % step)
"""
    (record,) = bench.run_command(text)
    assert curve(record) == [(0, 2.0), (1, 2.0)]
    assert [m.metrics for m in record.measurements if m.source == "logged"] == [{"loss": 0.5}] * 2


def test_several_objectives_may_stand_in_several_lines(bench: Commands) -> None:
    text = """
for step in range(2):
    print('{"step": %d, "a": 1}' % step)
    print('{"step": %d, "b": 2}' % step)
print('{"step": 2, "a": 5}')
"""
    both = [{"metric": name, "direction": "maximize"} for name in ("a", "b")]
    (record,) = bench.run_command(text, objective=both, pruner={"type": "none"})
    assert [m.metrics for m in record.measurements] == [
        {"a": 1, "b": 2},
        {"a": 1, "b": 2},
        {"a": 5},
    ]
    assert record.values == (1.0, 2.0)


def test_a_step_that_goes_back_is_ignored_and_the_log_says_so(bench: Commands) -> None:
    text = """
for step, value in ((1, 1), (1, 9), (0, 9), (2, 2)):
    print('{"step": %d, "value": %d}' % (step, value))
"""
    (record,) = bench.run_command(text)
    assert curve(record) == [(1, 1.0), (2, 2.0)]
    log = bench.stored.logs(make_experiment().privacy).tail(0, 1)
    assert log.count("step 1 comes after step 1") == 1 and "step 0" not in log.partition("hps")[2]


@pytest.mark.parametrize("step", ["-1", "1.5", '"x"', "1e30", "NaN", "true"])
def test_a_line_with_an_unusable_step_is_only_output(bench: Commands, step: str) -> None:
    is_text = step == '"x"'  # a text is no number, so the line has no step
    (record,) = bench.run_command(
        f'print(\'{{"step": {step}, "value": 9}}\'); print(\'{{"value": 1}}\')'
    )
    assert [value for _, value in curve(record)] == ([9.0, 1.0] if is_text else [1.0])


def test_a_pattern_finds_metrics_on_stdout_and_stderr(bench: Commands) -> None:
    text = """
import logging, sys
logging.basicConfig(level=logging.INFO)
print("epoch 3 val_acc=0.91, lr=1e-3")
logging.info("epoch 4 val_acc=95.5%")
print("epoch five val_acc=0.99"); print("epoch 5 val_acc=n/a")
"""
    pattern = r"epoch (?P<step>\d+).*val_acc=(?P<value>\S+)"
    (record,) = bench.run_command(text, metrics={"pattern": pattern})
    assert sorted(curve(record)) == [(3, 0.91), (4, 95.5)]


def test_a_progress_bar_ends_its_lines_by_carriage_returns(bench: Commands) -> None:
    text = "import sys; sys.stdout.write('1 v=1\\r2 v=2\\r3 v=3')"
    (record,) = bench.run_command(text, metrics={"pattern": r"(?P<step>\d+) v=(?P<value>\d)"})
    assert curve(record) == [(1, 1.0), (2, 2.0), (3, 3.0)]


def test_a_number_on_the_last_line_is_the_result(bench: Commands) -> None:
    (record,) = bench.run_command("print('Result:'); print(0.25); print()", metrics="number")
    assert (record.state, record.values) == (TrialState.COMPLETE, (0.25,))


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_a_file_is_followed_as_it_grows_and_an_older_one_is_not_read(
    bench: Commands, kind: str
) -> None:
    rows = {
        "csv": ["step,loss,value\n", "1,0.5,\n", "1,,7\n", "2,0.4,8"],
        "jsonl": [
            "",
            '{"step": 1, "loss": 0.5}\n',
            '{"step": 1, "value": 7}\n',
            '{"step": 2, "value": 8}',
        ],
    }[kind]
    (bench.folder / f"log.{kind}").write_text(rows[0] + rows[3] + "\n")
    text = f"""
import time
with open("log.{kind}", "w", buffering=1) as file:
    for row in {rows!r}:
        file.write(row)
        time.sleep(0.2)
"""
    (record,) = bench.run_command(
        text, metrics={"file": f"log.{kind}"}, resources={"parallel_trials": 1}
    )
    assert curve(record) == [(1, 7.0), (2, 8.0)]
    assert any(m.source == "logged" for m in record.measurements)


def test_a_file_that_is_written_anew_with_more_columns_is_read_on(bench: Commands) -> None:
    text = """
import sys, time
one, two = "step,value\\n1,1\\n", "step,value,extra\\n1,1,\\n2,2,5\\n"
for text in one, two:
    open(sys.argv[1], "w").write(text)
    time.sleep(0.4)
"""
    file = "${trial.scratch}/log.csv"
    (record,) = bench.run_command(text, file, metrics={"file": file})
    assert curve(record) == [(1, 1.0), (2, 2.0)]


# ---- its end -------------------------------------------------------------------------------------


def test_an_exit_code_fails_the_trial_with_the_last_line_of_stderr(bench: Commands) -> None:
    text = COUNTS + "sys.stderr.write('first\\nno such data\\n'); sys.exit(3)"
    record = bench.failing_command(text)
    assert record.state is TrialState.FAILED
    assert record.reason == "exit code 3: no such data"
    assert record.traceback == "first\nno such data"


def test_a_traceback_of_the_command_is_the_trials(bench: Commands) -> None:
    record = bench.failing_command("raise ValueError('so bad')")
    assert record.reason == "exit code 1: ValueError: so bad"
    assert record.traceback.startswith("Traceback")


@pytest.mark.parametrize(
    ("number", "reason"),
    [("SIGKILL", "killed by SIGKILL (out of memory?)"), ("SIGSEGV", "killed by SIGSEGV: so far")],
)
def test_a_command_that_a_signal_killed_is_retried_like_a_crash(
    bench: Commands, number: str, reason: str
) -> None:
    text = f"import os, signal; print('so far', flush=True); os.kill(os.getpid(), signal.{number})"
    record = bench.failing_command(text, resources={"retries": 1})
    assert (record.reason, record.attempt) == (reason, 2)


def test_a_shell_says_that_its_program_was_killed_by_a_signal(bench: Commands) -> None:
    with suppress(SearchFailed):
        bench.run_line("sh -c 'kill -9 $$'; exit $?", resources={"retries": 0})
    (record,) = read_study(bench.stored, make_experiment())
    assert record.reason == "killed by SIGKILL (out of memory?)"


@pytest.mark.parametrize(
    ("metrics", "rule"),
    [
        ("json", "a JSON object with a number on stdout"),
        ("number", "a number alone on the last line of stdout"),
        ({"pattern": "v=(?P<value>.)"}, "a line that matches `v=(?P<value>.)`"),
    ],
)
def test_a_command_without_metrics_fails_with_the_rule_that_found_nothing(
    bench: Commands, metrics: Any, rule: str
) -> None:
    record = bench.failing_command("print('all done')", metrics=metrics)
    assert f"there was never {rule}" in record.reason
    assert record.reason.endswith("its last line on stdout: all done")


def test_a_program_that_cannot_be_started_fails_the_trial(bench: Commands) -> None:
    (bench.folder / "tool").write_text("no program")
    (bench.folder / "tool").chmod(0o755)
    with suppress(SearchFailed):
        bench.run("", trainable={"command": ["./tool"]}, budget=ONE)
    (record,) = read_study(bench.stored, make_experiment())
    assert record.reason == "`./tool` cannot be started: Exec format error"


STOPPED = {"type": "threshold", "lower": 0.5}

FORKS = """
import json, os, signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", "import signal, time; "
    "signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(600)"],
    stdout=subprocess.PIPE)
child.stdout.readline()
open("pids", "w").write(f"{os.getpid()} {child.pid}")
print(json.dumps({"step": 1, "value": 0.0}))
print(json.dumps({"step": 2, "value": 0.0}))
time.sleep(600)
"""


def test_a_stopped_command_that_ignores_sigterm_is_killed_with_its_children(
    bench: Commands,
) -> None:
    (record,) = bench.run_command(FORKS, pruner=STOPPED, grace_seconds=0.2)
    assert record.state is TrialState.PRUNED and record.attempt == 1
    pids = (bench.folder / "pids").read_text().split()
    assert len(pids) == 2
    wait_until_dead(*map(int, pids))


def test_a_stopped_command_gets_sigterm_and_may_end_in_its_own_way(bench: Commands) -> None:
    text = """
import signal, sys, time
def end(*_):
    print("bye" * 100_000); open("ended", "w").write("in order"); sys.exit(1)
signal.signal(signal.SIGTERM, end)
for step in range(600):
    print('{"value": 0}')
    time.sleep(0.1)
"""
    (record,) = bench.run_command(text, pruner=STOPPED)
    assert record.state is TrialState.PRUNED
    assert (bench.folder / "ended").read_text() == "in order"
    assert len(curve(record)) <= 2


def test_what_a_command_leaves_running_ends_with_it(bench: Commands) -> None:
    text = """
import os, subprocess
child = subprocess.Popen(["sleep", "600"])
open("pids", "w").write(str(child.pid))
print('{"value": 1}')
os._exit(0)
"""
    (record,) = bench.run_command(text)
    assert record.state is TrialState.COMPLETE
    wait_until_dead(int((bench.folder / "pids").read_text()))


# ---- its checkpoints -----------------------------------------------------------------------------

RESUMES = """
import os, signal, sys, time
from pathlib import Path
folder, save = sys.argv[1], Path(sys.argv[2])
first = int(Path(folder, "step").read_text()) + 1 if folder else 0
assert not folder or (save / "step").read_text() == str(first - 1)
for step in range(first, 4):
    (save / "step").write_text(str(step))
    print('{"step": %d, "value": %d, "checkpoint": CHECKPOINT}' % (step, first))
    time.sleep(0.2)
    if step == 1 and not Path("killed").exists():
        Path("killed").touch()
        os.kill(os.getpid(), signal.SIGKILL)
"""
SAVED = """\
while step == 0 and not [*Path("{trials}").glob("*/checkpoints/*/manifest.json")]:
        time.sleep(0.01)"""
"""Waits until the first checkpoint is there."""

EAGER = {"checkpoints": {"every_seconds": 0}}


@pytest.mark.parametrize("when", ["true", "each_report"])
def test_a_killed_command_resumes_from_the_folder_that_it_filled(
    bench: Commands, when: str
) -> None:
    own = {"checkpoint": "each_report"} if when == "each_report" else {}
    text = RESUMES.replace("CHECKPOINT", "true" if when == "true" else "false")
    (record,) = bench.run_command(text, "${trial.checkpoint}", "${trial.save}", **own, **EAGER)
    assert record.attempt == 2
    assert curve(record) == [(0, 0.0), (1, 0.0), (2, 2.0), (3, 2.0)]


def test_a_folder_that_changed_after_the_report_is_no_checkpoint(bench: Commands) -> None:
    changed = "if step == 1: os.utime(save / 'step', (1e10, 1e10))\n    print("  # in the future
    text = RESUMES.replace("CHECKPOINT", "true").replace("print(", changed)
    text = text.replace("time.sleep(0.2)", SAVED.format(trials=bench.paths.trials))
    (record,) = bench.run_command(text, "${trial.checkpoint}", "${trial.save}", **EAGER)
    assert record.attempt == 2 and curve(record)[-1] == (3, 1.0)


def test_a_report_that_says_nothing_of_a_checkpoint_saves_none(bench: Commands) -> None:
    text = RESUMES.replace("CHECKPOINT", "false")
    (record,) = bench.run_command(text, "${trial.checkpoint}", "${trial.save}", **EAGER)
    assert record.attempt == 2 and curve(record)[-1] == (3, 0.0)


def test_a_folder_that_the_command_removed_is_no_checkpoint(bench: Commands) -> None:
    text = "import shutil, sys; shutil.rmtree(sys.argv[1]); print('{\"value\": 1}')"
    (record,) = bench.run_command(text, "${trial.save}", checkpoint="each_report", **EAGER)
    assert record.state is TrialState.COMPLETE and record.checkpoint_step is None


def test_a_long_line_is_cut_in_the_reason(bench: Commands) -> None:
    record = bench.failing_command("import sys; sys.exit('x' * 10_000)")
    assert record.reason.startswith("exit code 1: xxx") and len(record.reason) < 300


def test_a_command_may_end_its_output_before_itself(bench: Commands) -> None:
    text = (
        "import os\nprint('{\"value\": 1}', flush=True)\nos.close(1)\nos.close(2)\nopen('end', 'w')"
    )
    (record,) = bench.run_command(text)
    assert record.state is TrialState.COMPLETE and (bench.folder / "end").exists()


def test_nested_hyperparameters_are_dotted_arguments_and_nested_in_the_file() -> None:
    nested = {"model": {"depth": 3, "sizes": [1, 2]}, "rate": 0.1}
    assert flat(nested) == {"model.depth": 3, "model.sizes": [1, 2], "rate": 0.1}
    assert argument("--name value", "model.sizes", [1, 2]) == ["--model.sizes", "1", "2"]
    assert argument("name=value", "model.sizes", [1, 2]) == ["model.sizes=[1,2]"]


def test_a_command_gets_lists_and_choices_with_names_as_their_values(bench: Commands) -> None:
    space = {
        "widths": {"type": "list", "length": 2, "of": {"type": "int", "low": 7, "high": 7}},
        "net": {"type": "categorical", "choices": {"small": {"layers": 2}}},
    }
    words, params = ("${widths}", "${net}", "${double}"), {"double": "${widths.0} * 2"}
    bench.run_command(TELLS, *words, params=params, space=space)
    assert bench.told()["argv"] == ["[7,7]", '{"layers":2}', "14"]
