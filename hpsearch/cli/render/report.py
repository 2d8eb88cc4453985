"""A report that was written, as data."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hpsearch.usecases import WrittenReport


def report_data(study: str, written: "WrittenReport") -> dict[str, Any]:
    """Return where the file is, and its size."""
    return {"study": study, "file": written.address, "bytes": written.size}
