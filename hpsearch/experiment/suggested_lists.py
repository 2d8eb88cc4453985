"""Lists in suggestions: `widths: [64, 32]` suggests each item, and the length."""

from collections.abc import Mapping
from typing import Any

from hpsearch.common.text import count, shortened
from hpsearch.experiment.flat_space import FlatSpace
from hpsearch.experiment.lists import LONGEST, List
from hpsearch.experiment.misfit import Misfit


def without_lists(
    space: FlatSpace, given: Mapping[str, Any]
) -> tuple[dict[str, Any], list[Misfit]]:
    """Return a suggestion with each list in its items, and what is wrong with the lists."""
    found = {name: value for name, value in given.items() if name not in space.lists}
    misfits: list[Misfit] = []
    for name, one in space.lists.items():
        if name not in given:
            continue
        values = given[name]
        longest = sum(f"{name}.{index}" in space for index in range(LONGEST))
        misfit = _misfit(name, one, values, found, longest=longest)
        if misfit is not None:
            misfits.append(misfit)
            continue
        found |= {f"{name}.{index}": value for index, value in enumerate(values)}
        found |= {one.length: len(values)} if isinstance(one.length, str) else {}
    return found, misfits


def _misfit(
    name: str, one: List, values: Any, given: Mapping[str, Any], *, longest: int
) -> Misfit | None:
    if not isinstance(values, list | tuple):
        why, fix = "it is a list", f"write a list, or one item: `{name}.0`."
        return Misfit(f"`{name}` is {shortened(values)}", why, fix)
    wanted = given.get(one.length, len(values)) if isinstance(one.length, str) else one.length
    if wanted != len(values) or len(values) > longest:
        why = f"it must have {wanted if wanted != len(values) else f'at most {longest}'}"
        return Misfit(f"`{name}` has {count(len(values), 'item')}", why, "change one of the two.")
    return None
