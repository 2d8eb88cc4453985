"""A table as a file that other programs read."""

from enum import StrEnum
from io import BytesIO
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


class TableFormat(StrEnum):
    """A file format for a table."""

    CSV = "csv"
    PARQUET = "parquet"


def table_file(table: "pd.DataFrame", format: TableFormat) -> bytes:
    """Return the table as CSV, in UTF-8 with a line of names, or as Parquet; empty cells stay."""
    file = BytesIO()
    if format is TableFormat.CSV:
        table.to_csv(file, index=False, lineterminator="\n")
    else:
        table.to_parquet(file, index=False)
    return file.getvalue()
