"""Why a suggestion cannot be tried."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Misfit:
    """One reason why a suggestion cannot be tried, in the parts of a fault."""

    what: str
    why: str
    fix: str

    def __str__(self) -> str:
        return f"{self.what}: {self.why}"
