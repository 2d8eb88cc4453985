"""What every error of hpsearch looks like: what happened, why, and how to fix it.

HpsearchError            carries one or more faults
├── UserError            the input is wrong; exit code 2, nothing was started
└── SearchFailed         the input was right and the search still failed; exit code 1

The faults themselves, one function each, stand in `faults.py`. This module imports nothing of
hpsearch.
"""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong, as a person should meet it."""

    code: str
    what: str
    why: str
    fix: str

    def __str__(self) -> str:
        return (
            f"error[{self.code}]: {self.what}\n"
            f"  why:  {_indented(self.why)}\n"
            f"  fix:  {_indented(self.fix)}"
        )


class HpsearchError(Exception):
    """An error with its faults; `exit_code` is what the command line ends with."""

    exit_code: ClassVar[int] = 1

    def __init__(self, *faults: Fault) -> None:
        super().__init__("\n".join(str(fault) for fault in faults))
        self.faults = faults


class UserError(HpsearchError):
    """The input is wrong: it is refused before anything starts."""

    exit_code = 2


class SearchFailed(HpsearchError):
    """The search could not go on, though its input was right."""

    exit_code = 1


def did_you_mean(wrong: str, known: Iterable[str]) -> str:
    """Return a sentence that suggests the nearest known word, or lists the known ones."""
    words = sorted(known)
    nearest = difflib.get_close_matches(wrong, words, n=1, cutoff=0.6)
    if nearest:
        return f"did you mean `{nearest[0]}`?"
    if not words:
        return "leave it out."
    return f"use one of: {', '.join(words)}."


def _indented(text: str) -> str:
    return text.replace("\n", "\n        ")
