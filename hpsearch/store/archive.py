"""The name of a study that is archived, so that its own is free."""

from collections.abc import Callable
from datetime import UTC, datetime
from itertools import count

from hpsearch.common.names import LONGEST_NAME


def archive_name(name: str, is_taken: Callable[[str], bool]) -> str:
    """Return the name with the time in UTC appended: a valid name of a study, and a free one."""
    moment = f"{datetime.now(UTC):%Y%m%dT%H%M%S}"
    endings = (f".{moment}" if number == 1 else f".{moment}-{number}" for number in count(1))
    names = (f"{name[: LONGEST_NAME - len(ending)]}{ending}" for ending in endings)
    return next(name for name in names if not is_taken(name))
