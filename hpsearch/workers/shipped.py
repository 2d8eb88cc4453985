"""A trainable that has no file: it travels to workers by value."""

import pickle
import sys
import traceback
from dataclasses import dataclass
from types import ModuleType

from hpsearch.common.errors import UserError
from hpsearch.trainable import Trainable
from hpsearch.trainable.faults import trainable_broken


@dataclass(frozen=True)
class ShippedTrainable:
    """A function and what it takes, pickled by cloudpickle.

    `path` is the driver's import path, for the modules that the function imports; `version` says
    which code it is.
    """

    reference: str
    pickled: bytes
    path: tuple[str, ...]
    version: str = ""

    def unpack(self) -> Trainable:
        """Return the trainable in this process; raises UserError if a module is missing."""
        sys.path.extend(one for one in self.path if one not in sys.path)  # hides nothing
        try:
            train, signature = pickle.loads(self.pickled)  # noqa: S301 (the driver's own)
        except Exception:
            raise UserError(trainable_broken(self.reference, traceback.format_exc())) from None
        module = ModuleType("shipped")
        return Trainable(self.reference, train, signature, module, version=self.version)
