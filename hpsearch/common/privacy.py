"""Which hyperparameters are secrets, and what is shown of them and of texts that hold them.

A fixed parameter is a secret if the experiment's `secrets` names it, if its name says so in whole
words (`api_key`, `password`), if its value looks like one (`sk-…`, a JSON web token, an address
with a password), or if it is a long random text with a name like `key` or `token`. What is searched
is never a secret: nobody could read the result.
"""

import json
import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from hpsearch.common.redaction import HIDDEN, redacted

SECRET_NAME = re.compile(
    r"_(passwords?|passwd|passphrase|pwd|secrets?|credentials?|apikeys?|authtoken|accesskey|accesstoken"
    r"|(api|access|account|admin|app|auth|aws|client|consumer|deploy|encryption|license|master"
    r"|private|secret|service|session|shared|signing|ssh|storage|subscription|webhook|openai"
    r"|anthropic|wandb|huggingface|hf|github|gitlab|kaggle|neptune|comet)_(key|token)s?"
    r"|(api|oauth|bearer|refresh|personal|security|bot|slack|vault|npm|pypi|jwt|login)_tokens?"
    r")_"
)
"""In a name written as `_like_this_`."""

ABOUT_SECRETS = {
    "env",
    "variable",
    "var",
    "name",
    "file",
    "path",
    "length",
    "size",
    "type",
    "field",
}
"""Last words of names that say where a secret is, or of what kind, but hold no secret."""

SUSPECT = {"key", "keys", "token", "tokens", "auth", "credential", "signature", "cookie", "pat"}
"""Words under which a long random text is a secret."""

SHORTEST_RANDOM = 20  # characters
SHORTEST_KNOWN = 4  # characters; a shorter value would be replaced in half of all words
SHORTEST_LINE = 8  # characters; a shorter line of a long secret tells nobody anything
LEAST_PIN = 1000  # a whole number under such a name may be a password; smaller ones are amounts


@dataclass(frozen=True)
class Privacy:
    """What is hidden of an experiment; without arguments, judged by names and values alone.

    `values` are the secrets themselves, to be taken out of texts.
    """

    declared: frozenset[str] = frozenset()
    searched: frozenset[str] = frozenset()
    values: tuple[str, ...] = ()

    @classmethod
    def of(
        cls, params: Mapping[str, object], declared: Iterable[str], searched: Iterable[str]
    ) -> "Privacy":
        """Return the privacy of these fixed and searched hyperparameters."""
        rules = cls(frozenset(declared), frozenset(searched))
        hidden = {name: value for name, value in params.items() if rules.hides(name, value)}
        lists = {name for name, value in hidden.items() if isinstance(value, list)}
        found = {str(one) for name, value in hidden.items() for _, one in _singles(name, value)}
        long = (text for text in found if len(text) >= SHORTEST_KNOWN)
        values = {shape for text in long for shape in _shapes(text)}
        longest_first = tuple(sorted(values, key=len, reverse=True))
        return cls(rules.declared | lists, rules.searched, longest_first)

    def hides(self, name: str, value: object) -> bool:
        """Return whether the value is hidden."""
        if name in self.declared:
            return True
        return name not in self.searched and is_secret(name, value)

    def shown(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """Return hyperparameters as they are shown."""
        return {k: HIDDEN if self.hides(k, value) else value for k, value in params.items()}

    def experiment(self, sections: Mapping[str, Any]) -> dict[str, Any]:
        """Return an experiment's sections, as plain data, as they are shown."""
        as_they_are = ("space", "secrets")
        hidden = {k: self.hide(v, k) for k, v in sections.items() if k not in as_they_are}
        return {**sections, **hidden, "params": self.shown(sections.get("params", {}))}

    def hide(self, data: Any, name: str = "") -> Any:
        """Return nested data with every secret in it hidden; a list's values have its `name`."""
        if isinstance(data, Mapping):
            below = name if name in self.declared or is_secret_name(name) else ""
            return {key: self.hide(value, below or str(key)) for key, value in data.items()}
        if isinstance(data, list | tuple):
            return [self.hide(one, name) for one in data]
        shown = self.clean(data) if isinstance(data, str) else data
        is_whole = name in self.declared or is_secret_name(name) or shown is data or shown == data
        return HIDDEN if is_whole and self.hides(name, data) else shown

    def clean(self, text: str) -> str:
        """Return a text without the known secrets, and without what looks like one."""
        for value in self.values:
            text = text.replace(value, HIDDEN)
        return redacted(text) if text else text


def is_secret(name: str, value: object) -> bool:
    """Return whether a fixed value is a secret, by its name or by what it looks like."""
    if isinstance(value, list):
        return any(is_secret(own, one) for own, one in _singles(name, value))
    if isinstance(value, int) and not isinstance(value, bool):
        return is_secret_name(name) and abs(value) >= LEAST_PIN
    if not isinstance(value, str):
        return False
    is_suspect = not SUSPECT.isdisjoint(_words(name))
    return is_secret_name(name) or redacted(value) != value or (is_suspect and is_random(value))


def _singles(name: str, value: object) -> Iterator[tuple[str, object]]:
    """Yield the single values in a value, each with its name; the keys of mappings are names."""
    if isinstance(value, dict):
        for key, one in value.items():
            yield from _singles(f"{name}.{key}", one)
    elif isinstance(value, list):
        for one in value:
            yield from _singles(name, one)
    else:
        yield name, value


def is_secret_name(name: str) -> bool:
    """Return whether the name alone says that a text under it is a secret."""
    words = _words(name)
    if words and words[-1] in ABOUT_SECRETS:
        return False
    return words == ["token"] or SECRET_NAME.search(f"_{'_'.join(words)}_") is not None


def is_random(text: str) -> bool:
    """Return whether a text is long and looks random: letters, digits, few repeats."""
    if len(text) < SHORTEST_RANDOM or not re.fullmatch(r"[\w+/=.~-]+", text):
        return False
    shares = [amount / len(text) for amount in Counter(text).values()]
    bits = -sum(share * math.log2(share) for share in shares)  # Shannon's, of a character
    is_hex = re.fullmatch(r"[0-9a-fA-F-]+", text) is not None
    kinds = bool(re.search(r"\d", text)) + bool(re.search(r"[A-Za-z]", text))
    return kinds == 2 and bits >= (3.0 if is_hex else 3.5)


def _words(name: str) -> list[str]:
    """Return the words of a name, `likeThis`, `like_this` or `like.this`."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
    return [word for word in re.split(r"[^a-z0-9]+", spaced) if word]


def _shapes(text: str) -> set[str]:
    """Return a text and how messages quote it; of several lines, each long one by itself."""
    lines = [line for line in text.splitlines() if len(line) >= SHORTEST_LINE]
    return {text, repr(text)[1:-1], json.dumps(text)[1:-1], quote(text, safe=""), *lines}
