"""Functions beside the trainable that are named almost like a hook, and so are never called."""

from difflib import get_close_matches
from pathlib import Path

from hpsearch.trainable.code import locate
from hpsearch.trainable.code.outline import Outline
from hpsearch.trainable.contract import HOOKS

ALIKE = 0.85
"""Above `evaluate_model` and `train_fold` (0.76), below a transposed letter or a plural (0.9)."""


def hook_notices(reference: str, folder: Path) -> list[str]:
    """Return a notice for each misspelt hook that the source shows; it is not imported."""
    found = locate(reference, folder)
    if found.file is None:
        return []
    functions = Outline.read(found.file).functions
    free = [hook for hook in HOOKS if hook not in functions]
    names = [one for one in functions if one != found.function and not one.startswith("_")]
    return [
        f"`{name}` beside the trainable is not called: did you mean the hook `{near[0]}`?"
        for name in names
        if name not in HOOKS and (near := get_close_matches(name.lower(), free, 1, ALIKE))
    ]
