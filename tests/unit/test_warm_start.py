"""Earlier studies: what is taken of them, by rank, and that a resume needs them no more."""

import json
from pathlib import Path
from typing import Any

import pytest

from hpsearch.analysis import Transfer, evenly, ranks_of, transfer
from hpsearch.cli.app import main
from hpsearch.common.errors import UserError
from hpsearch.experiment import Experiment
from hpsearch.store import StudyStore
from hpsearch.store.folder import FolderStore
from hpsearch.store.memory import MemoryStore
from hpsearch.strategies import OptunaStudy, kept_transfers, read_study
from hpsearch.usecases import Source, validate
from hpsearch.usecases.identity import record_experiment
from hpsearch.usecases.warm_start import describe_warm_start, read_warm_start
from tests.support import make_experiment, write_trainables
from tests.unit.test_optuna_study import asked, finish

UNIT = {"type": "float", "low": 0.0, "high": 1.0}
X: dict[str, Any] = {"x": UNIT}


def run_study(store: StudyStore, experiment: Experiment, trials: int, best_at: float) -> None:
    """Search for the x that is nearest to `best_at`."""
    study = OptunaStudy(store, experiment)
    for _ in range(trials):
        proposal = asked(study)
        finish(study, proposal, -abs(float(proposal.params["x"] or 0) - best_at))
    study.close()
    record_experiment(store, Source.of(experiment))


def transferred(space: dict[str, Any], earlier: dict[str, Any], **sections: Any) -> Transfer:
    before, store = make_experiment(space=earlier, **sections), MemoryStore().study("sample")
    run_study(store, before, 12, 0.3)
    after = make_experiment(space=space)
    return transfer("old", after, before, read_study(store, before))


def proposals(experiment: Experiment, taken: list[Transfer], trials: int) -> list[float]:
    study, found = OptunaStudy(MemoryStore().study("sample"), experiment, None, taken), []
    for _ in range(trials):
        proposal = asked(study)
        found.append(float(proposal.params["x"] or 0))
        finish(study, proposal, -abs(found[-1] - 0.8))
    study.close()
    return found


# ---- what is taken -------------------------------------------------------------------------------


def test_ranks_go_from_good_to_bad_and_equal_ones_share_theirs() -> None:
    assert ranks_of([3.0, 1.0, 2.0, 2.0]) == [0.875, 0.125, 0.5, 0.5]
    assert ranks_of([]) == []


@pytest.mark.parametrize(("amount", "most"), [(0, 3), (2, 3), (3, 3), (10, 3), (7, 1), (5, 0)])
def test_of_many_the_first_and_the_last_are_kept(amount: int, most: int) -> None:
    kept = evenly(range(amount), most)
    assert len(kept) == min(amount, most) and kept == sorted(set(kept))
    assert most < 2 or amount < 2 or (kept[0], kept[-1]) == (0, amount - 1)


def test_the_best_there_is_first_whatever_the_metric_was() -> None:
    for objective in (
        {"metric": "value", "direction": "maximize"},
        {"metric": "value", "direction": "minimize"},
    ):
        found = transferred(X, X, objective=objective)
        distances = [abs(float(params["x"] or 0) - 0.3) for params, _ in found.trials]
        is_best_first = objective["direction"] == "maximize"
        assert distances == sorted(distances, reverse=not is_best_first)
        assert [rank for _, (rank,) in found.trials] == sorted(r for _, (r,) in found.trials)


def test_hyperparameters_are_matched_one_by_one() -> None:
    earlier = {
        **X,
        "n": {"type": "int", "low": 1, "high": 9},
        "kind": {"type": "categorical", "choices": {"a": [1], "b": [2]}},
        "gone": UNIT,
    }
    space = {
        "x": {"type": "float", "low": 0.0, "high": 1.0, "step": 0.5},
        "n": {"type": "int", "low": 1, "high": 4},
        "kind": {"type": "categorical", "choices": {"two": [2], "three": [3]}},
        "new": {"type": "categorical", "choices": [True, None]},
        "under": {**UNIT, "when": {"kind": "three"}},
    }
    found = transferred(space, earlier)
    assert found.common == ["x", "n", "kind"] and len(found.trials) == 12
    experiment = make_experiment(space=space)
    for params, _ in found.trials:
        assert params["x"] in (0.0, 0.5, 1.0) and params["n"] in (1, 2, 3, 4)
        assert params["kind"] in ("two", "three") and params["new"] in (True, None)
        assert ("under" in params) is experiment.space["under"].exists(params)


def test_a_fixed_value_of_the_earlier_study_counts_too() -> None:
    assert transferred({**X, "n": UNIT}, X, params={"n": 0.5}).common == ["x", "n"]


def test_trials_without_value_or_common_hyperparameter_are_counted() -> None:
    store, experiment = MemoryStore().study("sample"), make_experiment(space=X)
    run_study(store, experiment, 3, 0.3)
    OptunaStudy(store, experiment).ask()
    narrow = make_experiment(space={"x": {"type": "float", "low": 2.0, "high": 3.0}})
    records = read_study(store, experiment)
    found = transfer("old", narrow, experiment, records)
    assert not found.trials
    assert found.why_unused() == "3 without a value in this space, 1 without a value"
    said = transfer("old", experiment, experiment, records).describe()
    assert said == (
        "3 of 4 trials of `old` are of use, ranked by maximize value, for `x`; "
        "of no use: 1 without a value"
    )


# ---- what becomes of it --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "sampler",
    [
        {"type": "tpe"},
        {"type": "tpe", "multivariate": False},
        {"type": "tpe", "group": True},
        {"type": "forest"},
    ],
)
def test_a_search_begins_where_the_earlier_study_was_good(sampler: dict[str, Any]) -> None:
    experiment = make_experiment(
        space={**X, "new": UNIT},
        sampler=sampler,
        pruner={"type": "none"},
        warm_start=["old"],
    )
    before, store = make_experiment(space=X), MemoryStore().study("sample")
    run_study(store, before, 40, 0.8)
    taken = transfer("old", experiment, before, read_study(store, before))
    warm = proposals(experiment, [taken], 10)
    assert sum(abs(x - 0.8) < 0.2 for x in warm) >= 6  # at random: 4


def test_a_misleading_study_is_overcome() -> None:
    experiment = make_experiment(space=X, sampler={"type": "tpe"}, warm_start=["old"])
    before, store = make_experiment(space=X), MemoryStore().study("sample")
    run_study(store, before, 40, 0.1)
    taken = transfer("old", experiment, before, read_study(store, before))
    found = proposals(experiment, [taken], 40)
    assert min(abs(x - 0.8) for x in found) < 0.05


def test_a_resumed_search_proposes_the_same_without_the_earlier_study() -> None:
    experiment = make_experiment(space=X, sampler={"type": "tpe"}, warm_start=["old"], seed=4)
    before, old = make_experiment(space=X), MemoryStore().study("sample")
    run_study(old, before, 20, 0.3)
    taken = transfer("old", experiment, before, read_study(old, before))
    at_once = proposals(experiment, [taken], 8)
    store, found = MemoryStore().study("sample"), []
    for transfers in ([taken], [], [], []):
        study = OptunaStudy(store, experiment, None, transfers)
        for _ in range(2):
            proposal = asked(study)
            found.append(float(proposal.params["x"] or 0))
            finish(study, proposal, -abs(found[-1] - 0.8))
        study.close()
    assert found == at_once
    (kept,) = kept_transfers(store, experiment)
    assert kept.describe() == taken.describe()


def test_what_is_no_longer_named_is_no_longer_used() -> None:
    experiment, store = make_experiment(space=X, warm_start=["old"]), MemoryStore().study("sample")
    OptunaStudy(store, experiment, None, [Transfer("old", "", [({"x": 0.5}, [0.5])], ["x"], {})])
    assert len(kept_transfers(store, experiment)) == 1
    assert not kept_transfers(store, make_experiment(space=X))


# ---- what people are told ------------------------------------------------------------------------


@pytest.fixture
def studies(tmp_path: Path) -> FolderStore:
    write_trainables(tmp_path)
    store = FolderStore(tmp_path / "studies")
    run_study(store.study("old"), make_experiment(space=X, name="old"), 5, 0.3)
    return store


def test_all_that_is_wrong_with_a_warm_start_is_said_at_once(
    studies: FolderStore, tmp_path: Path
) -> None:
    other = make_experiment(space={"y": UNIT, "x": {"type": "int", "low": 5, "high": 6}})
    source = Source(
        other.model_copy(update={"warm_start": ["old", "odl", "sample"]}),
        tmp_path / "experiment.yaml",
        tmp_path,
    )
    with pytest.raises(UserError) as caught:
        validate(source, studies.study("sample"))
    text = str(caught.value)
    assert "of its trials, 5 without a value in this space." in text
    assert "no study `odl`" in text and "it is this study itself" in text
    assert "`space.y` is not a parameter" in text  # of the trainable
    assert not studies.study("sample").exists()


def test_an_empty_study_and_one_with_other_objectives_are_refused(studies: FolderStore) -> None:
    empty = make_experiment(name="empty", space=X)
    OptunaStudy(studies.study("empty"), empty).close()
    record_experiment(studies.study("empty"), Source.of(empty))
    two = [{"metric": one, "direction": "minimize"} for one in ("value", "other")]
    experiment = make_experiment(
        space=X, objective=two, pruner={"type": "none"}, warm_start=["old", "empty"]
    )
    found = read_warm_start(experiment, studies.study("sample"))
    assert [one.why for one in found.faults] == ["it has another number of objectives."] * 2
    single = make_experiment(space=X, warm_start=["empty"])
    (fault,) = read_warm_start(single, studies.study("sample")).faults
    assert fault.why == "it has no trials."


def test_an_address_names_a_study_of_another_store(studies: FolderStore) -> None:
    experiment = make_experiment(space=X, warm_start=[studies.study("old").address])
    found = read_warm_start(experiment, MemoryStore().study("sample"))
    assert not found.faults and len(found.taken) == 1


def test_a_sampler_that_cannot_says_so(studies: FolderStore) -> None:
    experiment = make_experiment(space=X, warm_start=["old"], sampler={"type": "random"})
    (notice,) = read_warm_start(experiment, studies.study("sample")).notices
    assert "random sampler does not look at earlier studies" in notice


@pytest.mark.parametrize("sampler", ["random", "tpe", "gp"])
def test_show_says_of_a_warm_start_what_validate_says(studies: FolderStore, sampler: str) -> None:
    experiment = make_experiment(space=X, warm_start=["old"], sampler={"type": sampler})
    store = studies.study("sample")
    (notice,) = read_warm_start(experiment, store).notices
    taken = read_warm_start(experiment, store).taken
    OptunaStudy(store, experiment, None, taken).close()
    assert [f"warm start: {one}" for one in describe_warm_start(store, experiment)] == [notice]
    assert ("are of use" in notice) == (sampler == "tpe")


@pytest.mark.parametrize(
    ("objective", "is_turned"),
    [
        ({"metric": "value", "direction": "maximize"}, False),
        ({"metric": "value", "direction": "minimize"}, True),
        ({"metric": "value", "direction": "minimize", "take": "last"}, True),
        ({"metric": "other", "direction": "minimize"}, False),
    ],
)
def test_that_the_same_metric_has_another_direction_is_said(
    studies: FolderStore, objective: dict[str, str], is_turned: bool
) -> None:
    experiment = make_experiment(space=X, warm_start=["old"], objective=objective)
    (notice,) = read_warm_start(experiment, studies.study("sample")).notices
    said = "what was best there counts as best here, though this study is to minimize value"
    assert (said in notice) == is_turned


def test_an_experiment_made_before_has_no_warm_start() -> None:
    assert make_experiment(space=X).warm_start == []
    assert "warm_start" in json.dumps(make_experiment(space=X).model_dump(mode="json"))


@pytest.mark.slow
def test_validate_run_and_show_say_of_what_use_the_earlier_study_is(
    studies: FolderStore, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "new.yaml"
    file.write_text(
        "name: new\ntrainable: samples.py:quadratic\nwarm_start: [old]\n"
        "objective: {metric: value, direction: maximize}\nbudget: {trials: 2}\n"
        f"space: {{x: {json.dumps(UNIT)}}}\ntracking: {{uri: 'sqlite:///{tmp_path}/m.db'}}\n"
    )
    said = "5 of 5 trials of `old` are of use, ranked by maximize value, for `x`"
    options = ["--studies", str(tmp_path / "studies")]
    for words in (["validate", str(file)], ["run", str(file), "--local"], ["show", "new"]):
        with pytest.raises(SystemExit) as ended:
            main([*words, *options])
        assert ended.value.code == 0
        output = capsys.readouterr()
        assert said in " ".join((output.out + output.err).split())
