"""Damaged journals and checkpoints: kept aside, repaired where that can be, and said."""

import json
import os
import pickle
from collections.abc import Mapping
from pathlib import Path

import pytest

from hpsearch.common.errors import SearchFailed
from hpsearch.common.trial import Measurement, TrialRecord, TrialState
from hpsearch.engine import Parts, Search
from hpsearch.experiment import Experiment
from hpsearch.store.folder import FolderStudy
from hpsearch.strategies import OptunaStudy, read_study, repair_study
from hpsearch.workers.local.pool import LocalPool
from tests.faults.harness import TRAINABLE, Bench
from tests.journals import as_before
from tests.stored import save
from tests.support import make_experiment

pytestmark = [pytest.mark.faults, pytest.mark.filterwarnings("ignore")]

TRIALS = 4


class Local:
    """A search in this process."""

    def __init__(self, folder: Path, trainable: str = TRAINABLE) -> None:
        (folder / "work.py").write_text(trainable)
        self.folder = folder
        self.stored = FolderStudy(folder / "study")
        self.paths = self.stored.layout
        self.said: list[str] = []

    def experiment(self, **sections: object) -> Experiment:
        given: dict[str, object] = {
            "params": {"steps": 3, "pause": 0.0},
            "budget": {"trials": TRIALS},
            "pruner": {"type": "none"},
            "checkpoints": {"every_seconds": 0, "keep": TRIALS},
            "trainable": "work.py:train",
            **sections,
        }
        return make_experiment(**given)  # type: ignore[arg-type]

    def run(self, **sections: object) -> list[TrialRecord]:
        experiment = self.experiment(**sections)
        told = repair_study(self.stored, experiment)
        self.said += [told] if told else []
        study = OptunaStudy(self.stored, experiment)
        try:
            Search(
                experiment,
                Parts(
                    study=study,
                    pool=LocalPool.of(experiment, self.folder),
                    checkpoints=self.stored.checkpoints,
                    artifacts=self.stored.artifacts,
                    listeners=[],
                    notify=self.said.append,
                ),
            ).run()
            return list(study.records())
        finally:
            study.close()


@pytest.fixture
def local(tmp_path: Path) -> Local:
    return Local(tmp_path)


def lines_of(local: Local) -> list[bytes]:
    return local.paths.journal.read_bytes().splitlines(keepends=True)


def wanted(lines: list[bytes], code: int, trial: int, nth: int = 0) -> int:
    """Return the index of a record about a trial; a creation names none, so it is counted."""
    found = []
    created = -1
    for index, line in enumerate(lines):
        log = json.loads(line)
        created += log["op_code"] == 4
        if log["op_code"] == code and log.get("trial_id", created) == trial:
            found.append(index)
    return found[nth]


CREATION, PARAMETER, STATE, VALUE, ATTRIBUTE = 4, 5, 6, 7, 8


@pytest.mark.parametrize(
    ("code", "is_earlier"),
    [
        *((code, True) for code in (CREATION, PARAMETER)),  # two records: of an earlier version
        *((code, False) for code in (CREATION, STATE, VALUE, ATTRIBUTE)),
    ],
)
def test_garbage_in_the_middle_of_a_journal_is_kept_repaired_and_said(
    local: Local, code: int, is_earlier: bool
) -> None:
    before = local.run()
    if is_earlier:
        local.paths.journal.write_bytes(as_before(local.paths.journal.read_bytes()))
    lines = lines_of(local)
    index = wanted(lines, code, trial=1)
    lines[index] = b"\x00garbage\xff\n"
    damaged = b"".join(lines)
    local.paths.journal.write_bytes(damaged)
    with pytest.raises(SearchFailed, match=f"line {index + 1} is not what was written"):
        read_study(local.stored, local.experiment())  # `show` only looks
    after = local.run()
    (told,) = local.said
    assert f"damaged in line {index + 1};" in told
    (copy,) = local.paths.root.glob("journal.log.damaged-*")
    assert copy.read_bytes() == damaged
    others = [0, 2, 3]
    assert [after[number] for number in others] == [before[number] for number in others]
    if code == PARAMETER or (code == CREATION and not is_earlier):
        assert after[1].state is TrialState.FAILED
        assert "hyperparameters were lost" in after[1].reason
        assert "lost their hyperparameters and count as failed: trial 1" in told
    else:
        assert after[1].state is TrialState.COMPLETE
        assert (after[1].params, after[1].values) == (before[1].params, before[1].values)
    if code == STATE:
        assert "run again: trial 1" in told
    again = local.run()
    assert again == after and len(local.said) == 1


def test_a_trial_whose_every_record_is_lost_keeps_its_number(local: Local) -> None:
    before = local.run()
    lines = lines_of(local)
    first, last = wanted(lines, CREATION, 1), wanted(lines, CREATION, 2)
    local.paths.journal.write_bytes(b"".join([*lines[:first], b"x\n" * 3, *lines[last:]]))
    after = local.run()
    assert [after[number] for number in (0, 2, 3)] == [before[number] for number in (0, 2, 3)]
    assert after[1].state is TrialState.FAILED


def test_a_study_whose_first_line_is_lost_is_still_this_study(local: Local) -> None:
    before = local.run()
    local.paths.journal.write_bytes(b"garbage\n" + b"".join(lines_of(local)[1:]))
    assert local.run() == before


def test_one_flipped_bit_in_a_value_is_noticed(local: Local) -> None:
    before = local.run()
    lines = lines_of(local)
    index = wanted(lines, STATE, trial=2)
    line = lines[index]
    place = line.index(b'],"datetime_complete"') - 1  # the value's last digit
    lines[index] = line[:place] + bytes([line[place] ^ 1]) + line[place + 1 :]
    assert json.loads(lines[index])  # still good JSON
    local.paths.journal.write_bytes(b"".join(lines))
    after = local.run()
    assert [record.values for record in after] == [record.values for record in before]
    assert "run again: trial 2" in local.said[0]


class Held(Local):
    """A search in which trial 0 is left running after its second step, with two checkpoints."""

    def __init__(self, folder: Path, files: Mapping[str, bytes] | None = None) -> None:
        super().__init__(folder)
        experiment = self.experiment()
        study = OptunaStudy(self.stored, experiment)
        proposal = study.ask()
        assert proposal is not None
        state, store = 0.0, self.stored.checkpoints
        for step in (1, 2):
            state = state * 0.9 + float(proposal.params["x"] or 0)
            value = -((state - step * 0.3) ** 2)
            measurement = Measurement(step, {"value": value}, float(step))
            study.report(0, [measurement])
            saved = {"state.json": json.dumps([state, step]).encode()}
            save(store, 0, measurement, files if files and step == 2 else saved)
        study.close()
        self.newest = self.paths.checkpoint(0, 2)


def check_unbroken(record: TrialRecord) -> None:
    assert record.state is TrialState.COMPLETE, record
    assert [m.step for m in record.measurements] == [1, 2, 3]
    x, state = float(record.params["x"] or 0), 0.0
    for measurement in record.measurements:
        state = state * 0.9 + x
        assert measurement.metrics["value"] == -((state - measurement.step * 0.3) ** 2)


@pytest.mark.parametrize("damage", ["cut", "flip", "gone", "empty manifest", "strange manifest"])
def test_a_damaged_checkpoint_gives_way_to_the_one_before(tmp_path: Path, damage: str) -> None:
    held = Held(tmp_path)
    file = held.newest / ("manifest.json" if "manifest" in damage else "state.json")
    data = file.read_bytes()
    match damage:
        case "cut":
            file.write_bytes(data[: len(data) // 2])
        case "flip":
            file.write_bytes(bytes([data[0] ^ 1]) + data[1:])
        case "gone":
            file.unlink()
        case "empty manifest":
            file.write_bytes(b"")
        case _:
            file.write_bytes(b"[1, 2]")
    check_unbroken(held.run()[0])


@pytest.mark.parametrize(
    "files",
    [
        {"other.json": b"{}"},
        {"state.json": b"not JSON"},
        {"state.json": b'{"of": "another architecture"}'},
    ],
)
def test_a_checkpoint_that_the_trainable_cannot_use_gives_way_to_the_one_before(
    tmp_path: Path, files: Mapping[str, bytes]
) -> None:
    held = Held(tmp_path, files)
    records = held.run()
    check_unbroken(records[0])
    assert records[0].attempt == 3
    assert held.newest.with_suffix(".bad").is_dir()
    assert "trial 0 is tried again" in held.said[0]


def test_where_no_checkpoint_is_of_use_the_trial_starts_again(tmp_path: Path) -> None:
    held = Held(tmp_path, {"state.json": b"no"})
    manifest = held.paths.checkpoint(0, 1) / "manifest.json"
    manifest.write_bytes(b"{}")
    check_unbroken(held.run()[0])


class Malice:
    """Pickled, it runs a command where it is loaded."""

    def __init__(self, mark: Path) -> None:
        self._mark = mark

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, (f"touch {self._mark}",)


def test_the_engine_never_unpickles_what_a_checkpoint_holds(tmp_path: Path) -> None:
    mark = tmp_path / "executed"
    evil = pickle.dumps(Malice(mark))
    held = Held(tmp_path, {"state.json": evil, "model.safetensors": evil, "evil.pkl": evil})
    (held.newest / "manifest.json.pkl").write_bytes(evil)
    check_unbroken(held.run()[0])
    assert not mark.exists()


def test_a_search_says_on_its_command_line_what_was_lost(bench: Bench) -> None:
    bench.write(budget={"trials": 3}, params={"steps": 2, "pause": 0.0})
    bench.run("--local")
    lines = bench.paths.journal.read_bytes().splitlines(keepends=True)
    lines[wanted(lines, STATE, 1)] = b"garbage\n"
    bench.paths.journal.write_bytes(b"".join(lines))
    said = bench.run("--local")
    assert "journal.log was damaged in line" in said and "run again: trial 1" in said
    assert [record.state for record in bench.records()] == [TrialState.COMPLETE] * 3
