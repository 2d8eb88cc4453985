"""What can be wrong with where the output goes. A test renders each."""

from hpsearch.common.errors import Fault


def output_unwritable(problem: str) -> Fault:
    return Fault(
        "unwritable-output",
        "the output could not be written to stdout.",
        f"{problem}.",
        "make room where it goes, or send it elsewhere, and run the command again: what was done "
        "is saved.",
    )
