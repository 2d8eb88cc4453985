"""A flame graph: which functions called which, as wide as they took time, in no order of time."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

Stacks = Counter[tuple[str, ...]]
"""How often each stack of calls was seen, outermost first; a call is `function (file)`."""

OURS, OTHERS = "#e8a33d", "#c9ced6"
LETTERS = 175
"""Letters that stand side by side in a picture's whole width."""


@dataclass(frozen=True)
class _Bar:
    depth: int
    begin: int
    width: int
    name: str
    is_ours: bool


def draw_flames(axes: Any, stacks: Stacks, rate: int) -> None:
    """Draw hpsearch's own calls, and of other packages the first that each of them calls."""
    shortened: Stacks = Counter()
    for stack, count in stacks.items():
        if calls := _shortened(stack):
            shortened[calls] += count
    bars = list(_bars(shortened, depth=0, begin=0))
    whole = shortened.total()
    axes.barh(
        [bar.depth for bar in bars],
        [bar.width / rate for bar in bars],
        left=[bar.begin / rate for bar in bars],
        height=1,
        color=[OURS if bar.is_ours else OTHERS for bar in bars],
        edgecolor="white",
        linewidth=0.5,
    )
    for bar in bars:
        room = int(LETTERS * bar.width / whole)
        if room >= 3:
            text = bar.name if len(bar.name) <= room else bar.name[: room - 1] + "…"
            axes.text((bar.begin + bar.width / 2) / rate, bar.depth, text, **_LABEL)
    axes.invert_yaxis()
    axes.set_yticks([])
    axes.set_xlim(0, whole / rate)
    axes.set_xlabel("seconds of the driver's main thread (orange: hpsearch, grey: what it calls)")


_LABEL = {"ha": "center", "va": "center", "fontsize": 6, "clip_on": True}


def _shortened(stack: tuple[str, ...]) -> tuple[str, ...]:
    """Leave of a stack what is ours, and the first call of another's that ends it.

    It begins where the command line has given over.
    """
    seen = [call for call in stack if "(<frozen importlib" not in call and "/cli/" not in call]
    ours = [place for place, call in enumerate(seen) if _is_ours(call)]
    if not ours:
        return ()
    after = ours[-1] + 1
    return (*(seen[place] for place in ours), *seen[after : after + 1])


def _is_ours(call: str) -> bool:
    return "(hpsearch/" in call or "/hpsearch/hpsearch/" in call


def _name(call: str) -> str:
    """Return the function without its class, after its package; of an import the file's name."""
    function, _, file = call.rstrip(")").partition(" (")
    if function == "<module>":
        return f"import {file.removesuffix('/__init__.py')}"
    package = "" if _is_ours(call) else file.partition("/")[0].removesuffix(".py") + ": "
    return package + function.rpartition(".")[2]


def _bars(stacks: Stacks, depth: int, begin: int) -> Iterator[_Bar]:
    """Give a bar for each call at this depth, the widest first, each followed by what it called."""
    inside: defaultdict[str, Stacks] = defaultdict(Counter)
    for stack, count in stacks.items():
        if stack:
            inside[stack[0]][stack[1:]] += count
    for call, within in sorted(inside.items(), key=lambda item: -item[1].total()):
        yield _Bar(depth, begin, within.total(), _name(call), _is_ours(call))
        yield from _bars(within, depth + 1, begin)
        begin += within.total()
