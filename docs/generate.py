"""Writes docs/reference from the code: run `python docs/generate.py` after a change.

The schema, the commands' help, the public docstrings, the hooks and the faults are written down
once, in the code; a test compares the pages with what this makes.
"""

import ast
import inspect
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeGuard

ROOT = Path(__file__).parents[1]
REFERENCE = Path(__file__).parent / "reference"
NOTE = "<!-- Written by docs/generate.py; change the code, then run it again. -->\n"

WORDS = {"object": "mapping"}
"""What JSON Schema calls otherwise."""


def experiment() -> str:
    """Return the page of the experiment file: every key, its type, default and meaning."""
    from hpsearch.experiment import json_schema

    schema = json_schema()
    parts = ["# The experiment file\n", schema["description"].strip() + "\n", *_keys(schema)]
    for name, section in schema["$defs"].items():
        if "properties" in section or "description" in section:
            parts += [f"## {name}\n", section.get("description", "").strip() + "\n"]
        if "properties" in section:
            parts += _keys(section)
    return "\n".join(parts)


def _keys(section: Mapping[str, Any]) -> Iterator[str]:
    required = section.get("required", ())
    yield "| key | type | default | meaning |\n| --- | --- | --- | --- |"
    for name, key in section["properties"].items():
        is_open = "anyOf" in key and "default" not in key
        empty: object = [] if key.get("type") == "array" else {}
        default = "" if is_open else f"`{_yaml(key.get('default', empty))}`"
        default = "required" if name in required else default
        meaning = " ".join(key.get("description", "").split()).replace("|", "\\|")
        yield f"| `{name}` | {_type(key)} | {default} | {meaning} |"
    yield ""


def _type(key: Mapping[str, Any]) -> str:
    if options := key.get("anyOf") or key.get("oneOf"):
        return " or ".join(dict.fromkeys(_type(one) for one in options))
    if words := key.get("enum") or [one for one in (key.get("const"),) if one is not None]:
        return ", ".join(f"`{one}`" for one in words)
    if "/properties/" in key.get("$ref", ""):
        return "a group of these"
    if "$ref" in key:
        name = key["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if key.get("type") == "array":
        return f"list of {_type(key.get('items', {}))}"
    values, kind = key.get("additionalProperties"), str(key.get("type", "any"))
    return f"mapping to {_type(values)}" if isinstance(values, dict) else WORDS.get(kind, kind)


def _yaml(value: object) -> str:
    from hpsearch.experiment import dump_yaml

    text = dump_yaml(value).removesuffix("\n").removesuffix("\n...").replace("\n", ", ")
    return text or "null"


def commands() -> str:
    """Return the page of the commands: the help of each, as the terminal shows it."""
    from typer.testing import CliRunner

    from hpsearch.cli.app import VERBS, app

    parts = ["# Commands\n"]
    for verb in ("", *VERBS):
        words = [*verb.split(), "--help"]
        shown = CliRunner().invoke(app, words, prog_name="hpsearch", env={"COLUMNS": "100"})
        parts.append(f"## hpsearch {verb}".rstrip() + "\n")
        parts.append("```text\n" + _without_trailing(shown.output) + "\n```\n")
    return "\n".join(parts)


def python() -> str:
    """Return the page of the Python API: every public name with its signature and docstring."""
    import hpsearch

    parts = ["# Python\n", "Everything here is imported as `hpsearch.NAME`.\n"]
    for name in hpsearch.__all__:
        found = getattr(hpsearch, name)
        if callable(found):
            parts += _described(name, found, level=2)
            if inspect.isclass(found):
                for member, value in _public_members(found):
                    parts += _described(f"{name}.{member}", value, level=3)
    return "\n".join(parts)


def _public_members(kind: type) -> list[tuple[str, Any]]:
    """Return the methods and properties that the class itself defines, in its own order."""
    return [
        (name, value)
        for name, value in vars(kind).items()
        if not name.startswith("_")
        and name != "model_post_init"  # pydantic adds it where a class has private attributes
        and isinstance(value, property | staticmethod | classmethod | type(python))
    ]


def _described(name: str, found: Any, *, level: int) -> list[str]:
    text = inspect.getdoc(found) or ""
    signature = _signature(found)
    head = f"{'#' * level} {name}\n"
    shown = [f"```text\n{name}{signature}\n```\n"] if signature else []
    return [head, *shown, text + "\n"]


def _signature(found: Any) -> str:
    plain = found.__func__ if isinstance(found, staticmethod | classmethod) else found
    if isinstance(plain, property):
        return ""
    if hasattr(plain, "model_fields"):
        return _of_fields(plain)
    try:
        text = str(inspect.signature(plain, eval_str=False))
    except (TypeError, ValueError):
        return ""
    text = re.sub(r"\(self(?:, )?", "(", text)
    text = re.sub(r"\b(?:collections\.abc|pathlib(?:\._local)?|typing)\.", "", text)
    text = re.sub(r"<factory>|<object object at 0x[0-9a-f]+>", "...", text)
    return re.sub(r"\bhpsearch\.[a-z_.]+\.(?=[A-Z])|'(?=[^' ]*')|(?<=[\w\]])'", "", text)


def trainable() -> str:
    """Return the page of the trainable: what `trial` has, and every hook, with their docstrings."""
    from hpsearch.trainable import contract

    parts = ["# The trainable\n", f"{inspect.getdoc(contract)}\n"]
    for name, kind in (("trial", contract.Trial), ("Hooks", contract.Hooks)):
        parts += [f"## {name}\n", f"{inspect.getdoc(kind)}\n"]
        prefix = "trial." if kind is contract.Trial else ""
        for member, value in _public_members(kind):
            parts += _described(f"{prefix}{member}", value, level=3)
    return "\n".join(parts)


def callbacks() -> str:
    """Return the page of the callbacks, from their source: no framework is needed for it."""
    folder = ROOT / "hpsearch" / "callbacks"
    parts = ["# Callbacks\n", _docstring(folder / "__init__.py") + "\n"]
    for file in sorted(folder.glob("[!_]*.py")):
        tree = ast.parse(file.read_text())
        public = [node for node in tree.body if _is_public(node)]
        if file.stem != "resume":
            parts += [f"## hpsearch.callbacks.{file.stem}\n", f"{ast.get_docstring(tree)}\n"]
            parts += [text for node in public for text in _in_source(node, "")]
    return "\n".join(parts)


def _docstring(file: Path) -> str:
    return ast.get_docstring(ast.parse(file.read_text())) or ""


def _is_public(node: ast.stmt) -> TypeGuard[ast.FunctionDef | ast.ClassDef]:
    return isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_")


def _in_source(node: ast.FunctionDef | ast.ClassDef, owner: str) -> Iterator[str]:
    """Yield what is written of a function, or of a class and what is called on its objects."""
    made = [node] if isinstance(node, ast.FunctionDef) else _functions(node, "__init__")
    name = f"{owner}{node.name}"
    yield f"### {name}\n"
    for one in made:
        arguments = ast.unparse(one.args).removeprefix("self, ").replace("self", "")
        yield f"```text\n{name}({arguments})\n```\n"
    yield f"{ast.get_docstring(node)}\n"
    if isinstance(node, ast.ClassDef):
        for one in _functions(node, "left", "restored"):
            yield from _in_source(one, f"{node.name}.")


def _functions(node: ast.ClassDef, *names: str) -> list[ast.FunctionDef]:
    return [one for one in node.body if isinstance(one, ast.FunctionDef) and one.name in names]


def _of_fields(section: Any) -> str:
    """Return what a section of the experiment is made with."""
    parts = [
        name if field.is_required() else f"{name}={field.get_default(call_default_factory=True)!r}"
        for name, field in section.model_fields.items()
    ]
    return f"({', '.join(parts)})"


def errors() -> str:
    """Return the page of the errors: code, what happened, why, the fix; `{…}` stands for yours."""
    parts = ["# Errors\n", "Each error has a code; `{…}` stands for what is yours.\n"]
    for module in sorted((ROOT / "hpsearch").rglob("faults.py")):
        for code, texts in _faults(module):
            what, why, fix = (re.sub(r"\{[^}]*\}", "{…}", text) for text in texts)
            parts.append(f"### {code}\n\n- what: {what}\n- why: {why}\n- fix: {fix}\n")
    return "\n".join(parts)


def _faults(module: Path) -> Iterator[tuple[str, list[str]]]:
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "Fault":
            code, *texts = node.args
            if isinstance(code, ast.Constant):
                yield str(code.value), [_text(one) for one in texts]


def _text(node: ast.expr) -> str:
    """Return an expression as text, names and calls as `{…}`."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value.replace("\n", " ")
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(one) for one in node.values)
    if isinstance(node, ast.BinOp):
        return _text(node.left) + _text(node.right)
    if isinstance(node, ast.IfExp):
        return f"{_text(node.body)} / {_text(node.orelse)}"
    return "{…}"


def _without_trailing(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.strip("\n").splitlines())


PAGES: Mapping[str, Callable[[], str]] = {
    "experiment.md": experiment,
    "commands.md": commands,
    "python.md": python,
    "trainable.md": trainable,
    "callbacks.md": callbacks,
    "errors.md": errors,
}


def pages() -> dict[Path, str]:
    """Return every page of the reference by its file."""
    return {REFERENCE / name: NOTE + make() for name, make in PAGES.items()}


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    for file, text in pages().items():
        file.write_text(text)
