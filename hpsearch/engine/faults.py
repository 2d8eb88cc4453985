"""Why a search fails. A test renders each."""

from collections.abc import Iterable

from hpsearch.common.errors import Fault
from hpsearch.common.text import count


def every_trial_fails(
    trials: int,
    reason: str,
    traceback: str,
    lacked: str = "the objective",
    *,
    command: bool = False,
) -> Fault:
    what = f"the first {trials} trials failed in the same way, and none reported {lacked}."
    alone = "`hpsearch run --local` runs it in this process, for a debugger"
    alone = "`hpsearch logs` shows all that the command printed" if command else alone
    key = "objective.metric" if lacked == "the objective" else "constraints"
    return Fault(
        "every-trial-fails",
        f"the only trial failed before it reported {lacked}." if trials == 1 else what,
        f"{reason}\n{traceback}".rstrip(),
        f"correct the trainable, or `{key}` if that is not what it reports; {alone}.",
    )


def too_many_failures(
    trials: int, reason: str, *, among: str = "", key: str = "failed_trials"
) -> Fault:
    again = "run the same command again" if among else "raise the number to continue"
    return Fault(
        "too-many-failures",
        f"{count(trials, 'trial')}{among} failed, as many as `budget.{key}` allows.",
        f"the last one: {reason}",
        f"`hpsearch show` lists the reasons; correct them and {again}. If such failures are normal "
        f"in this space, set `budget.{key}` higher, or to null for no limit.",
    )


def no_complete_trial(name: str, causes: Iterable[str], fixes: Iterable[str]) -> Fault:
    return Fault(
        "no-complete-trial",
        f"the study `{name}` has no complete trial, so there is no best one.",
        "\n".join(causes),
        "\n".join([*fixes, f"`hpsearch show {name}` lists the trials."]),
    )


def pause_without_checkpoint(number: int, step: int) -> Fault:
    return Fault(
        "pause-without-checkpoint",
        f"the pbt sampler cannot pause trial {number} at step {step} without a checkpoint.",
        "its report came with none, and from there it continues, and is copied.",
        "pass `checkpoint=` to `trial.report`, at least at the end of each `sampler.interval`, and "
        "begin from `trial.checkpoint`; or use another sampler.",
    )


def starts_over(number: int, step: int, origin: str) -> Fault:
    return Fault(
        "starts-over",
        f"trial {number} reported step {step} first, although it started {origin}.",
        "a copy continues the training of its parent; its steps count on from there.",
        "have the trainable load `trial.checkpoint` if it is not None, and begin at "
        "`trial.start_step`.",
    )
