"""Every command that a page shows exists, with its options, and names files that are there."""

from pathlib import Path

import pytest

from tests.docs.commands import check, commands_of, split
from tests.docs.pages import PAGES, README, REFERENCE, name_of


@pytest.mark.parametrize("page", [*PAGES, REFERENCE / "commands.md"], ids=name_of)
def test_every_command_on_a_page_is_one_that_the_command_line_takes(page: Path) -> None:
    for words in commands_of(page):
        try:
            check(words)
        except Exception as error:
            raise AssertionError(f"{name_of(page)}: {' '.join(words)}: {error}") from error


def test_commands_are_found() -> None:
    verbs = {words[1] for page in PAGES for words in commands_of(page) if "hpsearch" in words[0]}
    assert {"init", "run", "show", "ui", "export", "logs", "confirm", "rm"} <= verbs


@pytest.mark.parametrize(
    "line",
    [
        "hpsearch runn experiment.yaml",
        "hpsearch run",
        "hpsearch run experiment.yaml --sett a=1",
        "hpsearch show cnn --trial first",
        "hpsearch run experiments/no_such.yaml",
        "curl example.org",
    ],
)
def test_a_command_that_would_not_work_is_noticed(line: str) -> None:
    with pytest.raises(Exception, match=r".+"):
        check(*split(line))


def test_the_set_up_commands_come_first_and_ci_reads_the_second() -> None:
    lines = README.read_text().splitlines()
    marked = lines[lines.index("<!-- test command -->") + 2]
    first, second = [line for line in lines if line.startswith("python3.11 -m venv")]
    assert second == marked and "pytest" in second
    assert first.endswith(".venv/bin/hpsearch run experiments/cnn.yaml")
    assert lines.index(second) < lines.index("## Thirty seconds")
