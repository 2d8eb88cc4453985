"""The plain sections of an experiment: each key with its type, its default and its meaning.

What they say together is checked in `consistency.py`.
"""

from typing import Annotated, Literal

from pydantic import Discriminator, Field, Tag, model_validator

from hpsearch.common.goal import Direction, Goal, Take
from hpsearch.experiment.runtime_environment import RuntimeEnvironment
from hpsearch.experiment.section import Section

Gpus = Annotated[
    Annotated[float, Field(ge=0, allow_inf_nan=False), Tag("number")]
    | Annotated[Literal["auto"], Tag("word")],
    Discriminator(lambda value: "word" if isinstance(value, str) else "number"),
]
"""A number of GPUs, or "auto"; which one is decided first, so that a wrong value is one fault."""


FurtherRecorder = Literal["tensorboard", "wandb"]
"""What may record beside MLflow."""


class Objective(Section):
    """What is searched for: one metric that the trainable reports or returns."""

    metric: str = Field(min_length=1)
    """The metric's name, as the trainable reports it."""
    direction: Direction
    """Whether more is better, or less."""
    take: Take = "best"
    """Which report a trial's value is taken from: best, or last. A returned result comes before
    both. With several objectives it is the last report that has all of them."""

    @property
    def goal(self) -> Goal:
        """The objective as the engine's own value."""
        return Goal(self.metric, self.direction, self.take)


class Budget(Section):
    """When the search ends: whichever comes first. All are totals over every `hpsearch run`."""

    trials: int = Field(default=100, ge=1)
    """Trials in all, whatever their outcome."""
    minutes: float | None = Field(default=None, gt=0)
    """Minutes of searching in all; null: no limit."""
    target: float | None = Field(default=None, allow_inf_nan=False)
    """Stop once a complete trial is at least this good; null: never. One objective only."""
    patience_trials: int | None = Field(default=None, ge=1)
    """Stop after this many finished trials without a new best one; null: never."""
    stop_when_unlikely: float | None = Field(default=None, gt=0, lt=1)
    """Stop when the chance that another hour improves the best value by more than the noise is no
    higher, such as 0.05; null: never. One objective only. It takes long: after 20 hours without a
    better trial the chance is 0.05, after 10 hours 0.1."""
    failed_in_a_row: int | None = Field(default=15, ge=1)
    """Stop, as failed, after this many failed trials in a row in one `run`; null: never."""
    failed_share: float | None = Field(default=0.9, gt=0, le=1)
    """Stop, as failed, if at least this share of the last 50 trials of one `run` failed; null:
    never."""
    failed_trials: int | None = Field(default=None, ge=1)
    """Stop, as failed, after this many failed trials in all; null: never. If it is set, the
    default of the two above is null."""

    @model_validator(mode="before")
    @classmethod
    def _total_alone(cls, data: object) -> object:
        if isinstance(data, dict) and data.get("failed_trials") is not None:
            return {"failed_in_a_row": None, "failed_share": None, **data}
        return data


class Resources(Section):
    """What a trial gets and how many run at once."""

    workers_per_trial: int = Field(default=1, ge=1)
    """Processes that train one trial together, such as the ranks of torch's
    DistributedDataParallel; `cpus_per_trial` and `gpus_per_trial` are of each. They may be on
    several machines."""
    cpus_per_trial: float = Field(default=1, ge=0.0001, allow_inf_nan=False)
    """CPU cores of a trial; also its number of threads, rounded down to at least 1."""
    gpus_per_trial: Gpus | None = None
    """GPUs of a trial, 0.5 to share one between two; null: 1 if there are GPUs, else 0.
    auto: the first trials get a GPU each; then as many share one as fit into its memory, judged by
    the largest of them; an out-of-memory error halves that. Without GPUs it is 0."""
    parallel_trials: int | None = Field(default=None, ge=1)
    """Trials at a time; null: as many as fit."""
    ray_address: str | None = None
    """A Ray cluster's address ("auto", "host:6379"); null: start Ray on this machine."""
    runtime_env: RuntimeEnvironment | None = None
    """What workers on a cluster have besides; null: what is installed on their machines."""
    wait_minutes: float = Field(default=15, ge=0, allow_inf_nan=False)
    """How long a search on a cluster waits while no machine has room for a trial, in minutes; a
    busy machine is waited for without a limit. On this machine alone it is refused at once."""
    retries: int = Field(default=1, ge=0)
    """Further attempts for a trial whose worker crashed or ran out of time; one whose machine died,
    was drained or preempted is always tried again."""
    trial_minutes: float | None = Field(default=None, gt=0)
    """Time limit of one attempt, in minutes, after which its worker is killed; null: none."""

    @property
    def fixed_gpus(self) -> float | None:
        """GPUs of a trial if the file has a number; None: it depends on the machine."""
        return None if self.gpus_per_trial == "auto" else self.gpus_per_trial


class Tracking(Section):
    """Where trials are recorded: in MLflow, and further recorders."""

    uri: str | None = None
    """MLflow's tracking URI; null: MLFLOW_TRACKING_URI, else MLflow's default, sqlite:///mlflow.db."""
    experiment: str | None = None
    """MLflow experiment; null: the study's name."""
    registered_model: str | None = None
    """Name in MLflow's model registry; null: the study's name."""
    also: list[FurtherRecorder] = Field(default_factory=list)
    """Where trials are recorded too, if it is installed. tensorboard: event files in the study's
    folder, under `tensorboard`. wandb: a run of Weights & Biases for each trial that ended, in the
    project of the MLflow experiment's name; WANDB_MODE, WANDB_ENTITY and the like apply."""


class CheckpointRules(Section):
    """Which checkpoints are kept."""

    keep: int = Field(default=3, ge=1)
    """How many of the best trials keep the checkpoint of their best step."""
    every_seconds: float = Field(default=60, ge=0)
    """A running trial is asked for a checkpoint to resume from at most this often, in seconds."""
    max_gigabytes: float | None = Field(default=None, gt=0)
    """Limit for all checkpoints, in units of 10^9 bytes: the worst of the kept trials lose theirs
    first; the best trial and unfinished ones keep theirs, and each running trial may have two more
    while they are written. null: no limit but `keep`."""
