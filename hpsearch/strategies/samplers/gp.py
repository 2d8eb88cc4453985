"""A Gaussian process. Optuna's lists all values of a stepped parameter in memory."""

from hpsearch.common.errors import Fault
from hpsearch.experiment import Experiment, count_values
from hpsearch.strategies import faults
from hpsearch.strategies.kind import SamplerKind
from hpsearch.strategies.optuna_sampler import OptunaSampler

MAX_VALUES = 10_000_000
"""Values of one stepped parameter."""


def _misfits(experiment: Experiment) -> list[Fault]:
    return [
        faults.space_unfit_for_sampler(
            "gp", f"`{name}` has {values:,} values; at most {MAX_VALUES:,} fit into memory."
        )
        for name, parameter in experiment.space.items()
        if (values := count_values(parameter) or 0) > MAX_VALUES
    ]


SAMPLER: SamplerKind = OptunaSampler("gp", "GPSampler", misfits=_misfits, is_live=True)
