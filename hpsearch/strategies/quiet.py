"""Suppresses the warnings and log lines of Optuna: hpsearch has messages of its own.

Every call that can make Optuna, or a library that it uses, warn or log is inside `quiet`: about
experimental features, steps that do not divide their range, samplers that fall back to another.
"""

import logging
import warnings
from contextlib import AbstractContextManager, ExitStack

from hpsearch.common.shared_change import SharedChange, Undo, replace_attribute


def _silence() -> Undo:
    undo = ExitStack()
    undo.enter_context(warnings.catch_warnings())
    warnings.simplefilter("ignore")
    logger = logging.getLogger("optuna")
    # not by its level: setting one clears what each logger of the process has cached
    undo.callback(replace_attribute(logger, "handlers", [logging.NullHandler()]))
    undo.callback(replace_attribute(logger, "propagate", False))
    return undo.close


_SILENCE = SharedChange(_silence)


def quiet() -> AbstractContextManager[None]:
    """Suppress warnings and log lines inside `with`; restore the settings afterwards."""
    return _SILENCE.applied()
