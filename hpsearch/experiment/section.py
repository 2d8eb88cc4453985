"""What every section of an experiment is: strict and frozen, read from a file or made in Python.

A section that Python code makes, `Budget(minutes=3)`, is validated with the whole
experiment, so that all faults are reported at once, as those of a file are.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import (
    BaseModel,
    ConfigDict,
    ModelWrapValidatorHandler,
    PrivateAttr,
    ValidationError,
    model_validator,
)

if TYPE_CHECKING:
    from pydantic._internal._model_construction import ModelMetaclass
else:
    ModelMetaclass = type(BaseModel)  # it has no public name


STORED = "stored"
"""The validation context of an experiment that was valid when its study began."""


class _Given(ModelMetaclass):
    """Makes a section from what Python code gives, also by position."""

    def __call__(cls, *values: object, **given: Any) -> Any:  # noqa: N805 (a metaclass)
        names = cls._positional  # type: ignore[attr-defined]
        if len(values) > len(names):
            most = f"at most {len(names)} values by position" if names else "names only"
            raise TypeError(f"{cls.__name__} takes {most}, not {len(values)}")
        if twice := [name for name in names[: len(values)] if name in given]:
            raise TypeError(f"{cls.__name__} was given `{twice[0]}` twice")
        return cls._make(dict(zip(names, values, strict=False)) | given)  # type: ignore[attr-defined]


class Section(BaseModel, metaclass=_Given):
    """A part of the experiment: frozen, and unknown keys are refused."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, use_attribute_docstrings=True
    )

    _positional: ClassVar[tuple[str, ...]] = ()
    _given: Mapping[str, Any] | None = PrivateAttr(default=None)

    @classmethod
    def _make(cls, given: Mapping[str, Any]) -> Any:
        try:
            return cls.model_validate(dict(given))
        except ValidationError:  # reported with the faults of the whole experiment
            section = cls.model_construct(**given)
            section._given = given
            return section

    @model_validator(mode="wrap")
    @classmethod
    def _as_given(cls, value: Any, validate: ModelWrapValidatorHandler[Any]) -> Any:
        """Validate a section made by Python code like one of a file."""
        is_made = isinstance(value, Section) and value._given is not None
        return validate(value._given if is_made else value)

    def __eq__(self, other: object) -> bool:
        """Return whether both have the same values, however they were made."""
        return (
            type(self) is type(other)
            and vars(self) == vars(other)
            and (self.model_extra == other.model_extra)
        )

    __hash__ = None  # type: ignore[assignment]
