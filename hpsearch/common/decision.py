"""The answer to a measurement: go on, hand over a checkpoint, or stop."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Decision:
    """The answer to a measurement: go on or stop, why, and whether to hand over a checkpoint.

    `pause` marks a stop after which the trial can be resumed. No report below the step `waits_at`
    will be told to stop, so none of them needs to wait for its answer.
    """

    stop: bool = False
    reason: str = ""
    save: bool = False
    pause: bool = False
    waits_at: float = 0.0


class TrialStopped(BaseException):
    """Raised by `trial.report` when the engine stops the trial.

    Not an `Exception`, so that a trainable's `except Exception` does not swallow it; its `finally`
    blocks run.
    """


class Infeasible(Exception):
    """Raised by a trainable whose hyperparameters make no sense together; says why.

    The trial is no failure, never wins, and the sampler learns from it.
    """


Infeasible.__module__ = "hpsearch"  # so a traceback says what `failure.py` looks for
