"""The commands of a page: its bash blocks and what stands in backticks, parsed and not run."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import typer

from hpsearch.cli.app import app
from tests.docs.pages import ROOT, blocks_of, prose_of

PROGRAMS = {"cd", "source", "pip", "pytest", "python", "python3.11", "mlflow", "ruff", "mypy",
            "lint-imports", "zensical", "jq", "export", "systemctl", "sbatch", "kubectl",
            "ray-cluster.sh", "ray-job.sh"}  # fmt: skip
"""What pages may call beside hpsearch."""

INLINE = re.compile(r"`((?:\S*/)?hpsearch [^`]+)`")
REDIRECTION = re.compile(r"(?:^|(?<= ))[0-9]?[<>] ?[^ ]+")
PLACEHOLDER = re.compile(r"\b[A-Z]\b")
FOLDERS = ("docs", "experiments", "hpsearch", "tests", ".ci")
"""The repository's own: what a command names there must be there."""


def commands_of(page: Path) -> Iterator[list[str]]:
    """Yield the words of each command on a page.

    In backticks, `N` is a number, and a verb by itself names a command without its arguments.
    """
    for block in blocks_of(page):
        if block.language == "bash":
            yield from split(block.text)
        for line in block.text.splitlines():
            if block.language == "text" and line.strip().startswith("$ "):
                yield from split(line.strip()[2:])
    for text in INLINE.findall(prose_of(page)):
        for words in split(PLACEHOLDER.sub("1", " ".join(text.split()))):
            yield [*words, "--help"] if len(words) == 2 else words


def split(text: str) -> Iterator[list[str]]:
    """Yield the commands of a shell's text, each as its words; no comments, no redirections."""
    for line in REDIRECTION.sub("", text.replace("\\\n", " ")).splitlines():
        words: list[str] = []
        for word in shlex.split(line, comments=True):
            if word in ("&&", "|"):
                yield words
                words = []
            else:
                words.append(word)
        if words:
            yield words


def check(words: list[str]) -> None:
    """Raise what is wrong with a command: its program, its options, a path that is not there."""
    program = Path(words[0]).name
    if program == "hpsearch":
        parse(words[1:])
    elif program not in PROGRAMS:
        raise AssertionError(f"`{program}`: nothing checks it")
    for word in words:
        if word.split("/")[0] in FOLDERS and "/" in word and not (ROOT / word).exists():
            raise AssertionError(f"there is no {word}")


def parse(words: list[str]) -> None:
    """Have the command line parse its words, and call nothing."""
    group = typer.main.get_group(app)
    if not words or words[0].startswith("-"):
        group.make_context("hpsearch", words, resilient_parsing=True)
        return
    root = group.make_context("hpsearch", words)
    name, verb, rest = group.resolve_command(root, words)
    if verb is not None and "--help" not in rest:
        verb.make_context(name, rest, parent=root)
