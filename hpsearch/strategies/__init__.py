"""What proposes trials and what stops them. Alone imports Optuna.

Optuna (0.3 s) is imported when one of the names below needs it; the kinds in `registry.py` describe
themselves, and check what needs no Optuna, without it.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from hpsearch.strategies.registry import check_strategies, pruner_of, sampler_of

if TYPE_CHECKING:
    from hpsearch.strategies.records import read_study
    from hpsearch.strategies.study import OptunaStudy, repair_study

__all__ = [
    "OptunaStudy",
    "check_strategies",
    "pruner_of",
    "read_study",
    "repair_study",
    "sampler_of",
]

_HOMES = {"OptunaStudy": "study", "read_study": "records", "repair_study": "study"}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
