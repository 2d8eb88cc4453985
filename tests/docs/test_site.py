"""The pages themselves: README's size, the site's contents, links, and the generated reference."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from docs.generate import pages
from tests.docs.pages import DOCS, PAGES, README, ROOT, blocks_of, name_of, prose_of

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
LINKING = [*PAGES, *sorted((DOCS / "reference").glob("*.md"))]


def test_the_readme_fits_two_screens() -> None:
    assert len(README.read_text().split()) <= 700


def test_lines_are_at_most_120_wide_but_for_the_command_that_is_copied_whole() -> None:
    written = [README, ROOT / "CONTRIBUTING.md", DOCS / "index.md", DOCS / "tutorial.md"]
    wide = [
        line
        for page in written
        for line in page.read_text().splitlines()
        if len(line) > 120 and not line.startswith("python3.11 -m venv")
    ]
    assert wide == []


def test_the_navigation_names_every_page_once_and_no_other() -> None:
    project = tomllib.loads((ROOT / "zensical.toml").read_text())["project"]
    named = list(_pages_named(project["nav"]))
    there = [page.relative_to(DOCS).as_posix() for page in DOCS.rglob("*.md")]
    assert sorted(named) == sorted(there)


def _pages_named(entry: Any) -> Iterator[str]:
    if isinstance(entry, str):
        yield entry
    for one in entry.values() if isinstance(entry, dict) else entry:
        if not isinstance(entry, str):
            yield from _pages_named(one)


@pytest.mark.parametrize("page", LINKING, ids=name_of)
def test_every_link_within_the_repository_leads_somewhere(page: Path) -> None:
    for link in LINK.findall(prose_of(page)):
        if link.startswith(("https://", "http://")):
            continue
        place, _, anchor = link.partition("#")
        target = (page.parent / place).resolve() if place else page
        assert target.exists(), f"{link}: there is no {target}"
        assert not anchor or anchor in _anchors(target), f"{link}: no such heading"


def _anchors(page: Path) -> set[str]:
    titles = HEADING.findall(prose_of(page))
    return {re.sub(r"[^\w -]", "", title).strip().lower().replace(" ", "-") for title in titles}


@pytest.mark.parametrize(
    ("file", "text"), pages().items(), ids=lambda value: getattr(value, "name", "")
)
def test_the_reference_is_what_the_code_says_now(file: Path, text: str) -> None:
    assert file.read_text() == text, "run `python docs/generate.py`"


def test_a_block_begins_in_the_line_that_is_named() -> None:
    lines = README.read_text().splitlines()
    assert all(lines[block.line - 1].startswith("```") for block in blocks_of(README))
