"""Where the metrics of a command are read: one reader in a file, all of one kind."""

from hpsearch.trainable.command.metrics.reader import Reader, reader_of
from hpsearch.trainable.command.metrics.row import Row

__all__ = ["Reader", "Row", "reader_of"]
