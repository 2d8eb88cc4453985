"""The MLflow experiment and the study's parent run, found again or made; the search for runs."""

from collections.abc import Mapping

from mlflow import MlflowClient
from mlflow.entities import Run, RunTag
from mlflow.exceptions import MlflowException

from hpsearch.common import faults
from hpsearch.common.errors import UserError
from hpsearch.tracking.study_card import StudyCard
from hpsearch.tracking.values import LONGEST_TAG, cut, safe_name

PARENT_TAG = "mlflow.parentRunId"
STUDY_TAG = "hpsearch.study"
STUDY_ID_TAG = "hpsearch.study_id"
OBJECTIVE_TAG = "hpsearch.objective"
EXPERIMENT_FILE = "experiment.yaml"

_PAGE = 1000  # runs per answer of the server


def find_experiment(client: MlflowClient, name: str) -> str:
    """Return the id of the experiment, made if need be; raise UserError where it is deleted."""
    experiment = client.get_experiment_by_name(name)
    if experiment is None:
        try:
            return str(client.create_experiment(name))
        except MlflowException:  # another driver was faster, or it is not to be
            experiment = client.get_experiment_by_name(name)
            if experiment is None:
                raise
    if experiment.lifecycle_stage != "active":
        raise UserError(faults.tracking_experiment_deleted(name))
    return str(experiment.experiment_id)


def open_parent(client: MlflowClient, experiment_id: str, card: StudyCard) -> str:
    """Return the id of the study's parent run, now running and up to date with the card."""
    tags = _tags(card)
    above = search(client, experiment_id, {STUDY_ID_TAG: card.parent}) if card.parent else []
    if above:
        tags[PARENT_TAG] = str(above[0].info.run_id)
    found = search(client, experiment_id, {STUDY_ID_TAG: card.id})
    if found:
        run_id = str(found[0].info.run_id)
        client.update_run(run_id, status="RUNNING")
        client.log_batch(run_id, tags=[RunTag(key, value) for key, value in tags.items()])
    else:
        run_id = str(client.create_run(experiment_id, tags=tags, run_name=card.name).info.run_id)
    client.log_text(run_id, card.resolved_yaml, EXPERIMENT_FILE)
    return run_id


def search(client: MlflowClient, experiment_id: str, tags: Mapping[str, str]) -> list[Run]:
    """Return all runs of the experiment that have these tags and are not in MLflow's trash."""
    wanted = with_tags(tags)
    found: list[Run] = []
    token = None
    while True:
        page = client.search_runs([experiment_id], wanted, max_results=_PAGE, page_token=token)
        found.extend(page)
        token = page.token
        if not token:
            return found


def with_tags(tags: Mapping[str, str]) -> str:
    """Return MLflow's filter of what has all of these tags."""
    return " and ".join(f"tags.`{key}` = '{value}'" for key, value in tags.items())


def _tags(card: StudyCard) -> dict[str, str]:
    goals = ", ".join(f"{goal.direction} {goal.metric}" for goal in card.goals)
    own = {STUDY_TAG: card.name, STUDY_ID_TAG: card.id, OBJECTIVE_TAG: goals}
    tags = {**card.tags, **own}
    return {safe_name(key): cut(value, LONGEST_TAG) for key, value in tags.items() if value}
