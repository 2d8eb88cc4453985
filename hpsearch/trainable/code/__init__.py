"""Where the code of a trainable lies, how it is imported, and what is said if it cannot be."""

from hpsearch.trainable.code.importer import IMPORTS, import_code
from hpsearch.trainable.code.location import Location, locate
from hpsearch.trainable.code.travel import refuse_to_send

__all__ = ["IMPORTS", "Location", "import_code", "locate", "refuse_to_send"]
