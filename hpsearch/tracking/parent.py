"""The MLflow experiment and the study's parent run, found or created; the search for runs.

A parent run in MLflow's trash is restored, one that was purged is created again; the trials' runs
of any other parent of the study are moved under it. So each trial is there once.
"""

from collections.abc import Mapping

from mlflow import MlflowClient
from mlflow.entities import Run, RunTag, ViewType
from mlflow.exceptions import MlflowException

from hpsearch.common.errors import UserError
from hpsearch.common.garbage import uncollected
from hpsearch.common.text import writable
from hpsearch.tracking import faults
from hpsearch.tracking.study_card import StudyCard
from hpsearch.tracking.values import LONGEST_TAG, TRIAL_OF_TAG, cut, safe_name

PARENT_TAG = "mlflow.parentRunId"
STUDY_TAG = "hpsearch.study"
STUDY_ID_TAG = "hpsearch.study_id"
OBJECTIVE_TAG = "hpsearch.objective"
EXPERIMENT_FILE = "experiment.yaml"

_PAGE = 1000  # runs per answer of the server


def find_experiment(client: MlflowClient, name: str) -> str:
    """Return the id of the experiment, created if needed; raise UserError if it is deleted."""
    experiment = client.get_experiment_by_name(name)
    if experiment is None:
        try:
            return str(client.create_experiment(name))
        except MlflowException:  # another driver was faster, or it is impossible
            experiment = client.get_experiment_by_name(name)
            if experiment is None:
                raise
    if experiment.lifecycle_stage != "active":
        raise UserError(faults.tracking_experiment_deleted(name))
    return str(experiment.experiment_id)


def open_parent(client: MlflowClient, experiment_id: str, card: StudyCard) -> tuple[str, bool]:
    """Return the id of the study's parent run, up to date with the card, and whether it is new.

    It is running afterwards and has all runs of the study's trials that are not in the trash.
    """
    tags = _tags(card)
    above = _find_parent(client, experiment_id, card.parent) if card.parent else None
    if above is not None:
        tags[PARENT_TAG] = above
    found = _find_parent(client, experiment_id, card.id)
    if found is not None:
        run_id = found
        client.update_run(run_id, status="RUNNING")
        client.log_batch(run_id, tags=[RunTag(key, value) for key, value in tags.items()])
    else:
        run_id = str(client.create_run(experiment_id, tags=tags, run_name=card.name).info.run_id)
    client.log_text(run_id, writable(card.resolved_yaml), EXPERIMENT_FILE)
    _adopt(client, experiment_id, card.id, run_id)
    return run_id, found is None


def _find_parent(client: MlflowClient, experiment_id: str, study_id: str) -> str | None:
    """Return the study's run; one that is in MLflow's trash is restored."""
    wanted = {STUDY_ID_TAG: study_id}
    for run in search(client, experiment_id, wanted):
        return str(run.info.run_id)
    for run in search(client, experiment_id, wanted, view=ViewType.DELETED_ONLY):
        client.restore_run(run.info.run_id)
        return str(run.info.run_id)
    return None


def _adopt(client: MlflowClient, experiment_id: str, study_id: str, parent_id: str) -> None:
    """Move the runs of the study's trials that have another parent, or a purged one, under this."""
    of_others = [
        child
        for run in search(client, experiment_id, {STUDY_ID_TAG: study_id}, view=ViewType.ALL)
        if run.info.run_id != parent_id
        for child in search(client, experiment_id, {PARENT_TAG: run.info.run_id})
    ]
    elsewhere = f" and tags.`{PARENT_TAG}` != '{parent_id}'"
    astray = search(client, experiment_id, {TRIAL_OF_TAG: study_id}, elsewhere)
    for run_id in {str(run.info.run_id) for run in (*of_others, *astray)}:
        client.set_tag(run_id, PARENT_TAG, parent_id)


def search(
    client: MlflowClient,
    experiment_id: str,
    tags: Mapping[str, str],
    more: str = "",
    view: int = ViewType.ACTIVE_ONLY,
) -> list[Run]:
    """Return all runs of the experiment with these tags; `more` continues MLflow's filter.

    Without those in MLflow's trash, unless `view` says otherwise.
    """
    wanted = with_tags(tags) + more
    found: list[Run] = []
    token = None
    while True:
        with uncollected():  # a page makes 20,000 objects, and all go together
            page = client.search_runs(
                [experiment_id], wanted, view, max_results=_PAGE, page_token=token
            )
        found.extend(page)
        token = page.token
        if not token:
            return found


def with_tags(tags: Mapping[str, str]) -> str:
    """Return MLflow's filter of what has all of these tags."""
    return " and ".join(f"tags.`{key}` = '{value}'" for key, value in tags.items())


def _tags(card: StudyCard) -> dict[str, str]:
    goals = ", ".join(goal.label for goal in card.goals)
    own = {STUDY_TAG: card.name, STUDY_ID_TAG: card.id, OBJECTIVE_TAG: goals}
    tags = {**card.tags, **own}
    return {safe_name(key): cut(value, LONGEST_TAG) for key, value in tags.items() if value}
