"""The benchmarks' own rules; and, under the marker `benchmarks`, that each works.

Tiny runs, whose numbers mean nothing.
"""

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.benchmarks import __main__ as page
from tests.benchmarks import profile
from tests.benchmarks.results import describe_machine, middle, ratio
from tests.benchmarks.sides import in_turns


@pytest.mark.benchmarks
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("name", page.NAMES)
def test_a_benchmark_gives_tables_and_a_picture(name: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", f"tests.benchmarks.{name}", "--quick", "--output", str(tmp_path)],
        check=False,
        cwd=page.HERE.parents[1],
        capture_output=True,
        text=True,
    )
    if name == "gpu" and done.returncode == page.NO_DEVICE:
        pytest.skip("no CUDA device")
    assert done.returncode == 0, done.stderr
    result = json.loads((tmp_path / f"{name}.json").read_text())
    assert result["quick"] and all(table["rows"] for table in result["tables"])
    assert (tmp_path / f"{name}.png").stat().st_size > 10_000


def test_the_page_holds_full_runs_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    output = tmp_path / "output"
    output.mkdir()
    for name, quick in (("overhead", True), ("start", False)):
        table = {"title": "Seconds", "columns": ["side", "seconds"], "rows": [["ours", "3"]]}
        result: dict[str, object] = {"name": name, "title": name.title()}
        result |= {"about": "First line.\n\nWhat it is.\n"}
        result |= {"tables": [table], "notes": [], "quick": quick, "repeats": 3}
        (output / f"{name}.json").write_text(json.dumps({**result, "machine": describe_machine()}))
        (output / f"{name}.png").write_bytes(b"picture")
    monkeypatch.setattr(page, "PAGE", tmp_path / "README.md")
    monkeypatch.setattr(page, "PICTURES", tmp_path / "pictures")
    page.PAGE.write_text(f"# Benchmarks\n\n{page.BEGIN}earlier results")
    page.write_page(output)
    text = page.PAGE.read_text()
    assert text.startswith("# Benchmarks\n") and "earlier results" not in text
    assert "## Start\n\nWhat it is.\n" in text and "| ours | 3 |" in text
    assert "Overhead" not in text
    assert [file.name for file in page.PICTURES.iterdir()] == ["start.png"]


def test_sides_take_turns_and_begin_with_another_one_each_time() -> None:
    assert list(in_turns(["a", "b", "c"], 3)) == [*"abc", *"bca", *"cab"]


def test_ratios_are_taken_within_each_repeat() -> None:
    assert ratio([10.0, 30.0, 20.0], [5.0, 10.0, 20.0]) == "2.0 (1.0–3.0)×"
    assert middle([1234.5]) == "1,234"


def test_the_profile_asks_for_functions_that_are_there() -> None:
    assert {name for names in profile.PARTS.values() for name in names if name} <= set(functions())


def functions() -> Iterator[str]:
    """Yield the functions and methods of hpsearch as a stack of calls names them."""
    for file in (page.HERE.parents[1] / "hpsearch").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.FunctionDef):
                yield node.name
            elif isinstance(node, ast.ClassDef):
                methods = [one for one in node.body if isinstance(one, ast.FunctionDef)]
                yield from (f"{node.name}.{one.name}" for one in methods)
