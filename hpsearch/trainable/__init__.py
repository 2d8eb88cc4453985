"""The user's side: what a trainable is given, how it is found, what it takes.

    contract.py          what a trainable is given, and the hooks; read it first
    code/                where code is, and its import
    loading.py           a trainable that is named; function.py: one that Python code gives
    entry_point.py       how it is called; generators.py: one that yields its metrics
    signature.py         what it takes; parameters.py: read from its annotation
    annotations.py       annotations evaluated; hints.py: taken apart
    conversion.py        a value as the annotation's type; instances.py: as one of a class
    comparison.py        what it takes compared with what the experiment gives
    static_signature.py  what it takes, from its source alone; static_types.py: its types
    plain_module.py      whether a module surely imports; plain_code.py, plain_imports.py: its parts
    live_check.py        what it takes, in a process of its own
    misspelt_hooks.py    functions named almost like a hook
    tracebacks.py        a traceback as its author needs it
    versions.py          which code a study ran; code_version.py: which code a process runs

A trainable imports `Trial` alone: the names are loaded when they are used.
"""

from typing import TYPE_CHECKING

from hpsearch.common.lazy import lazy_names

if TYPE_CHECKING:
    from hpsearch.trainable.annotations import definition
    from hpsearch.trainable.code import IMPORTS, keep_stand_ins, refuse_to_send
    from hpsearch.trainable.comparison import Given, compare
    from hpsearch.trainable.contract import HOOKS, Hook, Hooks, Trial
    from hpsearch.trainable.function import from_function
    from hpsearch.trainable.live_check import live_faults
    from hpsearch.trainable.loading import Trainable, load_trainable
    from hpsearch.trainable.misspelt_hooks import hook_notices
    from hpsearch.trainable.static_signature import read_signature
    from hpsearch.trainable.tracebacks import user_traceback
    from hpsearch.trainable.versions import describe_code

__all__ = [
    "HOOKS",
    "IMPORTS",
    "Given",
    "Hook",
    "Hooks",
    "Trainable",
    "Trial",
    "compare",
    "definition",
    "describe_code",
    "from_function",
    "hook_notices",
    "keep_stand_ins",
    "live_faults",
    "load_trainable",
    "read_signature",
    "refuse_to_send",
    "user_traceback",
]

_MODULES = {
    "annotations": ("definition",),
    "code": ("IMPORTS", "keep_stand_ins", "refuse_to_send"),
    "comparison": ("Given", "compare"),
    "contract": ("HOOKS", "Hook", "Hooks", "Trial"),
    "function": ("from_function",),
    "live_check": ("live_faults",),
    "loading": ("Trainable", "load_trainable"),
    "misspelt_hooks": ("hook_notices",),
    "static_signature": ("read_signature",),
    "tracebacks": ("user_traceback",),
    "versions": ("describe_code",),
}

__getattr__ = lazy_names(__name__, _MODULES)
