"""What proposes trials and what stops them; the only room that imports Optuna.

    registry.py                 finds a sampler or a pruner by its `type`
    samplers/, pruners/         one file for each; forest/: a sampler of our own
    live.py, aligned.py         what Optuna's samplers and pruners see of the trials
    study.py                    a study as the search drives it; proposals.py makes its trials
    journal.py, storage.py      the study's journal, as Optuna reads and writes it
    recorded.py                 what happened in a study, in its journal's order
    trials.py, records.py       the trials of a journal, read and converted
    decisions.py, known.py      a study's decisions made again, or by another strategy
    priors.py, warm_start.py    what people and earlier studies know, before the sampler
    imports.py, optuna_source.py  trials that other programs ran
    amend.py, amended.py        a study whose experiment was changed
    repair.py, importance.py    on a damaged journal; on the hyperparameters of a finished search

Optuna takes 0.3 s to import, so the names of `_MODULES` are imported when they are first used. The
kinds of samplers and pruners describe and check themselves without it.
"""

from typing import TYPE_CHECKING

from hpsearch.common.lazy import lazy_names
from hpsearch.strategies.registry import check_strategies, is_exhausted, pruner_of, sampler_of

if TYPE_CHECKING:
    from hpsearch.strategies.amend import end_experiment, preview_amendment
    from hpsearch.strategies.decisions import Rerun, rerun
    from hpsearch.strategies.importance import importance_of, load_importance
    from hpsearch.strategies.imports import Imports, add_imports, made_imports, new_imports
    from hpsearch.strategies.known import KnownStudy
    from hpsearch.strategies.optuna_source import read_optuna
    from hpsearch.strategies.recorded import slots_of
    from hpsearch.strategies.repair import repair_study
    from hpsearch.strategies.strategy_log import strategies_of
    from hpsearch.strategies.study import OptunaStudy
    from hpsearch.strategies.study_copy import optuna_copy
    from hpsearch.strategies.trials import Reading, read_study
    from hpsearch.strategies.warm_start import kept_transfers

__all__ = [
    "Imports",
    "KnownStudy",
    "OptunaStudy",
    "Reading",
    "Rerun",
    "add_imports",
    "check_strategies",
    "end_experiment",
    "importance_of",
    "is_exhausted",
    "kept_transfers",
    "load_importance",
    "made_imports",
    "new_imports",
    "optuna_copy",
    "preview_amendment",
    "pruner_of",
    "read_optuna",
    "read_study",
    "repair_study",
    "rerun",
    "sampler_of",
    "slots_of",
    "strategies_of",
]

_MODULES = {
    "amend": ("end_experiment", "preview_amendment"),
    "importance": ("importance_of", "load_importance"),
    "known": ("KnownStudy",),
    "recorded": ("slots_of",),
    "decisions": ("Rerun", "rerun"),
    "imports": ("Imports", "add_imports", "made_imports", "new_imports"),
    "optuna_source": ("read_optuna",),
    "study_copy": ("optuna_copy",),
    "repair": ("repair_study",),
    "strategy_log": ("strategies_of",),
    "study": ("OptunaStudy",),
    "trials": ("Reading", "read_study"),
    "warm_start": ("kept_transfers",),
}


__getattr__ = lazy_names(__name__, _MODULES)
