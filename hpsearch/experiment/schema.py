"""The experiment file as typed sections; every default stands here and is explained here.

`read_experiment` gives the whole experiment or a UserError that holds every fault of the file.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import (
    ConfigDict,
    Discriminator,
    Field,
    PrivateAttr,
    Tag,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from hpsearch.common.errors import UserError, cleaned, did_you_mean
from hpsearch.common.goal import Direction, Goal, Take
from hpsearch.common.names import STUDY_NAME
from hpsearch.common.privacy import Privacy
from hpsearch.experiment.conditions import condition_problems, with_own_values
from hpsearch.experiment.kinds import (
    PRUNERS,
    SAMPLERS,
    PrunerType,
    SamplerType,
    for_editors,
    listed,
)
from hpsearch.experiment.made import describe_function, no_lines, objective, plain
from hpsearch.experiment.overrides import apply_overrides
from hpsearch.experiment.schema_faults import faults_of
from hpsearch.experiment.section import Section
from hpsearch.experiment.space import STORED, Scalar, Space
from hpsearch.experiment.suggestions import suggestion_problems
from hpsearch.experiment.yaml_file import Lines, parse_yaml, read_yaml

Gpus = Annotated[
    Annotated[float, Field(ge=0, allow_inf_nan=False), Tag("number")]
    | Annotated[Literal["auto"], Tag("word")],
    Discriminator(lambda value: "word" if isinstance(value, str) else "number"),
]
"""A number of GPUs, or "auto"; told apart beforehand, so that what is neither is one fault."""


class Objective(Section):
    """What is searched for: one metric that the trainable reports or returns."""

    metric: str = Field(min_length=1)
    """The metric's name, as the trainable reports it."""
    direction: Direction
    """Whether more is better, or less."""
    take: Take = "best"
    """Which report a trial's value is taken from: best, or last. What the trainable returns counts
    before both. Several objectives: their values are those of the last report that has them all."""

    @property
    def goal(self) -> Goal:
        """The objective as the engine's own value."""
        return Goal(self.metric, self.direction, self.take)


class _Options(Section):
    """Further keys are handed to Optuna's class and checked against its real signature."""

    model_config = ConfigDict(extra="allow")

    @property
    def options(self) -> dict[str, Any]:
        """The keys beyond `type`, for Optuna."""
        return dict(self.model_extra or {})


class Sampler(_Options):
    """What proposes the hyperparameters; other keys are options of Optuna's sampler."""

    _positional = ("type",)

    type: SamplerType = Field(
        default="tpe", description=listed(SAMPLERS), json_schema_extra=for_editors(SAMPLERS)
    )

    if TYPE_CHECKING:  # by position, too

        def __init__(self, type: SamplerType = "tpe", **options: Any) -> None: ...


class Pruner(_Options):
    """What stops hopeless trials; other keys are options of Optuna's pruner, or of asha."""

    _positional = ("type",)

    type: PrunerType = Field(
        default="median", description=listed(PRUNERS), json_schema_extra=for_editors(PRUNERS)
    )

    if TYPE_CHECKING:  # by position, too

        def __init__(self, type: PrunerType = "median", **options: Any) -> None: ...


class Budget(Section):
    """When the search ends: whichever comes first. All are totals over every `hpsearch run`."""

    trials: int = Field(default=100, ge=1)
    """Trials in all, whatever became of them."""
    minutes: float | None = Field(default=None, gt=0)
    """Minutes of searching in all; null: no limit."""
    target: float | None = Field(default=None, allow_inf_nan=False)
    """Stop once a complete trial is at least this good; null: never. One objective only."""
    patience_trials: int | None = Field(default=None, ge=1)
    """Stop after so many finished trials without a new best one; null: never."""
    failed_in_a_row: int | None = Field(default=15, ge=1)
    """Stop, as failed, after so many failed trials in a row in one `run`; null: never."""
    failed_share: float | None = Field(default=0.9, gt=0, le=1)
    """Stop, as failed, if at least this share of the last 50 trials of one `run` failed; null:
    never."""
    failed_trials: int | None = Field(default=None, ge=1)
    """Stop, as failed, after so many failed trials in all; null: never. A file that sets this alone
    has no other limit: the two above are null then, unless it sets them, too."""

    @model_validator(mode="before")
    @classmethod
    def _total_alone(cls, data: object) -> object:
        if isinstance(data, dict) and data.get("failed_trials") is not None:
            return {"failed_in_a_row": None, "failed_share": None, **data}
        return data


class Resources(Section):
    """What a trial gets and how many run at once."""

    cpus_per_trial: float = Field(default=1, ge=0.0001, allow_inf_nan=False)
    """CPU cores of a trial; also its number of threads, rounded down to at least 1."""
    gpus_per_trial: Gpus | None = None
    """GPUs of a trial, 0.5 to share one between two; null: 1 where there are GPUs, else 0.
    auto: the first trials have a GPU each, then as many share one as its memory holds by the
    largest of them; an out-of-memory halves that. Without GPUs it is 0."""
    parallel_trials: int | None = Field(default=None, ge=1)
    """Trials at a time; null: as many as fit."""
    ray_address: str | None = None
    """A Ray cluster's address ("auto", "host:6379"); null: start Ray on this machine."""
    retries: int = Field(default=1, ge=0)
    """Further attempts at a trial whose worker crashed or ran out of time."""
    trial_minutes: float | None = Field(default=None, gt=0)
    """Time limit of one attempt, in minutes; null: none. The worker is killed then."""

    @property
    def fixed_gpus(self) -> float | None:
        """GPUs of a trial where the file has a number; None: it depends on the machine."""
        return None if self.gpus_per_trial == "auto" else self.gpus_per_trial


class Tracking(Section):
    """Where MLflow records."""

    uri: str | None = None
    """MLflow's tracking URI; null: MLFLOW_TRACKING_URI, else MLflow's default, sqlite:///mlflow.db."""
    experiment: str | None = None
    """MLflow experiment; null: the study's name."""
    registered_model: str | None = None
    """Name in MLflow's model registry; null: the study's name."""


class CheckpointRules(Section):
    """Which checkpoints are kept."""

    keep: int = Field(default=3, ge=1)
    """How many of the best trials keep the checkpoint of their best step."""
    every_seconds: float = Field(default=60, ge=0)
    """A running trial is asked for a checkpoint to resume from at most this often, in seconds."""
    max_gigabytes: float | None = Field(default=None, gt=0)
    """Room for checkpoints, in units of 10^9 bytes: of the kept trials the worst lose theirs first.
    The best trial's and those of unfinished ones stay. null: no limit but `keep`."""


class Experiment(Section):
    """A search: what to train, over which space, how long, and on what."""

    name: str
    """The study's name: letters, digits, `.`, `_`, `-`; at most 100."""
    trainable: str
    """`cnn.py:train` (a file, from the YAML's folder) or `package.module:train`."""
    objective: list[Objective] = Field(min_length=1)
    """The metric and its direction; a list for several objectives."""
    seed: int = Field(default=0, ge=0)
    """Random seed. A search with one slot (`parallel_trials: 1`, or `--local`) repeats exactly if
    the trainable does: the same trials in the same order, with Ray or without, and also if it was
    interrupted and resumed (the gp sampler excepted, which then starts its fits anew). With several
    slots the trials that end first are known first, and that differs from run to run; so does what
    goes by the clock: `budget.minutes`, `trial_minutes`, and asha with `unit: seconds`."""
    params: dict[str, Scalar] = Field(default_factory=dict)
    """Hyperparameters that stay fixed."""
    space: Space = Field(default_factory=dict)
    """Hyperparameters that are searched."""
    suggestions: list[dict[str, Scalar]] = Field(default_factory=list)
    """Configurations to try first, in this order, such as `{learning_rate: 0.01}`. The sampler adds
    what one leaves out. Each is tried once; those added later are tried in the next `run`."""
    sampler: Sampler = Field(default_factory=Sampler)
    """What proposes."""
    pruner: Pruner = Field(default_factory=Pruner)
    """What stops hopeless trials."""
    budget: Budget = Field(default_factory=Budget)
    """When the search ends."""
    resources: Resources = Field(default_factory=Resources)
    """What a trial gets."""
    tracking: Tracking = Field(default_factory=Tracking)
    """Where MLflow records."""
    checkpoints: CheckpointRules = Field(default_factory=CheckpointRules)
    """Which checkpoints are kept."""
    secrets: list[str] = Field(default_factory=list)
    """Names of `params` whose values are shown nowhere; `api_key` and its like need no mention."""

    if TYPE_CHECKING:  # a function, and an objective in short, too

        def __init__(
            self,
            *,
            name: str,
            trainable: str | Callable[..., object],
            objective: str | Sequence[str] | Mapping[str, str] | Objective,
            **sections: Any,
        ) -> None: ...

    _function: Callable[..., object] | None = PrivateAttr(default=None)

    @classmethod
    def _make(cls, given: Mapping[str, Any]) -> Self:
        """Return the experiment; raises UserError with all faults at once."""
        function = given.get("trainable")
        if callable(function):
            given = {**given, "trainable": describe_function(function)}
        if "objective" in given:
            given = {**given, "objective": objective(given["objective"])}
        data = plain(given)
        try:
            made = cls.model_validate(data)
        except ValidationError as error:
            raise UserError(
                *faults_of(error, cls, None, no_lines(data), _privacy_of(data).hide)
            ) from None
        made._function = function if callable(function) else None
        return made

    def calling(self, function: Callable[..., object] | None) -> Self:
        """Return the experiment with a function as its trainable; None: as it is named."""
        if function is None:
            return self
        copy = self.model_copy(update={"trainable": describe_function(function)})
        copy._function = function
        return copy

    @property
    def function(self) -> Callable[..., object] | None:
        """The trainable, if Python code gave it as a function and not by its name."""
        return self._function

    @field_validator("objective", mode="before", json_schema_input_type=Objective | list[Objective])
    @classmethod
    def _one_or_several(cls, value: object) -> object:
        if not isinstance(value, dict | list):
            what, fix = "a metric and its direction", "write `{metric: loss, direction: minimize}`."
            raise PydanticCustomError("unexpected", "{what}", {"what": what, "fix": fix})
        return [value] if isinstance(value, dict) else value

    @field_validator("space")
    @classmethod
    def _conditions_in_own_values(cls, space: Space) -> Space:
        return with_own_values(space)

    @field_validator("name")
    @classmethod
    def _is_a_folder_name(cls, name: str) -> str:
        if STUDY_NAME.fullmatch(name) is None:
            raise ValueError("use letters, digits, `.`, `_` and `-`, at most 100, a letter first")
        return name

    @model_validator(mode="after")
    def _fits_together(self, info: ValidationInfo) -> Self:
        if info.context == STORED:
            return self
        in_space = _space_problems(self)
        problems = [
            *in_space,
            *([] if in_space else suggestion_problems(self)),
            *_objective_problems(self),
            *_secrets_problems(self),
        ]
        if problems:
            raise ValueError("\n".join(problems))
        return self

    @property
    def goals(self) -> tuple[Goal, ...]:
        """The objectives as the engine's own values."""
        return tuple(objective.goal for objective in self.objective)

    @cached_property
    def privacy(self) -> Privacy:
        """What of it nobody else is to see."""
        return Privacy.of(self.params, self.secrets, self.space)

    def shown(self) -> dict[str, Any]:
        """Return it as plain data that others may see."""
        return self.privacy.experiment(self.model_dump(mode="json"))


def read_experiment(path: Path, overrides: tuple[str, ...] = ()) -> Experiment:
    """Return the experiment of a file, with `key.path=value` overrides applied.

    Raises UserError with all faults at once.
    """
    data, lines = read_yaml(path)
    put_overrides(data, lines, overrides)
    return _validated(data, lines, path, None)


def put_overrides(data: dict[str, Any], lines: Lines, overrides: Sequence[str]) -> None:
    """Put overrides into an experiment's data; raises UserError that shows no secret."""
    shown = {one: shown_override(one, _privacy_of(data)) for one in overrides}
    with cleaned(lambda text: _replaced(text, shown)):
        apply_overrides(data, lines, overrides)


def read_stored(text: str, path: Path) -> Experiment:
    """Return the experiment that a study was begun with, also if it would be refused by now."""
    data, lines = parse_yaml(text, path, is_ours=True)
    return _validated(data, lines, path, STORED)


def _validated(data: dict[str, Any], lines: Lines, path: Path, context: str | None) -> Experiment:
    try:
        return Experiment.model_validate(data, context=context)
    except ValidationError as error:
        hide = _privacy_of(data).hide
        raise UserError(*faults_of(error, Experiment, path, lines, hide)) from None


def _replaced(text: str, shown: Mapping[str, str]) -> str:
    for override, hidden in shown.items():
        text = text.replace(override, hidden)
    return text


def shown_overrides(path: Path, overrides: Sequence[str]) -> list[str]:
    """Return overrides of a file as they are shown, its secrets hidden; it may be no experiment."""
    try:
        privacy = read_experiment(path, tuple(overrides)).privacy
    except UserError:
        privacy = Privacy()
    return [shown_override(one, privacy) for one in overrides]


def shown_override(override: str, privacy: Privacy) -> str:
    """Return a `key.path=value` as it is shown: the value hidden if it is or holds a secret."""
    dotted, separator, text = override.partition("=")
    path = dotted.strip().split(".")
    if path[0] in ("space", "secrets"):
        return override
    named = next((key for key in path if privacy.hides(key, text)), path[-1])
    return f"{dotted}{separator}{privacy.hide(text, named)}"


def _privacy_of(data: Mapping[str, Any]) -> Privacy:
    """Return the privacy of what may not be an experiment at all."""
    params, names, space = (data.get(key) for key in ("params", "secrets", "space"))
    return Privacy.of(
        params if isinstance(params, dict) else {},
        [name for name in names if isinstance(name, str)] if isinstance(names, list) else (),
        map(str, space) if isinstance(space, dict) else (),
    )


def _secrets_problems(experiment: Experiment) -> list[str]:
    """Return what is wrong with `secrets`: a misspelt name would hide nothing."""
    problems = []
    for name in experiment.secrets:
        if name in experiment.space:
            problems.append(
                f"`secrets` names `{name}`, which is searched, so nobody could read the result; "
                f"take it out of `secrets`, or move `{name}` to `params`"
            )
        elif name not in experiment.params:
            hint = did_you_mean(name, experiment.params).rstrip("?.")
            problems.append(f"`secrets` names `{name}`, which is not in `params`; {hint}")
    return problems


def _space_problems(experiment: Experiment) -> list[str]:
    problems = [
        f"`{name}` stands in both `params` and `space`; keep one of them"
        for name in sorted(experiment.params.keys() & experiment.space.keys())
    ]
    return problems + condition_problems(experiment.space)


def _objective_problems(experiment: Experiment) -> list[str]:
    metrics = [objective.metric for objective in experiment.objective]
    problems = []
    if len(set(metrics)) < len(metrics):
        problems.append("`objective` names a metric twice; keep one of them")
    if len(metrics) > 1 and not PRUNERS[experiment.pruner.type].several_objectives:
        problems.append("several objectives cannot be pruned; set `pruner: {type: none}`")
    if len(metrics) > 1 and not SAMPLERS[experiment.sampler.type].several_objectives:
        problem = f"the {experiment.sampler.type} sampler takes a single objective"
        problems.append(f"{problem}; take another sampler, such as `{{type: tpe}}`")
    if len(metrics) > 1 and experiment.budget.target is not None:
        problems.append("`budget.target` needs a single objective; take it out")
    return problems
