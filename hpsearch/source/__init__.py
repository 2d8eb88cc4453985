"""Where the code of a trainable lies, how it is imported, and what is said where it cannot be."""

from hpsearch.source.importer import import_source
from hpsearch.source.sending import refuse_to_send
from hpsearch.source.source import Source, locate

__all__ = ["Source", "import_source", "locate", "refuse_to_send"]
