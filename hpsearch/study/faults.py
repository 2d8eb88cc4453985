"""What can be wrong with what Python code asks of a study. A test renders each."""

from collections.abc import Iterable

from hpsearch.common.errors import Fault, did_you_mean


def driven_elsewhere(name: str) -> Fault:
    return Fault(
        "driven-elsewhere",
        f"the study `{name}` is being searched by another process.",
        "`stop` reaches the searches of this process.",
        "press Ctrl-C there, or send its driver SIGTERM: it saves everything.",
    )


def argument_unknown(name: str, known: Iterable[str]) -> Fault:
    return Fault(
        "unknown-argument",
        f"there is no argument `{name}`.",
        "it is neither an argument of this function nor a section of the experiment.",
        did_you_mean(name, known),
    )
