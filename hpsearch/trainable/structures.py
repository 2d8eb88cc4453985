"""Lists and mappings of an experiment as the annotation's type: tuples, dicts, nested classes.

`convert` is `conversion.convert`, for what is in them.
"""

import typing
from collections.abc import Callable, Mapping
from types import NoneType
from typing import Any

from hpsearch.common.errors import did_you_mean
from hpsearch.trainable.groups import fields_of, is_group
from hpsearch.trainable.instances import Misfit, Refused
from hpsearch.trainable.parameters import Unfit, is_record, signature_of
from hpsearch.trainable.signature import Field, Signature
from hpsearch.trainable.unions import classes_of

Convert = Callable[[Any, Any, Any], Any]
"""Makes a value of an annotation's type, keeping of a default what is not given."""


def list_of(value: list[Any], hint: Any, convert: Convert) -> Any:
    """Return a list as the annotation's list, tuple, set or NamedTuple; raises Refused."""
    kind, inner = typing.get_origin(hint) or hint, typing.get_args(hint)
    if not isinstance(kind, type):
        raise Refused
    if issubclass(kind, tuple):
        return _tuple(value, kind, inner, convert)
    made = next((one for one in (list, set, frozenset) if _is_made_of(kind, one)), None)
    if made is None:
        raise Refused
    try:
        return made(convert(one, inner[0] if inner else Any, None) for one in value)
    except TypeError:  # a list in a set
        raise Refused from None


def _is_made_of(kind: type, concrete: type) -> bool:
    """Return whether a list, set or frozenset is one of this kind, such as a Sequence."""
    try:
        return issubclass(concrete, kind)
    except TypeError:  # a protocol with attributes
        return False


def _tuple(value: list[Any], kind: type, inner: tuple[Any, ...], convert: Convert) -> Any:
    if is_record(kind):
        names = kind._fields  # type: ignore[attr-defined]
        if len(value) > len(names):
            raise Refused
        return mapping_of(dict(zip(names, value, strict=False)), kind, convert)
    if kind is not tuple:
        raise Refused
    hints = inner[:1] * len(value) if inner[1:] == (...,) else inner or (Any,) * len(value)
    if len(hints) != len(value):
        raise Refused
    return tuple(convert(one, hint, None) for one, hint in zip(value, hints, strict=True))


def mapping_of(
    value: Mapping[str, Any], hint: Any, convert: Convert, default: object = None
) -> Any:
    """Return a mapping as the annotation's dict or class; raises Refused, or what the class does.

    What is not given of a class or dict, `default` has.
    """
    if hint is NoneType:
        raise Refused
    try:
        signature = signature_of(_kind_of(default, hint))
    except Unfit:
        raise Refused from None
    if signature.fields is None and signature.build is dict:
        names, values = typing.get_args(hint) or (Any, Any)
        made = {convert(n, names, None): convert(v, values, None) for n, v in value.items()}
        return fields_of(default) | made
    return filled(value, signature, convert, default)


def filled(
    given: Mapping[str, Any], signature: Signature, convert: Convert, default: object = None
) -> Any:
    """Return what a signature builds of values and groups by name.

    What is not given, `default` has; a required group may have defaults for all that is in it.
    """
    rest, fields = fields_of(default), signature.fields or {}
    unknown = [name for name in given if name not in fields]
    if unknown and signature.fields is not None and not signature.is_open:
        fix = did_you_mean(unknown[0], fields)
        raise Misfit(f"{signature.type_name} has no field `{unknown[0]}`.", fix)
    values = {
        name: _converted(name, value, signature, convert, rest.get(name))
        for name, value in given.items()
    }
    for name, field in fields.items():
        if field.required and name not in values and name not in rest:
            values[name] = _empty(name, field, signature, convert)
    return signature.build(**(rest | values))


def _converted(
    name: str, value: Any, signature: Signature, convert: Convert, default: object
) -> Any:
    field = signature.field(name)
    if default is None and isinstance(value, Mapping):
        default = field.default()
    if signature.validates:
        return _merged(value, field.hint, convert, default)
    if signature.fields is None and isinstance(value, Mapping):
        return filled(value, signature, convert, default)
    try:
        return convert(value, field.hint, default)
    except Misfit as misfit:
        why = f"`{name}` of {signature.type_name} cannot be {value!r}: {misfit}"
        raise Misfit(why, misfit.fix) from None


def _empty(name: str, field: Field, signature: Signature, convert: Convert) -> Any:
    """Return a required group of which nothing is given; raises Misfit if it is no group."""
    if is_group(field.hint):
        return convert({}, field.hint, None)
    why = f"`{name}` of {signature.type_name} is missing."
    raise Misfit(why, f"add `{name}`, or give the field a default.")


def _merged(value: Any, hint: Any, convert: Convert, default: object) -> Any:
    """Return a group with what is not given of it from defaults: pydantic makes the instance.

    It does not know how to make those of attrs and msgspec.
    """
    if not isinstance(value, Mapping):
        return value
    if classes_of(hint):
        return convert(value, hint, default)
    signature = signature_of(hint) if is_group(hint) else Signature()
    if any(hasattr(signature.build, mark) for mark in ("__attrs_attrs__", "__struct_fields__")):
        return convert(value, hint, default)
    made = fields_of(default)
    for name, one in value.items():
        field = signature.field(name)
        made[name] = _merged(one, field.hint, convert, made.get(name) or field.default())
    return made


def _kind_of(default: object, hint: Any) -> Any:
    """Return the class to build: that of the default, if it is one of the annotation's."""
    own, wanted = type(default), typing.get_origin(hint) or hint
    is_closer = is_record(own) and isinstance(wanted, type) and issubclass(own, wanted)
    return own if is_closer and own is not wanted else hint
