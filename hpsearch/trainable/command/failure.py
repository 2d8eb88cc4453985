"""How a command fails, or says that its hyperparameters make no sense together.

It says so if it fails, and its last line on stderr begins with `hpsearch.Infeasible:`; Python
prints that of the exception.
"""

import signal
from collections.abc import Reversible

from hpsearch.common.decision import Infeasible

INFEASIBLE = "hpsearch.Infeasible:"

LONGEST = 200
"""Letters of a line in a reason."""


class CommandFailed(Exception):
    """The command could not be started, failed, or had no metrics.

    `output` has its last lines on stderr; `crashed` says that a signal killed it.
    """

    def __init__(self, reason: str, output: str = "", *, crashed: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.output = output
        self.crashed = crashed


def failure_of(code: int, errors: Reversible[str], printed: str) -> CommandFailed | Infeasible:
    """Return the failure of a command by its exit code, negative for a signal.

    `errors` are its last lines on stderr, `printed` is its last line on stdout.
    """
    last = cut(next((line for line in reversed(errors) if line.strip()), printed))
    if code > 0 and last.startswith(INFEASIBLE):
        return Infeasible(last.removeprefix(INFEASIBLE).strip())
    if code >= 0:
        how = f"exit code {code}"
    else:
        how = f"killed by {_name(-code)}"
        last = last if code != -signal.SIGKILL else ""
        how += "" if code != -signal.SIGKILL else " (out of memory?)"
    return CommandFailed(
        f"{how}: {last}" if last else how, "\n".join(errors).strip(), crashed=code < 0
    )


def cut(line: str) -> str:
    """Return a line as it fits into a reason."""
    line = line.strip()
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 3]}..."


def _name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
