"""A study's runs, found and moved to MLflow's trash, where a person can restore them.

The saved view of its best trials is deleted: MLflow would still offer it, empty.

Covered: the study's run, those of its trials, those that these made, and those of its
confirmations, in the MLflow experiment that the study names now. Not covered: what an earlier
`tracking` of the study recorded elsewhere.
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from mlflow import MlflowClient
from mlflow.entities import LifecycleStage, Run, ViewType
from mlflow.exceptions import MlflowException

from hpsearch.common.redaction import redacted
from hpsearch.tracking import connection, nested_runs
from hpsearch.tracking.parent import PARENT_TAG, STUDY_ID_TAG, search, with_tags
from hpsearch.tracking.saved_view import view_tag
from hpsearch.tracking.settings import own_settings
from hpsearch.tracking.values import TRIAL_OF_TAG


@dataclass(frozen=True)
class StudyRuns:
    """The ids of a study's runs, children before their parents.

    `address` is the tracking URI without credentials. `versions` of models were made from these
    runs; they stay in the registry.
    """

    address: str
    ids: Sequence[str]
    versions: Sequence[str]
    _client: MlflowClient
    _place: str
    _views: Sequence[str]

    def put_away(self) -> None:
        """Move the runs to MLflow's trash; raises what MLflow raises, and may be repeated.

        MLflow does not delete the children of a deleted run. Parents are deleted last, so after a
        kill in between the remaining runs are still found.
        """
        with own_settings(verbose=False):
            self._delete()

    def _delete(self) -> None:
        for run_id in self.ids:
            self._client.delete_run(run_id)
        with suppress(MlflowException):  # a server that lets us write only runs
            for tag in self._views:
                self._client.delete_experiment_tag(self._place, tag)


@own_settings(verbose=False)
def find_runs(uri: str | None, experiment: str, study_ids: Sequence[str]) -> StudyRuns:
    """Return the runs of these studies that are not in the trash yet.

    The ids are a study's own and its confirmations'. Raises what MLflow raises, and LookupError
    if there is no store, or one that never had the study: its runs are elsewhere. None is made.
    """
    address = connection.from_anywhere(connection.resolve(uri))
    if not connection.is_there(address):
        raise LookupError(f"{redacted(address)}: there is no such file.")
    strange = f"{redacted(address)}: it has no run of the study, nor had one."

    def find(client: MlflowClient) -> StudyRuns:
        found = client.get_experiment_by_name(experiment)
        if found is None:
            raise LookupError(strange)
        place = str(found.experiment_id)
        ids = list(dict.fromkeys(_run_ids(client, place, study_ids)))
        if not ids and not _is_in_trash(client, place, study_ids[0]):
            raise LookupError(strange)
        views = [tag for tag in map(view_tag, study_ids) if tag in found.tags]
        versions = list(_versions(client, study_ids))
        return StudyRuns(redacted(address), ids, versions, client, place, views)

    return connection.reach(address, find)


def _run_ids(client: MlflowClient, place: str, study_ids: Sequence[str]) -> Iterator[str]:
    for study_id in study_ids:
        for run in search(client, place, {nested_runs.STUDY_TAG: study_id}):
            yield str(run.info.run_id)
        for run in search(client, place, {STUDY_ID_TAG: study_id}, view=ViewType.ALL):
            yield from _below(client, place, run)
        for run in search(client, place, {TRIAL_OF_TAG: study_id}):  # its parent was purged
            yield str(run.info.run_id)


def _is_in_trash(client: MlflowClient, place: str, study_id: str) -> bool:
    wanted = with_tags({STUDY_ID_TAG: study_id})
    return bool(client.search_runs([place], wanted, ViewType.DELETED_ONLY, max_results=1))


def _below(client: MlflowClient, place: str, parent: Run) -> Iterator[str]:
    """Yield the ids of a study's runs and then its own; a confirmation's run is a parent, too."""
    for run in search(client, place, {PARENT_TAG: parent.info.run_id}):
        if STUDY_ID_TAG in run.data.tags:
            yield from _below(client, place, run)
        else:
            yield str(run.info.run_id)
    if parent.info.lifecycle_stage == LifecycleStage.ACTIVE:
        yield str(parent.info.run_id)


def _versions(client: MlflowClient, study_ids: Sequence[str]) -> Iterator[str]:
    """Yield the versions of models that these studies registered, as a person calls them."""
    with suppress(MlflowException):  # a server without a registry for us: then there are none
        for study_id in study_ids:
            wanted = with_tags({STUDY_ID_TAG: study_id})
            for version in client.search_model_versions(wanted):
                yield f"{version.name} version {version.version}"
