"""SQLite's files and their addresses, without opening any."""

from pathlib import Path
from urllib.parse import unquote

SQLITE = "sqlite:///"
"""What the address of a file begins with."""

HEADER = b"SQLite format 3\0"
"""What a database that is not empty begins with."""


def sqlite_file(uri: str) -> Path | None:
    """Return the file of a SQLite URI; None of any other, and of a database in memory."""
    path = unquote(uri.removeprefix(SQLITE).partition("?")[0])
    return Path(path) if uri.startswith(SQLITE) and path not in ("", ":memory:") else None
