"""Named arguments that are sections of the experiment: others are refused, with the nearest."""

import inspect
from collections.abc import Callable, Iterable

from hpsearch.common.errors import UserError
from hpsearch.experiment import Experiment
from hpsearch.study import faults


def refuse_unknown(sections: Iterable[str], function: Callable[..., object]) -> None:
    """Raise UserError if a name is neither a section nor an argument of the function."""
    own = inspect.signature(function).parameters
    known = {*Experiment.model_fields, *own} - {"sections", "experiment"}
    if wrong := [name for name in sections if name not in known]:
        raise UserError(*(faults.argument_unknown(one, known) for one in wrong))
