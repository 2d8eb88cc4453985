"""What is hidden when an experiment is shown, even if it is not valid."""

from collections.abc import Mapping
from typing import Any

from hpsearch.common.privacy import Privacy


def privacy_of(data: Mapping[str, Any]) -> Privacy:
    """Return the privacy of data that need not be a valid experiment."""
    params, names, space = (data.get(key) for key in ("params", "secrets", "space"))
    return Privacy.of(
        {str(name): one for name, one in params.items()} if isinstance(params, dict) else {},
        [name for name in names if isinstance(name, str)] if isinstance(names, list) else (),
        map(str, space) if isinstance(space, dict) else (),
    )


def shown_override(override: str, privacy: Privacy) -> str:
    """Return a `key.path=value` as it is shown: the value hidden if it is or holds a secret."""
    dotted, separator, text = override.partition("=")
    path = dotted.strip().split(".")
    if path[0] in ("space", "secrets"):
        return override
    named = next((key for key in path if privacy.hides(key, text)), path[-1])
    return f"{dotted}{separator}{privacy.hide(text, named)}"
