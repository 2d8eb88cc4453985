"""hpsearch: a search for good hyperparameters, that loses nothing and says what it did.

The public names stand here, and are loaded when they are used. A trainable needs `Trial` and
`TrialStopped` alone; everything else is for code that runs searches. What is not named here may
change with any version.
"""

from importlib import import_module

TYPE_CHECKING = False  # to import `typing` takes longer than all the rest
if TYPE_CHECKING:
    from hpsearch.common.decision import TrialStopped
    from hpsearch.common.errors import HpsearchError, SearchFailed, UserError
    from hpsearch.common.trial import TrialRecord
    from hpsearch.experiment import (
        Budget,
        Categorical,
        Experiment,
        Float,
        Int,
        Pruner,
        Resources,
        Sampler,
    )
    from hpsearch.study import Study, list_studies, open_study, run
    from hpsearch.trainable import Trial

__version__ = "0.2.0"

__all__ = [
    "Budget",
    "Categorical",
    "Experiment",
    "Float",
    "HpsearchError",
    "Int",
    "Pruner",
    "Resources",
    "Sampler",
    "SearchFailed",
    "Study",
    "Trial",
    "TrialRecord",
    "TrialStopped",
    "UserError",
    "__version__",
    "list_studies",
    "open_study",
    "run",
]

_MODULES = {
    "hpsearch.common.errors": ("HpsearchError", "SearchFailed", "UserError"),
    "hpsearch.common.decision": ("TrialStopped",),
    "hpsearch.common.trial": ("TrialRecord",),
    "hpsearch.experiment": (
        "Budget",
        "Categorical",
        "Experiment",
        "Float",
        "Int",
        "Pruner",
        "Resources",
        "Sampler",
    ),
    "hpsearch.study": ("Study", "list_studies", "open_study", "run"),
    "hpsearch.trainable": ("Trial",),
}
"""Where each name is; `import hpsearch` loads none of these."""


def __getattr__(name: str) -> object:
    for module, names in _MODULES.items():
        if name in names:
            return getattr(import_module(module), name)
    raise AttributeError(f"module 'hpsearch' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
