"""What a study was begun with, in any store; and what is said if that is damaged or gone."""

from pathlib import Path

import pytest

from hpsearch.common.errors import UserError
from hpsearch.store import StudyStore, open_store
from hpsearch.store.documents import EXPERIMENT, IDENTITY
from hpsearch.usecases.identity import (
    find_changes,
    read_identity,
    read_recorded,
    record_experiment,
)
from hpsearch.usecases.source import Source
from tests.support import make_experiment

EXPERIMENT_FILE = Path("/experiments/e.yaml")


@pytest.fixture
def store() -> StudyStore:
    store = open_store("memory://").study("sample")
    record_experiment(store, Source.of(make_experiment(), EXPERIMENT_FILE))
    return store


def test_a_study_keeps_its_id_while_its_file_moves_and_its_budget_grows(store: StudyStore) -> None:
    before = read_identity(store)
    grown = make_experiment(budget={"trials": 99})
    after = record_experiment(store, Source.of(grown, Path("/moved/e.yaml")))
    assert after.id == before.id and after.source == "/moved/e.yaml"
    assert read_recorded(store) == grown and read_identity(store) == after


@pytest.mark.parametrize(
    ("sections", "key"),
    [
        ({"seed": 7}, "seed"),
        ({"objective": {"metric": "value", "direction": "minimize"}}, "objective"),
        ({"params": {"steps": 4}}, "params.steps"),
        ({"space": {"x": {"type": "float", "low": 0.0, "high": 5.0}}}, "space.x.low"),
    ],
)
def test_what_makes_trials_comparable_may_not_change(
    store: StudyStore, sections: dict[str, object], key: str
) -> None:
    changed = make_experiment(**sections)  # type: ignore[arg-type]
    (difference,) = find_changes(store, changed)
    assert key in difference
    with pytest.raises(UserError, match="study-changed"):
        record_experiment(store, Source.of(changed, EXPERIMENT_FILE))
    assert read_recorded(store) == make_experiment()


def test_a_hyperparameter_that_came_or_went_is_one_change_and_the_fix_names_the_file(
    store: StudyStore,
) -> None:
    space = {"y": {"type": "int", "low": 0, "high": 3}}
    changed = make_experiment(space=space)
    assert find_changes(store, changed) == ["`space.x` was removed", "`space.y` was added"]
    with pytest.raises(UserError, match=r"hpsearch amend sample /experiments/e\.yaml"):
        record_experiment(store, Source.of(changed, EXPERIMENT_FILE))
    with pytest.raises(UserError, match=r"open_study\('sample'\).amend"):
        record_experiment(store, Source.of(changed))


@pytest.mark.parametrize(
    "change",
    [
        {"trainable": "renamed.py:quadratic"},
        {"seed": 7},
        {"objective": {"metric": "other", "direction": "minimize"}},
    ],
)
def test_no_amendment_is_advised_that_would_be_refused(
    store: StudyStore, change: dict[str, object]
) -> None:
    changed = make_experiment(**change)  # type: ignore[arg-type]
    with pytest.raises(UserError, match="study-changed") as caught:
        record_experiment(store, Source.of(changed, EXPERIMENT_FILE))
    assert "amend" not in caught.value.faults[0].fix
    assert "warm_start: [sample]" in caught.value.faults[0].fix


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b'{"id": "1"}', b"\xff", b'{"i'])
def test_a_damaged_identity_is_the_users_error(store: StudyStore, data: bytes) -> None:
    store.write(IDENTITY, data)
    with pytest.raises(UserError, match="incomplete-study"):
        read_identity(store)


@pytest.mark.parametrize("data", [b"", b"\xff\xfe", b"name: [", b"name: x"])
def test_a_damaged_experiment_is_the_users_error(store: StudyStore, data: bytes) -> None:
    store.write(EXPERIMENT, data)
    with pytest.raises(UserError):
        read_recorded(store)


def test_a_missing_document_is_named() -> None:
    store = open_store("memory://").study("sample")
    with pytest.raises(UserError, match=r"study.json"):
        read_identity(store)
    with pytest.raises(UserError, match=r"experiment.yaml"):
        read_recorded(store)
