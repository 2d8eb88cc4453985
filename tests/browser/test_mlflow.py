"""What a person sees of a search in MLflow's UI, as `hpsearch ui` opens it."""

from pathlib import Path
from typing import Any

import pytest
from mlflow import MlflowClient

from tests.browser.page import Page

pytestmark = [pytest.mark.browser, pytest.mark.timeout(2400)]

AXES = ["filters_1", "filters_2", "dropout", "learning_rate", "optimizer", "objective"]
"""What is searched in every trial, and what it came to; `momentum` is for some trials alone."""

CARD = "[data-testid='experiment-view-compare-runs-card']"
RUNS = "[role=row] a"


WIDEST_IMAGE = "return Math.max(0, ...[...document.images].map(image => image.naturalWidth))"


def server(address: str) -> str:
    return address.partition("/#")[0]


def run_name(trial: dict[str, Any]) -> str:
    return f"trial-{trial['number']:05d}"


def names_by_value(study: dict[str, Any]) -> list[str]:
    """Return the runs' names, the best first; a trial without a value is not among them."""
    valued = [trial for trial in study["trials"] if trial["values"]]
    ranked = sorted(valued, key=lambda trial: -trial["values"]["val_accuracy"])
    return [run_name(trial) for trial in ranked]


def test_the_search_had_everything_in_it(study: dict[str, Any]) -> None:
    counts = study["counts"]
    assert counts["complete"] >= 10 and counts["pruned"] >= 2 and counts["failed"] == 1


def test_the_address_compares_the_best_trials_by_what_was_searched(
    page: Page, address: str, study: dict[str, Any]
) -> None:
    page.open(address)
    page.wait_for(lambda: page.texts(f"{CARD} .parcoords .label") == AXES, "the chosen axes")
    page.wait_for(lambda: page.texts(f"{CARD} .js-plotly-plot .trace"), "curves")
    page.picture("comparison")
    shown = page.texts(RUNS)
    assert len(shown) == len(study["trials"])
    values = {run_name(t): t["values"].get("val_accuracy") for t in study["trials"]}
    ranked = [values[name] for name in shown if values[name] is not None]
    assert ranked == sorted(ranked, reverse=True)
    assert shown[0] in {
        n for n, v in values.items() if v == study["best"]["values"]["val_accuracy"]
    }
    assert page.asked() == {"127.0.0.1"}


def test_the_table_has_the_searched_hyperparameters_as_columns(page: Page, address: str) -> None:
    page.open(address.replace("compareRunsMode=CHART&", ""))
    for column in ("objective", "filters_1", "momentum"):
        page.wait_for_text("[role=columnheader]", column)
    page.picture("table")


def test_mlflow_offers_the_comparison_among_its_views(page: Page, address: str) -> None:
    page.open(f"{server(address)}/#/experiments/1/runs?workflowType=machine_learning")
    page.wait_for_text("[data-testid='saved-views-trigger']", "Views")
    page.click("[data-testid='saved-views-trigger']")
    page.wait_for_text("[role=menuitem], [role=option]", "quick: the best trials")


def test_trials_are_nested_under_their_study(
    page: Page, address: str, study: dict[str, Any]
) -> None:
    page.open(f"{server(address)}/#/experiments/1/runs?workflowType=machine_learning")
    page.wait_for(lambda: page.texts(RUNS) == ["quick"], "the study's run alone")
    page.click("[role=gridcell] button")
    expected = {"quick", *map(run_name, study["trials"])}
    page.wait_for(lambda: expected <= set(page.texts(RUNS)), "the trials' runs")
    page.picture("nested-runs")


def test_the_best_model_is_a_version_with_its_alias(
    page: Page, address: str, study: dict[str, Any]
) -> None:
    page.open(f"{server(address)}/#/models/quick")
    page.wait_for_text("[role=row], tr", "Version 1")
    (row,) = [text for text in page.texts("[role=row], tr") if "Version 1" in text]
    assert "champion" in row and str(study["best"]["number"]) in row
    page.picture("registered-model")


def test_the_pictures_of_the_report_are_shown_with_the_studys_run(
    page: Page, address: str, searched: Path
) -> None:
    store = MlflowClient(f"sqlite:///{searched}/mlflow.db")
    (parent,) = store.search_runs(["1"], "tags.`hpsearch.study` = 'quick'")
    run = parent.info.run_id
    pictures = [file.path for file in store.list_artifacts(run, "report") if ".png" in file.path]
    assert "report/history.png" in pictures
    page.open(f"{server(address)}/#/experiments/1/runs/{run}/artifacts/report/history.png")
    page.wait_for(lambda: page.evaluate(WIDEST_IMAGE) > 300, "the picture")
    page.picture("artifact")
