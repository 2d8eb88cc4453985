"""The report as a person opens it: whole, from the file alone, without a word in the console."""

from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import call
from tests.browser.page import Page

pytestmark = [pytest.mark.browser, pytest.mark.timeout(2400)]

SECTIONS = [
    "summary", "best", "history", "curves", "importance", "parallel", "slices", "cost", "failures",
    "trials", "reproduce",
]  # fmt: skip
DRAWN = ("history", "curves", "importance", "parallel", "slices", "cost")

IDS = "return [...document.querySelectorAll('section')].map(section => section.id)"
VISIBLE_DRAWINGS = """
return [...document.querySelectorAll('section')].filter(section =>
    [...section.querySelectorAll('svg')].some(svg => svg.getBoundingClientRect().height > 50)
).map(section => section.id)
"""
OVERFLOW = "return document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture(scope="module")
def report(searched: Path) -> str:
    """Return the address of the report's file."""
    return (searched / call(searched, "report", "quick").strip()).as_uri()


def test_every_section_is_there_and_every_picture_is_drawn(
    page: Page, report: str, study: dict[str, Any]
) -> None:
    page.open(report)
    page.wait_for_text("h1", "quick")
    assert page.evaluate(IDS) == SECTIONS
    assert set(DRAWN) <= set(page.evaluate(VISIBLE_DRAWINGS))
    page.picture("report")
    (summary,) = page.texts("#summary")
    assert f"{study['best']['values']['val_accuracy']:.6f}" in summary
    (failures,) = page.texts("#failures")
    assert "this one fails on purpose" in failures
    assert page.asked() == {"file"}  # nothing but the file itself


def test_the_trials_are_sorted_by_the_column_that_is_clicked(
    page: Page, report: str, study: dict[str, Any]
) -> None:
    page.open(report)
    heads = page.texts("#trials th")
    column = next(i for i, head in enumerate(heads, 1) if "val_accuracy" in head)
    page.scroll_to("#trials thead")
    for direction in ("ascending", "descending"):
        page.click(f"#trials th:nth-child({column})")
        cells = page.texts(f"#trials tbody td:nth-child({column})")
        shown = [float(cell) for cell in cells if cell.startswith(("0.", "1."))]
        assert len(shown) == sum(bool(trial["values"]) for trial in study["trials"])
        assert shown == sorted(shown, reverse=direction == "descending")
    page.picture("report-trials")


@pytest.mark.parametrize("width", [1500, 500])
def test_the_page_is_never_wider_than_the_window(page: Page, report: str, width: int) -> None:
    page.open(report)
    with page.width(width):
        page.wait_for_text("h1", "quick")
        assert page.evaluate(OVERFLOW) == 0
        page.picture(f"report-{width}")
