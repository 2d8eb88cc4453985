"""A traceback as the trainable's author needs it: their own lines, without those of hpsearch.

Imports nothing of hpsearch.
"""

import traceback
from itertools import dropwhile
from pathlib import Path

PACKAGE = str(Path(__file__).parent)
HPSEARCH = str(Path(__file__).parent.parent)
MACHINERY = (PACKAGE, "<frozen importlib", "<frozen runpy")

FIRST, LAST = 4, 6
"""How many frames are shown from where the author's code begins, and up to the error."""


def user_traceback(error: BaseException) -> str:
    """Return the traceback of what a trainable's code raised, causes included."""
    account = traceback.TracebackException.from_exception(error)
    link: traceback.TracebackException | None = account
    while link is not None:
        link.stack = _own(link.stack)
        link = link.__cause__ or link.__context__
    return "".join(account.format()).strip()


def training_traceback(error: BaseException) -> str:
    """Return the traceback of a trial, from the first line that is not of hpsearch on."""
    account = traceback.TracebackException.from_exception(error)
    own = list(dropwhile(lambda frame: frame.filename.startswith(HPSEARCH), account.stack))
    if own:
        account.stack = traceback.StackSummary.from_list(own)
    return "".join(account.format()).strip()


def _own(stack: traceback.StackSummary) -> traceback.StackSummary:
    frames = [frame for frame in stack if not _is_machinery(frame.filename)]
    if len(frames) > FIRST + LAST:
        frames = frames[:FIRST] + frames[-LAST:]
    return traceback.StackSummary.from_list(frames)


def _is_machinery(filename: str) -> bool:
    return filename.startswith(MACHINERY) or filename.endswith("importlib/__init__.py")
