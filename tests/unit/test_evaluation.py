"""What a trainable's `evaluate` returns, and what is made of it."""

from pathlib import Path
from typing import Any

import pytest
import torch
from mlflow import MlflowClient

from hpsearch.analysis.evaluation import outcome_data, read_outcome
from hpsearch.analysis.intervals import wilson_interval
from hpsearch.cli.render.evaluation import evaluation_text
from hpsearch.common.errors import UserError
from hpsearch.reports.confusion import confusion_png
from hpsearch.tracking.evaluations import log_evaluation
from tests.unit.test_mlflow_recorder import CARD, Store, ended, store

__all__ = ["store"]  # a fixture

# three cats of which one is taken for a dog, one dog, and no cow, which nothing was taken for
MATRIX = [[2, 1, 0], [0, 1, 0], [0, 0, 0]]


def outcome(**more: Any) -> Any:
    given = {"confusion_matrix": MATRIX, "classes": ["cat", "dog", "cow"], **more}
    return read_outcome({"accuracy": 0.75, **given})


@pytest.mark.parametrize("matrix", [MATRIX, torch.tensor(MATRIX)], ids=["lists", "tensor"])
def test_every_class_is_scored_by_itself(matrix: Any) -> None:
    found = outcome(confusion_matrix=matrix)
    cat, dog, cow = found.confusion.scores
    assert (cat.precision, cat.recall, cat.f1, cat.support) == (1.0, 2 / 3, 0.8, 3)
    assert (dog.precision, dog.recall, dog.f1, dog.support) == (0.5, 1.0, 2 / 3, 1)
    assert (cow.precision, cow.recall, cow.f1, cow.support) == (None, None, None, 0)
    assert cat.recall_interval == wilson_interval(2 / 3, 3) and cow.recall_interval is None
    assert found.examples == 4 and found.intervals == {"accuracy": wilson_interval(0.75, 4)}


def test_a_regression_needs_metrics_alone() -> None:
    found = read_outcome({"rmse": torch.tensor(0.5), "r2": float("nan"), "examples": 7})
    assert outcome_data(found) == {
        "metrics": {"rmse": 0.5, "r2": None},
        "examples": 7,
        "intervals_95": {},
    }
    assert [str(line).split() for line in evaluation_text(found, 80)] == [
        ["rmse", "0.500000"],
        ["r2", "nan"],
    ]


@pytest.mark.parametrize(
    ("returned", "why"),
    [
        (0.5, "it returned float, not a dictionary"),
        ({"accuracy": "high"}, "its `accuracy` is not a number but str"),
        ({"loss": torch.zeros(2)}, "its `loss` is not a number but Tensor"),
        ({"confusion_matrix": [[1, 2]]}, "not square"),
        ({"confusion_matrix": []}, "not square"),
        ({"confusion_matrix": [[0.5]]}, "not counts"),
        ({"confusion_matrix": [[-1]]}, "not counts"),
        ({"confusion_matrix": [[1]], "classes": ["a", "b"]}, "names 2 classes"),
    ],
)
def test_what_means_nothing_is_refused(returned: Any, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        read_outcome(returned)


def test_ten_classes_fit_eighty_columns_and_a_hundred_are_told_by_their_mistakes() -> None:
    ten = read_outcome({"confusion_matrix": [[1000] * 10] * 10})
    text = [str(line) for line in evaluation_text(ten, 80)]
    assert max(map(len, text)) <= 80
    assert len([line for line in text if line.count("1000") == 10]) == 10
    hundred = torch.eye(100, dtype=torch.int64)
    hundred[3, 97] = 5
    text = [str(line) for line in evaluation_text(read_outcome({"confusion_matrix": hundred}), 80)]
    assert max(map(len, text)) <= 80
    assert text[-1].split() == ["5", "3", "97"] and "5 mistakes of 1 kind;" in text[-3]


def test_names_of_classes_are_only_text(tmp_path: Path) -> None:
    found = outcome(classes=["$a_$", "\x1b[31mred", "<b>" + "x" * 99])
    assert confusion_png(found.confusion, "$ title").startswith(b"\x89PNG")
    assert "\x1b" not in "".join(str(line) for line in evaluation_text(found, 80))


def test_an_evaluation_is_added_to_the_trials_run_once(store: Store) -> None:
    recorder = store.open()
    recorder.finished(ended(0))
    assert recorder.close(30) == []
    files = {"evaluation.json": b"{}", "confusion_matrix.png": b"picture"}
    for _ in range(2):
        log_evaluation(
            f"sqlite:///{store.file}",
            CARD.experiment,
            CARD.id,
            ended(0),
            metrics={"test_accuracy": 0.75},
            files=files,
        )
    run = store.children()[0]
    assert store.points(run)["test_accuracy"] == [(1, 0.75)]
    assert run.info.status == "FINISHED"
    kept = store.client.list_artifacts(run.info.run_id, "evaluation")
    assert {Path(file.path).name for file in kept} == files.keys()


def test_a_file_that_is_not_there_is_named_with_its_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match=f"cannot record at sqlite:///{tmp_path}/no.db"):
        log_evaluation("sqlite:///no.db", "any", "any", ended(0), metrics={}, files={})


@pytest.mark.parametrize(
    ("name", "number", "why"),
    [("mlflow.db", 3, "no run of trial 3"), ("no.db", 0, "no such file")],
)
def test_a_store_without_the_run_is_left_as_it_is(
    store: Store, name: str, number: int, why: str
) -> None:
    file = store.folder / name
    with pytest.raises(UserError, match=why):
        log_evaluation(
            f"sqlite:///{file}", CARD.experiment, CARD.id, ended(number), metrics={}, files={}
        )
    if file.exists():
        assert MlflowClient(f"sqlite:///{file}").get_experiment_by_name(CARD.experiment) is None
    assert sorted(path.name for path in store.folder.iterdir()) == ["mlflow.db"]
