"""The pages that people read, and the code blocks in them, as sybil finds them."""

import re
from dataclasses import dataclass
from pathlib import Path

from sybil import Document
from sybil.parsers.markdown.lexers import FencedCodeBlockLexer

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
REFERENCE = DOCS / "reference"
README = ROOT / "README.md"

PAGES = [
    README,
    ROOT / "CONTRIBUTING.md",
    *sorted(page for page in DOCS.rglob("*.md") if REFERENCE not in page.parents),
]
"""All but the reference, which is generated from the code."""


@dataclass(frozen=True)
class Block:
    """A fenced block of a page; `line` is that of its fence."""

    page: Path
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{name_of(self.page)}:{self.line}"


def name_of(page: Path) -> str:
    """Return a page's path in the repository."""
    return page.relative_to(ROOT).as_posix()


def blocks_of(page: Path) -> list[Block]:
    """Return the page's fenced blocks in their order, one without a language included."""
    lexer = FencedCodeBlockLexer(".*")
    document = Document.parse(str(page), lambda document: list(lexer(document)))
    found = [
        (region.start, str(region.lexemes["language"]), str(region.lexemes["source"]))
        for _, region in document.regions
    ]
    return [
        Block(page, document.text.count("\n", 0, start) + 1, language, text)
        for start, language, text in found
    ]


def blocks(language: str) -> list[Block]:
    """Return the blocks of a language on all pages."""
    return [one for page in PAGES for one in blocks_of(page) if one.language == language]


def prose_of(page: Path) -> str:
    """Return a page's text without its fenced blocks."""
    return re.sub(r"^(```+).*?^\1$", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
