"""Whether an import would surely find its module; nothing is imported to find out.

Assumed, not checked: that an installed package, once found, imports and has the names that are
imported from it.
"""

import importlib.util
import sys
from collections.abc import Sequence
from pathlib import Path

from hpsearch.trainable.plain_code import NotPlain


def may_be_hidden(module: str, file: Path) -> bool:
    """Return whether Python may find another module of this name than the one in the file."""
    spec = importlib.util.find_spec(module)
    return spec is not None and spec.origin != str(file)


def check_installed(module: str, names: Sequence[str]) -> None:
    """Raise NotPlain if a module is not there; if it is loaded, its names are checked, too."""
    top, *rest = module.split(".")
    spec = importlib.util.find_spec(top)
    if spec is None:
        raise NotPlain
    if module in sys.modules:
        if not all(hasattr(sys.modules[module], name) for name in names):
            raise NotPlain
        return
    places = [Path(place, *rest) for place in spec.submodule_search_locations or ()]
    if rest and not any(one.is_dir() or [*one.parent.glob(f"{one.name}.*")] for one in places):
        raise NotPlain
