"""Where the code of a trainable is, its import, and the faults if that fails."""

from hpsearch.trainable.code.arguments import no_arguments
from hpsearch.trainable.code.importer import IMPORTS, import_code
from hpsearch.trainable.code.location import Location, locate
from hpsearch.trainable.code.stand_ins import keep_stand_ins
from hpsearch.trainable.code.travel import refuse_to_send

__all__ = [
    "IMPORTS",
    "Location",
    "import_code",
    "keep_stand_ins",
    "locate",
    "no_arguments",
    "refuse_to_send",
]
