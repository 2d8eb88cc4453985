"""A trial's hyperparameters as a model was built with them: by name, and as Python code."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from hpsearch.common.privacy import Privacy
from hpsearch.trainable import Params, fields_of, is_record


def params_of(params: Any) -> dict[str, Any]:
    """Return hyperparameters by their full names, with the defaults that the experiment leaves out.

    An empty group or mapping is a value.
    """
    return dict(_named(params, ""))


def _named(value: Any, prefix: str) -> Iterator[tuple[str, Any]]:
    for name, one in fields_of(value).items():
        if fields_of(one):
            yield from _named(one, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", one


def written_out(params: Any, privacy: Privacy) -> str:
    """Return hyperparameters as Python code, one on a line; secrets are hidden."""
    opening, closing, pairs = _parts(params, privacy, "")
    return "\n".join([opening, *(f"    {pair}," for pair in pairs), closing])


def _code(value: Any, privacy: Privacy, name: str) -> str:
    if not isinstance(value, Mapping) and not is_record(type(value)):
        return repr(privacy.shown({name: value})[name])
    opening, closing, pairs = _parts(value, privacy, f"{name}.")
    return f"{opening}{', '.join(pairs)}{closing}"


def _parts(value: Any, privacy: Privacy, prefix: str) -> tuple[str, str, list[str]]:
    """Return how the code of a mapping or an instance begins and ends, and what is in it."""
    codes = {k: _code(one, privacy, f"{prefix}{k}") for k, one in fields_of(value).items()}
    kind = type(value).__name__
    if not isinstance(value, Mapping):
        return f"{kind}(", ")", [f"{name}={code}" for name, code in codes.items()]
    pairs = [f"{name!r}: {code}" for name, code in codes.items()]
    return ("Params({", "})", pairs) if isinstance(value, Params) else ("{", "}", pairs)


def classes_in(params: Any) -> list[type]:
    """Return the classes that the code of hyperparameters names, each once."""
    below = [kind for one in fields_of(params).values() for kind in classes_in(one)]
    is_named = isinstance(params, Params) or is_record(type(params))
    own = [type(params)] if is_named else []
    return list(dict.fromkeys([*own, *below]))


def is_beside(function: Callable[..., Any], kind: type) -> bool:
    """Return whether the function's module knows the class by its name."""
    return getattr(function, "__globals__", {}).get(kind.__name__) is kind
