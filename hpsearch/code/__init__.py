"""Where the code of a trainable lies, how it is imported, and what is said if it cannot be."""

from hpsearch.code.importer import import_code
from hpsearch.code.location import Location, locate
from hpsearch.code.travel import refuse_to_send

__all__ = ["Location", "import_code", "locate", "refuse_to_send"]
