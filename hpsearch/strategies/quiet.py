"""Silence around Optuna: what it would say to people, hpsearch says itself, in its own words.

Every call that can make Optuna, or a library below it, warn or log stands in `quiet`: the notes
about experimental parts, steps that do not divide their range, samplers that fall back to another.
"""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def quiet() -> Iterator[None]:
    """Keep warnings and log lines to ourselves; all is as it was before, afterwards."""
    logger = logging.getLogger("optuna")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)
