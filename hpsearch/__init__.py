"""hpsearch: a search for good hyperparameters, that loses nothing and says what it did.

The public names stand here, and are loaded when they are used. A trainable needs `Trial` and
`TrialStopped` alone; everything else is for code that runs searches. What is not named here may
change with any version.
"""

from hpsearch.common.lazy import lazy_names

TYPE_CHECKING = False  # to import `typing` takes longer than all the rest
if TYPE_CHECKING:
    from hpsearch.common.decision import Infeasible, TrialStopped
    from hpsearch.common.errors import HpsearchError, SearchFailed, UserError
    from hpsearch.common.trial import TrialRecord
    from hpsearch.experiment import (
        Budget,
        Categorical,
        Command,
        Experiment,
        Float,
        Int,
        List,
        Pruner,
        Resources,
        Sampler,
    )
    from hpsearch.study import Study, import_trials, list_studies, open_study, plan, run
    from hpsearch.trainable import ScriptTrial, Trial, report, trial

__version__ = "0.2.0"

__all__ = [
    "Budget",
    "Categorical",
    "Command",
    "Experiment",
    "Float",
    "HpsearchError",
    "Infeasible",
    "Int",
    "List",
    "Pruner",
    "Resources",
    "Sampler",
    "ScriptTrial",
    "SearchFailed",
    "Study",
    "Trial",
    "TrialRecord",
    "TrialStopped",
    "UserError",
    "__version__",
    "import_trials",
    "list_studies",
    "open_study",
    "plan",
    "report",
    "run",
    "trial",
]

_MODULES = {
    "common.errors": ("HpsearchError", "SearchFailed", "UserError"),
    "common.decision": ("Infeasible", "TrialStopped"),
    "common.trial": ("TrialRecord",),
    "experiment": (
        "Budget",
        "Categorical",
        "Command",
        "Experiment",
        "Float",
        "Int",
        "List",
        "Pruner",
        "Resources",
        "Sampler",
    ),
    "study": ("Study", "import_trials", "list_studies", "open_study", "plan", "run"),
    "trainable": ("ScriptTrial", "Trial", "report", "trial"),
}
"""Where each name is; `import hpsearch` loads none of these."""


__getattr__ = lazy_names(__name__, _MODULES)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
