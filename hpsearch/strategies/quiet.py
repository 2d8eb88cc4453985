"""Suppresses the warnings and log lines of Optuna: hpsearch has messages of its own.

Every call that can make Optuna, or a library that it uses, warn or log is inside `quiet`: about
experimental features, steps that do not divide their range, samplers that fall back to another.
"""

import logging
import warnings
from contextlib import AbstractContextManager, ExitStack

from hpsearch.common.shared_change import SharedChange, Undo


def _silence() -> Undo:
    undo = ExitStack()
    undo.enter_context(warnings.catch_warnings())
    warnings.simplefilter("ignore")
    logger = logging.getLogger("optuna")
    undo.callback(logger.setLevel, logger.level)
    logger.setLevel(logging.CRITICAL)
    return undo.close


_SILENCE = SharedChange(_silence)


def quiet() -> AbstractContextManager[None]:
    """Suppress warnings and log lines inside `with`; restore the settings afterwards."""
    return _SILENCE.applied()
