"""What Ray sets up on a cluster's machines before a worker starts there."""

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import Field, field_validator

from hpsearch.experiment.section import Section

SCHEMES = ("s3", "gs", "azure", "abfss", "http", "https", "file")
ENDINGS = (".zip", ".tar.gz", ".tgz", ".tar.xz")

Line = Annotated[str, Field(min_length=1)]


class RuntimeEnvironment(Section):
    """What workers on a cluster have besides what is installed there: Ray's `runtime_env`."""

    pip: list[Line] = Field(default_factory=list)
    """Packages that Ray installs with pip for the workers, as in a requirements file, such as
    `scikit-learn==1.7.2`. Each machine does it once, before its first worker starts."""
    env_vars: dict[str, str] = Field(default_factory=dict)
    """Environment variables of the workers, such as `NCCL_DEBUG: INFO`; numbers in quotes."""
    working_dir: str | None = None
    """What is sent: null, the experiment's folder; a path from there, such as `..`, that folder
    with the experiment in it; or the address of a zip or tar of the experiment's folder, such as
    `s3://bucket/code.zip`, or `local:///path` for a folder that every machine has. Then nothing is
    sent."""

    @field_validator("pip")
    @classmethod
    def _is_one_line_each(cls, pip: list[str]) -> list[str]:
        for line in pip:
            if not line.strip() or "\n" in line:
                raise ValueError(f"{line!r} is not a requirement; write one in a line, as `torch`")
        return pip

    @field_validator("env_vars")
    @classmethod
    def _are_variables(cls, variables: dict[str, str]) -> dict[str, str]:
        for name, value in variables.items():
            if not name or "=" in name or "\0" in f"{name}{value}":
                raise ValueError(f"{name!r} cannot be an environment variable; rename it")
        return variables

    @field_validator("working_dir")
    @classmethod
    def _is_folder_or_archive(cls, place: str | None) -> str | None:
        if place is None or "://" not in place:
            return place
        scheme, path = urlsplit(place).scheme, urlsplit(place).path
        if scheme == "local" and path.startswith("/"):
            return place
        if scheme not in SCHEMES or not path.endswith(ENDINGS):
            raise ValueError(
                f"Ray takes a zip or tar ({', '.join(ENDINGS)}) from {', '.join(SCHEMES)}, or "
                "`local:///path`; correct the address"
            )
        return place
