"""Versions in MLflow's model registry, and the aliases that they carry.

| alias | the version is |
|---|---|
| `champion` | the one to use: the winner of a confirmation, else the best of the searches |
| `challenger` | a search's best, better than all that a confirmed champion was compared with |
| `previous` | the champion before |

A version is made only if it gets an alias. Every step first checks whether it was done before, so
a kill in between leaves no second version and no model without its alias.
"""

from dataclasses import dataclass

from mlflow import MlflowClient
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException

from hpsearch.tracking.held_runs import HeldRuns
from hpsearch.tracking.logged_model import log_model
from hpsearch.tracking.parent import OBJECTIVE_TAG, STUDY_ID_TAG
from hpsearch.tracking.study_card import Candidate
from hpsearch.tracking.values import KIND_TAG, TRIAL_TAG

CHAMPION, CHALLENGER, PREVIOUS = "champion", "challenger", "previous"
VALUE_TAG = "hpsearch.value"
ABSENT = ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE")
"""What MLflow says if there is no such model, and no such alias."""


@dataclass(frozen=True)
class Version:
    """A version of a registered model."""

    number: str
    aliases: tuple[str, ...]


def publish(held: HeldRuns, study_id: str, candidate: Candidate) -> Version | None:
    """Register the model if it deserves an alias; return its version, None if it has none.

    Raises SearchFailed if torch cannot export the model, and what MLflow raises.
    """
    run_id = held.run_id(candidate.record.number)
    if run_id is None:
        raise LookupError(f"MLflow has no run of trial {candidate.record.number}.")
    registry = _Registry(held, study_id, candidate, run_id)
    alias = registry.deserved_alias()
    version = registry.find_version()
    if alias is not None:
        version = version or registry.create_version()
        registry.give(alias, version)
    return Version(version, registry.aliases(version)) if version else None


class _Registry:
    """One registered model, and a candidate for it that a run trained."""

    def __init__(self, held: HeldRuns, study_id: str, candidate: Candidate, run_id: str) -> None:
        self._held = held
        self._study_id = study_id
        self._client: MlflowClient = held.client
        self._candidate = candidate
        self._run_id = run_id
        self._name = candidate.name
        self._objective = candidate.goal.label

    def deserved_alias(self) -> str | None:
        """Return the alias that the candidate deserves, or has; None if it is not better."""
        champion = self._holder(CHAMPION)
        if champion is None or champion.run_id == self._run_id:
            return CHAMPION
        if self._candidate.is_confirmed:
            return None if self._is_superseded(champion) else CHAMPION
        if not self._beats(champion):
            return None
        if not champion.tags.get(KIND_TAG):
            return CHAMPION
        challenger = self._holder(CHALLENGER)
        is_first = challenger is None or challenger.run_id == self._run_id
        return CHALLENGER if is_first or self._beats(challenger) else None

    def find_version(self) -> str | None:
        """Return the version of the candidate's run."""
        wanted = f"name = '{self._name}' and run_id = '{self._run_id}'"
        found = self._client.search_model_versions(wanted, max_results=1)
        return str(found[0].version) if found else None

    def create_version(self) -> str:
        """Log the model and make a version of it."""
        logged = log_model(self._held, self._run_id, self._candidate)
        try:
            self._client.create_registered_model(self._name)
        except MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise
        made = self._client.create_model_version(
            self._name,
            source=f"models:/{logged.model_id}",
            run_id=self._run_id,
            tags=self._tags(),
            model_id=logged.model_id,
            await_creation_for=60,  # seconds; only some hosted registries take any time
        )
        return str(made.version)

    def give(self, alias: str, version: str) -> None:
        """Give the version the alias; a new champion's predecessor becomes `previous`,
        and a challenger that it beats loses its alias."""
        holder = self._holder(alias)
        if holder is None or str(holder.version) != version:
            if alias == CHAMPION and holder is not None:
                self._client.set_registered_model_alias(self._name, PREVIOUS, holder.version)
            self._client.set_registered_model_alias(self._name, alias, version)
        challenger = self._holder(CHALLENGER)
        if alias == CHAMPION and challenger is not None and not self._is_beaten_by(challenger):
            self._client.delete_registered_model_alias(self._name, CHALLENGER)

    def aliases(self, version: str) -> tuple[str, ...]:
        """Return the aliases of a version."""
        return tuple(sorted(self._client.get_model_version(self._name, version).aliases))

    def _holder(self, alias: str) -> ModelVersion | None:
        try:
            return self._client.get_model_version_by_alias(self._name, alias)
        except MlflowException as error:
            if error.error_code in ABSENT:
                return None
            raise

    def _beats(self, version: ModelVersion) -> bool:
        """Return whether the candidate is better; what cannot be compared counts as beaten."""
        recorded = self._recorded(version)
        return recorded is None or self._candidate.goal.is_better(self._candidate.value, recorded)

    def _is_beaten_by(self, version: ModelVersion) -> bool:
        recorded = self._recorded(version)
        return recorded is not None and self._candidate.goal.is_better(
            recorded, self._candidate.value
        )

    def _recorded(self, version: ModelVersion) -> float | None:
        """Return a version's value, None if it is of another objective."""
        if version.tags.get(OBJECTIVE_TAG) != self._objective:
            return None
        return float(version.tags[VALUE_TAG])

    def _is_superseded(self, champion: ModelVersion) -> bool:
        """Return whether the champion came after the candidate's version, from elsewhere."""
        version = self.find_version()
        is_own = champion.tags.get(STUDY_ID_TAG) == self._study_id
        return version is not None and not is_own and int(champion.version) > int(version)

    def _tags(self) -> dict[str, str]:
        candidate = self._candidate
        tags = {
            TRIAL_TAG: str(candidate.record.original),
            STUDY_ID_TAG: self._study_id,
            OBJECTIVE_TAG: self._objective,
            VALUE_TAG: repr(candidate.value),
        }
        return {**tags, KIND_TAG: "confirmation"} if candidate.is_confirmed else tags
