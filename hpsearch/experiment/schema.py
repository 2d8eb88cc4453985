"""The whole experiment: its sections, and what is checked once all of them are there.

The sections themselves: `sections.py`, `strategy.py`, `parameter.py`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import deepcopy
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, Self

from pydantic import (
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

from hpsearch.common.errors import UserError
from hpsearch.common.goal import Goal
from hpsearch.common.names import STUDY_NAME
from hpsearch.common.privacy import Privacy
from hpsearch.common.trial import Value
from hpsearch.experiment.bounds import Bounds
from hpsearch.experiment.command import Command
from hpsearch.experiment.consistency import consistency_problems
from hpsearch.experiment.derived import computable, derive, derived_from, formulas_of
from hpsearch.experiment.fixed import Fixed, label
from hpsearch.experiment.flat_space import Flat, FlatSpace, Searched
from hpsearch.experiment.formula import Formula
from hpsearch.experiment.lists import List
from hpsearch.experiment.made import describe_function, no_lines, objective, plain
from hpsearch.experiment.nesting import give_full_names
from hpsearch.experiment.parameter import Categorical
from hpsearch.experiment.privacy import privacy_of
from hpsearch.experiment.requirement import parse_requirement
from hpsearch.experiment.scalar import Plain
from hpsearch.experiment.schema_faults import faults_of
from hpsearch.experiment.section import STORED, Section
from hpsearch.experiment.sections import Budget, CheckpointRules, Objective, Resources, Tracking
from hpsearch.experiment.strategy import Pruner, Sampler

Trained = Annotated[
    Annotated[str, Tag("function")] | Annotated[Command, Tag("program")],
    Discriminator(lambda value: "program" if isinstance(value, dict | Command) else "function"),
]
"""A function's name, or a command; which one is decided first, so that a mistake is one fault."""


class Experiment(Section):
    """A search: what to train, over which space, how long, and on what."""

    name: str
    """The study's name: letters, digits, `.`, `_`, `-`; at most 100."""
    trainable: Trained
    """`cnn.py:train` (a file, from the YAML's folder), `package.module:train`, or a command."""
    objective: list[Objective] = Field(min_length=1)
    """The metric and its direction; a list for several objectives."""
    constraints: dict[str, Bounds] = Field(default_factory=dict)
    """What other reported metrics must be, such as `{latency_ms: {at_most: 5}}`. A trial whose
    result violates one is infeasible: it never wins, and the sampler learns from it."""
    parameter_constraints: list[str] = Field(default_factory=list)
    """What must hold for the hyperparameters of every trial, such as `filters_1 < filters_2`, or
    `batch_size * filters <= 65536 or optimizer == "sgd"`. Nothing else is proposed."""
    seed: int = Field(default=0, ge=0)
    """Random seed. A search with one slot (`parallel_trials: 1`, or `--local`) repeats exactly if
    the trainable does: the same trials in the same order, with Ray or without, and also if it was
    interrupted and resumed (except with the gp sampler, which then starts its fits anew). With
    several slots the search depends on which trials end first, and that differs from run to run. So
    does anything that depends on the clock: `budget.minutes`, `trial_minutes`, and asha with
    `unit: seconds`."""
    params: dict[str, Fixed] = Field(default_factory=dict)
    """Hyperparameters that stay fixed: single values, and lists such as `[64, 32]`. Some may be in
    a group, also in groups of groups: `model: {depth: 3}` says the same as `model.depth: 3`. A text
    with `${name}` is a formula: `${filters} * 8` is calculated for each trial."""
    space: Annotated[Searched, Flat()] = Field(default_factory=FlatSpace)
    """Hyperparameters that are searched; in groups, if you like. The `type` of each is float, int,
    categorical or list."""
    suggestions: list[dict[str, Plain]] = Field(default_factory=list)
    """Configurations to try first, in this order, such as `{learning_rate: 0.01}`; a choice by its
    name or its value. The sampler fills in what one leaves out. Each is tried once; those added
    later are tried in the next `run`."""
    warm_start: list[str] = Field(default_factory=list)
    """Earlier studies to learn from before the first trial, by name or address: what they have in
    common with this space. The samplers tpe and forest can. What is taken is kept in this study's
    journal."""
    sampler: Sampler = Field(default_factory=Sampler)
    """What proposes."""
    pruner: Pruner = Field(default_factory=Pruner)
    """What stops hopeless trials."""
    budget: Budget = Field(default_factory=Budget)
    """When the search ends."""
    resources: Resources = Field(default_factory=Resources)
    """What a trial gets."""
    tracking: Tracking = Field(default_factory=Tracking)
    """Where trials are recorded."""
    checkpoints: CheckpointRules = Field(default_factory=CheckpointRules)
    """Which checkpoints are kept."""
    on_end: list[str] = Field(default_factory=list)
    """A command to run when a `run` ends, with everything saved: its words, such as
    `[python, notify.py]`; no shell reads them. It gets the JSON of `hpsearch show` on stdin, and
    HPSEARCH_STUDY, HPSEARCH_STUDIES and HPSEARCH_OUTCOME (done, interrupted or failed) in its
    environment. It runs in the experiment's folder, for a minute at most. If it fails, the search
    does not."""
    secrets: list[str] = Field(default_factory=list)
    """Names of `params` whose values are never shown; `api_key` and similar names are known."""

    if TYPE_CHECKING:  # a function, and an objective in short, too

        def __init__(
            self,
            *,
            name: str,
            trainable: str | Command | Callable[..., object],
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
        give_full_names(data, {})
        try:
            made = cls.model_validate(data)
        except ValidationError as error:
            raise UserError(
                *faults_of(error, cls, None, no_lines(data), privacy_of(data).hide)
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
    def command(self) -> Command | None:
        """The trainable, if it is a command."""
        return self.trainable if isinstance(self.trainable, Command) else None

    @property
    def reference(self) -> str:
        """The trainable as people read it: its name, or its command in one line."""
        return self.trainable.line if isinstance(self.trainable, Command) else self.trainable

    @property
    def function(self) -> Callable[..., object] | None:
        """The trainable, if Python code gave it as a function and not by its name."""
        return self._function

    @model_validator(mode="before")
    @classmethod
    def _in_full_names(cls, data: Any) -> Any:
        if isinstance(data, dict):
            data = dict(data)
            give_full_names(data, {})
        return data

    @field_validator("objective", mode="before", json_schema_input_type=Objective | list[Objective])
    @classmethod
    def _one_or_several(cls, value: object) -> object:
        if not isinstance(value, dict | list):
            what, fix = "a metric and its direction", "write `{metric: loss, direction: minimize}`."
            raise PydanticCustomError("unexpected", "{what}", {"what": what, "fix": fix})
        return [value] if isinstance(value, dict) else value

    @field_validator("name")
    @classmethod
    def _is_a_folder_name(cls, name: str) -> str:
        if STUDY_NAME.fullmatch(name) is None:
            raise ValueError(
                "a name has letters, digits, `.`, `_` and `-` alone, at most 100, and begins with "
                "a letter or a digit; choose another name"
            )
        return name

    @model_validator(mode="after")
    def _fits_together(self, info: ValidationInfo) -> Self:
        if info.context == STORED:
            return self
        problems = consistency_problems(self)
        if problems:
            raise ValueError("\n".join(problems))
        return self

    @property
    def goals(self) -> tuple[Goal, ...]:
        """The objectives as the engine's own values."""
        constraints = tuple(one.constraint(name) for name, one in self.constraints.items())
        return tuple(replace(one.goal, constraints=constraints) for one in self.objective)

    @property
    def formulas(self) -> Mapping[str, Formula]:
        """The derived hyperparameters of `params`, each after those that it names."""
        return formulas_of(self.params)

    def recorded(self, searched: Mapping[str, Value]) -> dict[str, Value]:
        """Return what is recorded of a trial: its fixed, derived and searched hyperparameters.

        A derived one that has no value is left out.
        """
        formulas = self.formulas
        fixed = {name: label(one) for name, one in self.params.items() if name not in formulas}
        derived = computable(formulas, {**fixed, **searched}, self._argument)
        return {**fixed, **derived, **searched}

    def meant(self, searched: Mapping[str, Value]) -> dict[str, Any]:
        """Return what is recorded of a trial with each choice as the value that it stands for."""
        return {n: self._argument(n, one) for n, one in self.recorded(searched).items()}

    def broken(self, searched: Mapping[str, Value]) -> list[str]:
        """Return the `parameter_constraints` that searched hyperparameters violate.

        One that names a hyperparameter which is not there, or not yet, is not violated.
        """
        if not self.parameter_constraints:
            return []
        values = self.meant(searched)
        texts = self.parameter_constraints
        return [text for text in texts if parse_requirement(text).holds(values) is False]

    def arguments(self, params: Mapping[str, Value]) -> dict[str, Any]:
        """Return what the trainable is given for a trial's recorded hyperparameters.

        They keep their full names; a choice is its value, not the name that it is recorded by, and
        a list is one value. Raises Incomputable if a derived one has no value.
        """
        recorded = {**params, **derive(self.formulas, params, self._argument)}
        return {n: self._argument(n, one) for n, one in self.space.with_lists(recorded).items()}

    def _argument(self, name: str, value: Any) -> Any:
        """Return the value that a recorded one stands for: of a choice, a list of them, a copy."""
        formula = self.formulas.get(name)
        if formula is not None and formula.is_copy:
            return self._argument(formula.names[0], value)
        if isinstance(self.params.get(name), list):
            return deepcopy(self.params[name])
        parameter = self.space.written.get(name) or self.space.get(name)
        if isinstance(parameter, List) and isinstance(parameter.of, Categorical):
            return [parameter.of.value_of(one) for one in value]
        return parameter.value_of(value) if isinstance(parameter, Categorical) else value

    @cached_property
    def privacy(self) -> Privacy:
        """What is hidden when it is shown."""
        environment = self.resources.runtime_env
        given = {**(environment.env_vars if environment else {}), **self.params}
        rules = Privacy.of(given, self.secrets, self.space)
        derived = derived_from(self.formulas, lambda n: rules.hides(n, self.params.get(n)))
        return Privacy.of(given, [*self.secrets, *derived], self.space) if derived else rules

    def __repr_args__(self) -> Iterable[tuple[str | None, Any]]:
        """Return what a notebook shows: secrets hidden."""
        sections = {str(name): section for name, section in super().__repr_args__()}
        return self.privacy.experiment(sections).items()

    def shown(self) -> dict[str, Any]:
        """Return it as plain data, secrets hidden."""
        return self.privacy.experiment(self.model_dump(mode="json"))
