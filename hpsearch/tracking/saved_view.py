"""The study's best trials compared, as a view that MLflow's UI opens and offers among its own.

MLflow keeps a saved view as a tag of the experiment: the table's filter, order and columns, and the
cards of the charts (`savedViewEnvelope.ts`, `ExperimentPageUIState.tsx` of MLflow 3.17).
"""

import base64
import json
import time
import zlib
from contextlib import suppress
from typing import Any
from urllib.parse import urlencode

from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

from hpsearch.common.goal import Goal
from hpsearch.tracking import connection
from hpsearch.tracking.parent import PARENT_TAG, with_tags
from hpsearch.tracking.settings import own_settings
from hpsearch.tracking.study_card import StudyCard
from hpsearch.tracking.values import objective_names, safe_name

PREFIX = "mlflow.sharedViewState."

PAGE = {"compareRunsMode": "CHART", "workflowType": "machine_learning"}
"""The charts beside the runs, and MLflow's menu for training rather than for language models."""

MOST_AXES = 12
"""More are unreadable; others can be chosen in the chart's menu."""

MOST_COLUMNS = 24
SECTION = "hpsearch"


def save_view(
    client: MlflowClient,
    experiment_id: str,
    parent_id: str,
    card: StudyCard,
    *,
    is_new: bool = False,
) -> None:
    """Have MLflow offer the view; an existing one stays, since a person may have changed it.

    A new parent run (`is_new`) gets a new view, since a view names its parent.
    """
    tag = view_tag(card.id)
    if not is_new and tag in client.get_experiment(experiment_id).tags:
        return
    now = round(time.time() * 1000)
    state = zlib.compress(json.dumps(_state(card, parent_id)).encode())
    view = {
        "name": f"{card.name}: the best trials",
        "createdAt": now,
        "updatedAt": now,
        "state": f"deflate;{base64.b64encode(state).decode()}",
    }
    with suppress(
        MlflowException
    ):  # a server that lets us write only runs: the view is a convenience
        client.set_experiment_tag(experiment_id, tag, json.dumps(view))


@own_settings(verbose=False)
def view_path(uri: str, experiment: str, study_id: str) -> str | None:
    """Return the path at which MLflow's server shows the view; None if it has none.

    `experiment` is the name of the MLflow experiment. Raises what MLflow raises, and TimeoutError.
    """
    found = connection.reach(uri, lambda client: client.get_experiment_by_name(experiment))
    if found is None or view_tag(study_id) not in found.tags:
        return None
    asked = urlencode({"viewStateShareKey": _key(study_id), **PAGE})
    return f"/#/experiments/{found.experiment_id}/runs?{asked}"


def view_tag(study_id: str) -> str:
    """Return the experiment's tag that holds a study's view."""
    return PREFIX + _key(study_id)


def _key(study_id: str) -> str:
    return f"hpsearch-{study_id}"


def _state(card: StudyCard, parent_id: str) -> dict[str, Any]:
    """Return the page's state: the study's trials, the best one first, the 20 best in charts."""
    metrics = [safe_name(name) for name in objective_names(card.goals)]
    columns = [safe_name(name) for name in list(card.searched)[:MOST_COLUMNS]]
    return {
        "searchFilter": with_tags({PARENT_TAG: parent_id}),
        "orderByKey": f"metrics.`{metrics[0]}`",
        "orderByAsc": card.goals[0].direction == "minimize",
        "selectedColumns": [
            *(f"metrics.`{name}`" for name in metrics),
            *(f"params.`{name}`" for name in columns),
        ],
        "runsHiddenMode": "FIRST_20_RUNS",
        "isAccordionReordered": True,  # else MLflow sorts the sections by name
        "compareRunSections": [
            _section(SECTION, columns=1, cardHeight=430),
            _section("Model metrics", display=False),
            _section("System metrics", display=False),
        ],
        "compareRunCharts": [_parallel(card, metrics), *map(_curve, card.goals)],
    }


def _section(name: str, *, display: bool = True, **layout: int) -> dict[str, Any]:
    return {"uuid": name, "name": name, "display": display, "isReordered": False, **layout}


def _parallel(card: StudyCard, metrics: list[str]) -> dict[str, Any]:
    # MLflow hides a run that lacks one of the axes
    axes = [safe_name(name) for name, always in card.searched.items() if always]
    return _card("PARALLEL", selectedParams=axes[:MOST_AXES], selectedMetrics=metrics)


def _curve(goal: Goal) -> dict[str, Any]:
    name = safe_name(goal.metric)
    return _card("LINE", metricKey=name, selectedMetricKeys=[name])


def _card(kind: str, **what: Any) -> dict[str, Any]:
    uuid = "-".join([SECTION, kind, what.get("metricKey", "")])
    return {"uuid": uuid, "type": kind, "metricSectionId": SECTION, "isGenerated": False, **what}
