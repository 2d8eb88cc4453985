"""What to search, with what budget, on what: a YAML file, or the same made in Python.

schema.py           the whole experiment; read it first
sections.py         every key, its default and its meaning; strategy.py: sampler and pruner
command.py          a command as the trainable
consistency.py      the rules across sections
section.py          what every section is; scalar.py: what a single value is
parameter.py        the parameters that are searched; space.py: their order
when.py             what `when` can say; condition.py: whether it holds
conditions.py       which conditions of a space are wrong, or can never hold
fixed.py            a fixed hyperparameter, single or a list
existence.py        which parameters exist; cells.py: values that no condition tells apart
presence.py         whether a trial can have one hyperparameter without another
lists.py            lists of searched length; flat_space.py: a space without them
values.py           the values of a parameter; steps.py: exactly as they are written
formula.py          a formula in `params`; arithmetic.py: how it is calculated
derived.py          the formulas of an experiment
bounds.py           the bounds of a metric
requirement.py      what must hold for hyperparameters; requirements.py: whether it makes sense
draws.py            configurations drawn at random, or listed
suggestions.py      what a person wants to try next; suggestion_fit.py: whether it fits
suggested_lists.py  lists in suggestions; misfit.py: why one does not fit
priors.py           the values that people expect; places.py: where one is in its range
imported.py         whether a trial that another program ran is one of the experiment
amendment.py        whether a trial of the experiment before is one of that after a change
kinds.py            the samplers and pruners that there are
experiment_file.py  an experiment read from its file
yaml_file.py        YAML, read strictly; yaml_checks.py: what is refused; yaml_values.py: values
nesting.py          groups of hyperparameters; their names with dots
location.py         where a value is, and on which line
overrides.py        `--set`
changes.py          an experiment that Python code makes or changes; made.py: as plain data
description.py      a parameter in words; json_schema.py: every key, for editors
schema_faults.py    pydantic's errors as faults; value_fixes.py: how to correct a value
privacy.py          what is hidden
"""

from hpsearch.experiment.amendment import Amendment, unamendable
from hpsearch.experiment.cells import cells, wanted_of
from hpsearch.experiment.changes import as_overrides, change_experiment, make_experiment
from hpsearch.experiment.command import Command
from hpsearch.experiment.condition import each_test, is_number
from hpsearch.experiment.conditions import condition_notices, step_notices
from hpsearch.experiment.derived import computable
from hpsearch.experiment.description import describe_parameter
from hpsearch.experiment.draws import Draws, each_configuration
from hpsearch.experiment.existence import existing_values
from hpsearch.experiment.experiment_file import (
    as_stored,
    read_experiment,
    read_stored,
    shown_overrides,
)
from hpsearch.experiment.formula import Formula, Incomputable
from hpsearch.experiment.imported import fit_earlier
from hpsearch.experiment.json_schema import json_schema
from hpsearch.experiment.kinds import PRUNERS, SAMPLERS, PrunerType, SamplerType
from hpsearch.experiment.lists import List
from hpsearch.experiment.made import is_given_by_python, plain
from hpsearch.experiment.parameter import Categorical, Float, Int, Parameter
from hpsearch.experiment.places import place_of, value_at_place
from hpsearch.experiment.presence import found_without
from hpsearch.experiment.priors import priors_of, without_priors
from hpsearch.experiment.requirements import completion_misfit
from hpsearch.experiment.scalar import as_list, is_same
from hpsearch.experiment.schema import Experiment
from hpsearch.experiment.sections import Budget, CheckpointRules, Objective, Resources
from hpsearch.experiment.space import Space, in_order
from hpsearch.experiment.steps import all_values, nearest_value
from hpsearch.experiment.strategy import Pruner, Sampler
from hpsearch.experiment.suggestion_fit import fit_suggestion
from hpsearch.experiment.suggestions import Suggestion, left_open, own_suggestions
from hpsearch.experiment.values import count_values, largest_value, own_values, same_values
from hpsearch.experiment.yaml_file import dump_yaml, read_value

__all__ = [
    "PRUNERS",
    "SAMPLERS",
    "Amendment",
    "Budget",
    "Categorical",
    "CheckpointRules",
    "Command",
    "Draws",
    "Experiment",
    "Float",
    "Formula",
    "Incomputable",
    "Int",
    "List",
    "Objective",
    "Parameter",
    "Pruner",
    "PrunerType",
    "Resources",
    "Sampler",
    "SamplerType",
    "Space",
    "Suggestion",
    "all_values",
    "as_list",
    "as_overrides",
    "as_stored",
    "cells",
    "change_experiment",
    "completion_misfit",
    "computable",
    "condition_notices",
    "count_values",
    "describe_parameter",
    "dump_yaml",
    "each_configuration",
    "each_test",
    "existing_values",
    "fit_earlier",
    "fit_suggestion",
    "found_without",
    "in_order",
    "is_given_by_python",
    "is_number",
    "is_same",
    "json_schema",
    "largest_value",
    "left_open",
    "make_experiment",
    "nearest_value",
    "own_suggestions",
    "own_values",
    "place_of",
    "plain",
    "priors_of",
    "read_experiment",
    "read_stored",
    "read_value",
    "same_values",
    "shown_overrides",
    "step_notices",
    "unamendable",
    "value_at_place",
    "wanted_of",
    "without_priors",
]
