"""`hpsearch logs`, and what a failure says of what was printed."""

import fcntl
import json
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from hpsearch import usecases
from hpsearch.cli.app import main
from hpsearch.common.errors import SearchFailed
from hpsearch.common.logs import Line, LogReader, parse, tail
from hpsearch.common.privacy import Privacy
from hpsearch.display.live_table import choose_display
from hpsearch.store.folder import FolderStudy
from hpsearch.usecases.identity import record_experiment
from tests.support import Bench, make_experiment

Call = Callable[..., tuple[int, str, str]]


@pytest.fixture
def searched(bench: Bench) -> Callable[..., Bench]:
    """Return a study of one of the sample trainables, as `run` leaves it."""

    def search(function: str, **sections: object) -> Bench:
        experiment = make_experiment(function, **sections)
        record_experiment(bench.stored, usecases.Source.of(experiment, bench.folder / "e.yaml"))
        bench.run(function, **sections)
        return bench

    return search


@pytest.fixture
def call(bench: Bench, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Call:
    monkeypatch.setenv("HPSEARCH_STUDIES", str(bench.folder))

    def run(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        with pytest.raises(SystemExit) as exit_:
            main(list(arguments))
        captured = capsys.readouterr()
        return int(exit_.value.code or 0), captured.out, captured.err

    return run


def texts(file: Path) -> list[str]:
    return [line.text for line in parse(file.read_bytes())]


# ---- what a search keeps -------------------------------------------------------------------------


def test_each_attempt_of_a_trial_has_its_log(bench: Bench) -> None:
    bench.run("prints", budget={"trials": 2})
    for number in range(2):
        assert texts(bench.paths.log(number, 1)) == [
            f"hello from trial {number}",
            "hello from its child",
            "after its report",
        ]
        assert bench.paths.log(number, 1).stat().st_mode & 0o077 == 0


def test_a_trial_that_prints_nothing_leaves_no_file(bench: Bench) -> None:
    bench.run("quadratic")
    assert [*bench.paths.logs.iterdir()] == []


def test_a_new_attempt_leaves_the_log_of_the_one_before(tmp_path: Path) -> None:
    logs = FolderStudy(tmp_path).logs(Privacy())
    for attempt in (1, 2):
        Path(logs.begin(7, attempt)).write_text(f"     0.000  attempt {attempt}\n")
        logs.end(7, attempt)
    assert logs.attempts(7) == [1, 2]
    assert [logs.tail(7, attempt) for attempt in (1, 2)] == ["attempt 1", "attempt 2"]


def test_what_a_far_machine_hands_over_becomes_the_log(tmp_path: Path) -> None:
    logs = FolderStudy(tmp_path).logs(Privacy())
    logs.begin(3, 1)
    logs.end(3, 1, output=b"     1.000  from far away\n")
    assert logs.tail(3, 1) == "from far away"


def test_a_folder_that_cannot_be_written_costs_the_log_alone(bench: Bench) -> None:
    bench.paths.logs.write_text("a file in its place")
    records = bench.run("prints", budget={"trials": 2})
    assert [record.state for record in records] == ["complete", "complete"]


def test_the_last_words_of_a_process_that_died_are_waited_for(tmp_path: Path) -> None:
    logs = FolderStudy(tmp_path).logs(Privacy())
    with Path(logs.begin(0, 1)).open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # as who writes it holds it
        ending = threading.Thread(target=logs.end, args=(0, 1), kwargs={"died": True})
        ending.start()
        file.write("     0.000  last words\n")
    ending.join()
    assert logs.tail(0, 1) == "last words"


def test_what_is_begun_anew_has_no_old_logs(bench: Bench) -> None:
    bench.run("prints", budget={"trials": 1})
    bench.stored.reset()
    assert not bench.paths.logs.exists()


# ---- what a failure says -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("function", "needed"),
    [
        ("parses", ("usage: train.py [-h]", "unrecognized arguments: --bad-option")),
        ("says_why", ("SystemExit: no data in /data/set",)),
    ],
)
def test_a_search_in_which_all_fail_says_what_they_printed(
    bench: Bench, function: str, needed: tuple[str, ...]
) -> None:
    with pytest.raises(SearchFailed) as caught:
        bench.run(function)
    assert all(part in caught.value.faults[0].why for part in needed)


def test_a_failed_trial_is_shown_with_its_last_lines(
    searched: Callable[..., Bench], call: Call
) -> None:
    with pytest.raises(SearchFailed):
        searched("parses")
    _, out, _ = call("show", "study", "--trial", "0")
    assert "The last lines that it printed:\n  usage: train.py [-h]\n" in out
    assert "hpsearch logs study --trial 0" in out
    shown = json.loads(call("show", "study", "--trial", "0", "--json")[1])
    assert shown["last_lines"][-1] == "train.py: error: unrecognized arguments: --bad-option"
    assert [Path(log).name for log in shown["logs"]] == ["attempt-1.log"]


def test_noise_of_crash_handlers_does_not_push_the_last_words_out(tmp_path: Path) -> None:
    noise = "[2026-11-26 01:45:52 E 1 2] logging.cc:474:     @     0x7f27b7e5a050  (unknown)"
    lines = ["assertion failed", *[noise] * 100, "PC: @  0x7f27  (unknown)", "Fatal Python error"]
    (tmp_path / "log").write_text("".join(f"{0:10.3f}  {line}\n" for line in lines))
    assert tail(tmp_path / "log") == "assertion failed\nFatal Python error"


# ---- the verb ------------------------------------------------------------------------------------


def test_logs_shows_what_a_trial_printed_with_its_seconds(
    searched: Callable[..., Bench], call: Call
) -> None:
    searched("prints", budget={"trials": 2})
    code, out, err = call("logs", "study", "--trial", "1")
    assert code == 0 and "trial 1 of study (complete), attempt 1" in err
    assert [line[12:] for line in out.splitlines()] == [
        "hello from trial 1",
        "hello from its child",
        "after its report",
    ]
    assert all(float(line[:10]) >= 0 for line in out.splitlines())


def test_logs_as_json_is_one_document(searched: Callable[..., Bench], call: Call) -> None:
    searched("prints", budget={"trials": 1})
    for follow in ([], ["--follow"]):
        data = json.loads(call("logs", "study", "--trial", "0", "--json", *follow)[1])
        assert (data["trial"], data["attempt"], data["attempts"]) == (0, 1, [1])
        assert not data["running"] and data["lines"][0]["text"] == "hello from trial 0"


def test_a_study_from_before_logs_were_kept_says_so(
    searched: Callable[..., Bench], call: Call
) -> None:
    bench = searched("quadratic", budget={"trials": 1})
    bench.paths.logs.rmdir()
    code, out, err = call("logs", "study", "--trial", "0")
    assert (code, out) == (0, "") and "no log of this attempt was kept" in err
    assert json.loads(call("logs", "study", "--trial", "0", "--json")[1])["lines"] == []
    assert call("show", "study", "--trial", "0")[0] == 0


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("study", "--trial", "9"), "no-such-trial"),
        (("study", "--trial", "0", "--attempt", "2"), "no-such-attempt"),
        (("nowhere", "--trial", "0"), "no-study"),
    ],
)
def test_what_is_not_there_is_refused(
    searched: Callable[..., Bench], call: Call, words: tuple[str, ...], code: str
) -> None:
    searched("prints", budget={"trials": 1})
    exit_code, out, err = call("logs", *words)
    assert (exit_code, out) == (2, "") and err.startswith(f"error[{code}]")


def test_a_log_cannot_break_the_terminal(searched: Callable[..., Bench], call: Call) -> None:
    bench = searched("prints", budget={"trials": 1})
    bench.paths.log(0, 1).write_bytes(b"     0.000  \x1b[2Jclear\xc2\x9b2J\r\x07\n\xff\n")
    for options in ((), ("--json",)):
        _, out, _ = call("logs", "study", "--trial", "0", *options)
        assert "clear" in out and not set(out) & {"\x1b", "\x9b", "\x07", "\r"}


def test_logs_of_a_confirmation_are_those_of_its_trainings(
    searched: Callable[..., Bench], call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = searched("prints", budget={"trials": 2})
    monkeypatch.chdir(bench.folder)
    code, _, err = call("logs", "study", "--confirmation", "--trial", "1")
    assert code == 2 and err.startswith("error[not-confirmed]")
    study, display = usecases.look(bench.folder, "study"), choose_display(quiet=True)
    assert study.best is not None
    usecases.confirm(study, display, top=1, seeds=2, local=True, register=False)
    code, out, err = call("logs", "study", "--confirmation", "--trial", "1")
    assert code == 0 and "hello from trial 1" in out
    assert f"training 1 of study's confirmation: trial {study.best.number} from seed" in err
    code, _, err = call("logs", "study", "--confirmation", "--trial", "2")
    assert code == 2 and err.startswith("error[no-such-training]")


# ---- while it runs -------------------------------------------------------------------------------


def test_logs_follow_an_attempt_until_its_end(searched: Callable[..., Bench]) -> None:
    bench = searched("prints", budget={"trials": 1})
    file = bench.paths.log(0, 1)
    log = usecases.trial_log(usecases.look(bench.folder, "study"), number=0, attempt=None)
    seen: list[Line] = []
    with file.open("a") as writing:
        fcntl.flock(writing, fcntl.LOCK_EX)
        following = threading.Thread(target=lambda: seen.extend(log.followed()))
        following.start()
        while len(seen) < 3:
            time.sleep(0.01)
        writing.write("     9.000  still here\n     9.5")
        writing.flush()
        writing.write("00  the end, without a line's")
    following.join(300)
    assert [line.text for line in seen[-2:]] == ["still here", "the end, without a line's"]
    assert len(seen) == 5


def test_a_reader_passes_over_a_middle_that_is_cut_meanwhile(tmp_path: Path) -> None:
    file = tmp_path / "log"
    lines = [f"{i:10.3f}  line {i}\n" for i in range(100)]
    file.write_text("".join(lines[:60]))
    reader = LogReader(file.read_bytes, Privacy())
    assert [line.text for line in reader.read()][-1] == "line 59"
    aside = tmp_path / "aside"
    aside.write_text(
        "".join([*lines[:10], "            [7 bytes are cut out here]\n", *lines[50:]])
    )
    aside.replace(file)
    assert [line.text for line in reader.read()] == [f"line {i}" for i in range(60, 100)]
    aside.write_text(
        "".join([*lines[:10], "            [9 bytes are cut out here]\n", "1.0  new\n"])
    )
    aside.replace(file)
    assert [line.text for line in reader.rest()][-2:] == ["[9 bytes are cut out here]", "new"]


def test_a_reader_waits_for_a_file_that_is_not_there_yet(tmp_path: Path) -> None:
    reader = LogReader(lambda: FolderStudy(tmp_path).logs(Privacy()).read(0, 1), Privacy())
    assert list(reader.read()) == []
    Path(FolderStudy(tmp_path).logs(Privacy()).begin(0, 1)).write_text("     0.100  here\n")
    assert list(reader.read()) == [Line(0.1, "here")]
