"""Which values are secrets, and what is shown of them. Imports nothing of hpsearch.

A text under a name with the word `token`, `secret`, `password` or `key` is one; a number never is
(`num_key_value_heads: 8`), nor is a name that merely contains the letters (`tokenizer`).
"""

import re
from typing import Any

WORDS = frozenset({"token", "secret", "password", "passwd", "key", "apikey", "credentials"})

HIDDEN = "***"


def is_secret(name: str, value: object) -> bool:
    """Return whether the value is for nobody else to see."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
    return isinstance(value, str) and not WORDS.isdisjoint(re.split(r"[^a-z0-9]+", spaced))


def shown(name: str, value: object) -> object:
    """Return the value, or what is shown in its place."""
    return HIDDEN if is_secret(name, value) else value


def hide(data: Any, name: str = "") -> Any:
    """Return nested data with every secret in it hidden; a list's values have the list's `name`.

    The `choices` of a parameter have the parameter's.
    """
    if isinstance(data, dict):
        return {k: hide(v, name if k == "choices" else str(k)) for k, v in data.items()}
    return [hide(one, name) for one in data] if isinstance(data, list) else shown(name, data)
