"""Python source as a syntax tree.

One thread at a time: Python before 3.13 counts the depth of all trees that are being made in one
place, and two threads disturb each other (`SystemError: AST constructor recursion depth mismatch`).
"""

import ast
import threading

_LOCK = threading.Lock()


def parse_module(source: str | bytes, file: str = "<unknown>") -> ast.Module:
    """Return the tree of a module; raises what `ast.parse` raises."""
    with _LOCK:
        return ast.parse(source, file)


def parse_expression(source: str) -> ast.expr:
    """Return the tree of an expression; raises what `ast.parse` raises."""
    with _LOCK:
        return ast.parse(source, mode="eval").body
