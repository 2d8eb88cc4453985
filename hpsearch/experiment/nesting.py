"""Hyperparameters in groups: `model: {depth: 3}` says the same as `model.depth: 3`.

Both may be written, also mixed. Here every hyperparameter gets its full name, with dots; from then
on there is no other. What a group is depends on the section: in `space` a mapping without a known
`type`, in `params` every mapping, in `suggestions` and `when` what known names begin with.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, get_args

from hpsearch.common.errors import Fault, UserError
from hpsearch.experiment import faults
from hpsearch.experiment.condition import is_logic
from hpsearch.experiment.lists import Written
from hpsearch.experiment.location import Lines, Location, dotted

IsGroup = Callable[[str, Mapping[str, Any]], bool]
"""Whether the mapping under this name is a group of hyperparameters, and not a value."""

KINDS = [kind.model_fields["type"].default for kind in get_args(get_args(Written)[0])]
"""The types of parameters."""


def give_full_names(data: dict[str, Any], lines: Lines) -> None:
    """Name every hyperparameter in full, in an experiment's data and in its lines.

    Raises UserError with a fault for each name that is given twice.
    """
    naming = _Naming(lines)
    known: list[str] = []
    for section, is_group in (("params", _always), ("space", _holds_parameters)):
        if isinstance(data.get(section), Mapping):
            data[section] = naming.flat(data[section], (section,), is_group)
            known += data[section]
    if isinstance(data.get("space"), Mapping):
        data["space"] = {
            name: naming.with_flat_when(one, ("space", name), known)
            for name, one in data["space"].items()
        }
    if isinstance(data.get("suggestions"), list | tuple):
        data["suggestions"] = [
            naming.flat(one, ("suggestions", index), _begins(known))
            for index, one in enumerate(data["suggestions"])
        ]
    naming.finish()


def full_names(given: Mapping[str, Any], known: Iterable[str]) -> dict[str, Any]:
    """Return hyperparameters, some of them in groups, by their full names; the last one wins."""
    return {_joined(keys): value for keys, value in _leaves(given, _begins(known))}


class _Naming:
    """Flattens the sections of one experiment, and notes what moved and what is there twice."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        self._moved: dict[Location, Location] = {}
        self._faults: list[Fault] = []

    def flat(self, group: Any, location: Location, is_group: IsGroup) -> Any:
        """Return a group's hyperparameters by their full names; anything else as it is."""
        if not isinstance(group, Mapping):
            return group
        found: dict[Any, Any] = {}
        lines: dict[Any, int] = {}
        for keys, value in _leaves(group, is_group):
            name, line = _joined(keys), self._lines.get((*location, *keys), 0)
            if name in found:
                twice = dotted((*location, name))
                self._faults.append(faults.name_given_twice(twice, lines[name], line))
            found[name], lines[name] = value, line
            self._moved[(*location, *keys)] = (*location, name)
        return found

    def with_flat_when(self, parameter: Any, location: Location, known: Iterable[str]) -> Any:
        """Return a parameter whose condition names other parameters in full."""
        if not isinstance(parameter, Mapping) or "when" not in parameter:
            return parameter
        return {**parameter, "when": self._condition(parameter["when"], (*location, "when"), known)}

    def _condition(self, when: Any, location: Location, known: Iterable[str]) -> Any:
        self._move()
        flat = self.flat(when, location, _begins(known))
        if not isinstance(flat, dict):
            return flat
        for key, wanted in flat.items():
            if is_logic(key, wanted) and key == "not":
                flat[key] = self._condition(wanted, (*location, key), known)
            elif is_logic(key, wanted):
                flat[key] = [
                    self._condition(one, (*location, key, index), known)
                    for index, one in enumerate(wanted)
                ]
        return flat

    def finish(self) -> None:
        """Put the lines where the names are now; raise UserError if a name is there twice."""
        self._move()
        if self._faults:
            raise UserError(*self._faults)

    def _move(self) -> None:
        before, moved = dict(self._lines), self._moved
        if any(old != new for old, new in moved.items()):
            self._lines.clear()
            self._lines.update({_new(place, moved): line for place, line in before.items()})
        self._moved = {}


def _leaves(
    group: Mapping[Any, Any], is_group: IsGroup, above: tuple[Any, ...] = ()
) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Yield the keys that lead to each hyperparameter, and its value."""
    for key, value in group.items():
        keys = (*above, key)
        if isinstance(value, Mapping) and value and is_group(str(_joined(keys)), value):
            yield from _leaves(value, is_group, keys)
        else:
            yield keys, value


def _joined(keys: tuple[Any, ...]) -> Any:
    return keys[0] if len(keys) == 1 else ".".join(map(str, keys))


def _always(name: str, value: Mapping[str, Any]) -> bool:
    return True


def _holds_parameters(name: str, value: Mapping[str, Any]) -> bool:
    """Return whether a mapping of the space is a group; a parameter itself has a known `type`."""
    if _is_parameter(value):
        return False
    return all(isinstance(one, Mapping) for one in value.values()) or _has_parameter(value)


def _has_parameter(value: Any) -> bool:
    below = value.values() if isinstance(value, Mapping) else ()
    return _is_parameter(value) or any(map(_has_parameter, below))


def _is_parameter(value: Any) -> bool:
    kind = value.get("type") if isinstance(value, Mapping) else None
    return isinstance(kind, str) and kind in KINDS


def _begins(known: Iterable[str]) -> IsGroup:
    """Return a rule by which only what known names begin with is a group."""
    names = [str(name) for name in known]
    return lambda name, value: any(one.startswith(f"{name}.") for one in names)


def _new(place: Location, moved: Mapping[Location, Location]) -> Location:
    for length in range(len(place), 0, -1):
        if place[:length] in moved:
            return (*moved[place[:length]], *place[length:])
    return place
