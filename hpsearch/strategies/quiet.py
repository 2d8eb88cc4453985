"""Silence around Optuna: what it would say to people, hpsearch says itself, in its own words.

Every call that can make Optuna, or a library below it, warn or log stands in `quiet`: the notes
about experimental parts, steps that do not divide their range, samplers that fall back to another.
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
    """Keep warnings and log lines to ourselves; all is as it was before, afterwards."""
    return _SILENCE.applied()
