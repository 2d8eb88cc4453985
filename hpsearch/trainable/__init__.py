"""The user's side: what a trainable is given, how it is found, what it takes.

    contract.py          what a trainable is given, and the hooks; read it first
    code/                where code is, and its import
    command/             a command as a trainable
    loading.py           a trainable that is named; function.py: one that Python code gives
    entry_point.py       how it is called; generators.py: one that yields its metrics
    defaults.py          the values that it has for what it is not given
    signature.py         what it takes; parameters.py: read from its annotation
    annotations.py       annotations evaluated; hints.py: taken apart
    groups.py            hyperparameters with dots in their names, in groups
    conversion.py        a value as the annotation's type; instances.py: as one of a class;
                         structures.py: a list or a group; unions.py: one of several classes
    given.py             what the experiment gives; comparison.py: compared with what it takes
    refusals.py          what a class that validates refuses
    static_signature.py  what it takes, from its source alone; static_types.py: its types
    plain_module.py      whether a module surely imports; plain_code.py, plain_imports.py: its parts
    live_check.py        what it takes, in a process of its own
    script/              the trial of a script that is a command; command/: runs a command
    report_values.py     steps, numbers and checkpoints that it may report
    misspelt_hooks.py    functions named almost like a hook
    tracebacks.py        a traceback as its author needs it
    versions.py          which code a study ran; code_version.py: which code a process runs

A trainable imports `Trial` alone: the names are loaded when they are used.
"""

from typing import TYPE_CHECKING

from hpsearch.common.lazy import lazy_names

if TYPE_CHECKING:
    from hpsearch.trainable.annotations import definition
    from hpsearch.trainable.code import (
        IMPORTS,
        keep_stand_ins,
        locate,
        no_arguments,
        refuse_to_send,
    )
    from hpsearch.trainable.command.checks import command_faults, command_notices
    from hpsearch.trainable.command.failure import CommandFailed
    from hpsearch.trainable.command.loading import from_program
    from hpsearch.trainable.command.program import Program
    from hpsearch.trainable.comparison import compare
    from hpsearch.trainable.contract import HOOKS, Hook, Hooks, Trial
    from hpsearch.trainable.defaults import defaults_of
    from hpsearch.trainable.function import from_function
    from hpsearch.trainable.given import Given
    from hpsearch.trainable.groups import Params, fields_of
    from hpsearch.trainable.live_check import live_faults
    from hpsearch.trainable.loading import Trainable, load_trainable
    from hpsearch.trainable.misspelt_hooks import hook_notices
    from hpsearch.trainable.parameters import is_record
    from hpsearch.trainable.report_values import plain_metrics, saving, whole_step
    from hpsearch.trainable.script import ScriptTrial, report, trial
    from hpsearch.trainable.static_signature import read_signature
    from hpsearch.trainable.tracebacks import training_traceback, user_traceback
    from hpsearch.trainable.versions import describe_code

__all__ = [
    "HOOKS",
    "IMPORTS",
    "CommandFailed",
    "Given",
    "Hook",
    "Hooks",
    "Params",
    "Program",
    "ScriptTrial",
    "Trainable",
    "Trial",
    "command_faults",
    "command_notices",
    "compare",
    "defaults_of",
    "definition",
    "describe_code",
    "fields_of",
    "from_function",
    "from_program",
    "hook_notices",
    "is_record",
    "keep_stand_ins",
    "live_faults",
    "load_trainable",
    "locate",
    "no_arguments",
    "plain_metrics",
    "read_signature",
    "refuse_to_send",
    "report",
    "saving",
    "training_traceback",
    "trial",
    "user_traceback",
    "whole_step",
]

_MODULES = {
    "annotations": ("definition",),
    "code": ("IMPORTS", "keep_stand_ins", "locate", "no_arguments", "refuse_to_send"),
    "command.checks": ("command_faults", "command_notices"),
    "command.failure": ("CommandFailed",),
    "command.loading": ("from_program",),
    "command.program": ("Program",),
    "comparison": ("compare",),
    "contract": ("HOOKS", "Hook", "Hooks", "Trial"),
    "defaults": ("defaults_of",),
    "function": ("from_function",),
    "given": ("Given",),
    "groups": ("Params", "fields_of"),
    "live_check": ("live_faults",),
    "loading": ("Trainable", "load_trainable"),
    "misspelt_hooks": ("hook_notices",),
    "parameters": ("is_record",),
    "report_values": ("plain_metrics", "saving", "whole_step"),
    "script": ("ScriptTrial", "report", "trial"),
    "static_signature": ("read_signature",),
    "tracebacks": ("training_traceback", "user_traceback"),
    "versions": ("describe_code",),
}

__getattr__ = lazy_names(__name__, _MODULES)
