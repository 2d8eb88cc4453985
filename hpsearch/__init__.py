"""hpsearch: a search for good hyperparameters, that loses nothing and says what it did.

A trainable needs only what stands here; everything else is the tool's own.
"""

from hpsearch.common.trial import TrialStopped
from hpsearch.trainable.contract import Trial

__all__ = ["Trial", "TrialStopped", "__version__"]

__version__ = "0.1.0"
