"""What every error of hpsearch looks like: what happened, why, and how to fix it.

HpsearchError            carries one or more faults
├── UserError            the input is wrong; exit code 2, nothing was started
└── SearchFailed         the input was right and the search still failed; exit code 1

The faults themselves, one function each, are in each room's `faults.py`. This module imports
nothing of hpsearch.
"""

import difflib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import ClassVar


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong, as a person reads it."""

    code: str
    what: str
    why: str
    fix: str

    @property
    def account(self) -> str:
        """What happened and why, in one text."""
        return f"{self.what} {self.why}"

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


@contextmanager
def cleaned(clean: Callable[[str], str]) -> Iterator[None]:
    """Clean every text of an exception that leaves this block, of secrets."""
    try:
        yield
    except Exception as error:
        chain: BaseException | None = error
        while chain is not None:
            _clean(chain, clean)
            chain = chain.__cause__ or chain.__context__
        raise


def _clean(error: BaseException, clean: Callable[[str], str]) -> None:
    error.args = tuple(clean(one) if isinstance(one, str) else one for one in error.args)
    if isinstance(error, HpsearchError):
        error.faults = tuple(
            replace(one, what=clean(one.what), why=clean(one.why), fix=clean(one.fix))
            for one in error.faults
        )


def did_you_mean(wrong: str, known: Iterable[str], otherwise: str = "leave it out.") -> str:
    """Return a sentence that suggests the nearest known word, or lists the known ones.

    `otherwise` is returned if no word is known.
    """
    words = sorted(known)
    near = nearest(wrong, words)
    if near is not None:
        return f"did you mean `{near}`?"
    if not words:
        return otherwise
    return f"use one of: {', '.join(words)}."


def nearest(wrong: str, known: Iterable[str]) -> str | None:
    """Return the known word that is most like the wrong one, or None if none is similar."""
    return next(iter(difflib.get_close_matches(wrong, list(known), n=1, cutoff=0.6)), None)


def _indented(text: str) -> str:
    return text.replace("\n", "\n        ")
