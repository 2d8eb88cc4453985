"""Runs all benchmarks one after another and writes their tables into README.md beside this file.

Each can be run alone as well: `python -m tests.benchmarks.overhead --help`. The page takes what
lies in the output folder, so that a benchmark may be run again by itself; what `--quick` measured
never gets there. On two idle cores it takes less than two hours: 75 minutes of searches, 35 of the
rest.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.benchmarks.results import say

HERE = Path(__file__).parent
PAGE = HERE / "README.md"
PICTURES = HERE / "pictures"
BEGIN = "<!-- results: written by `python -m tests.benchmarks` -->\n"

NAMES = ("overhead", "efficiency", "start", "step", "search", "memory", "growth", "profile", "gpu")
NO_DEVICE = 2
"""The exit code of a benchmark that needs what this machine has not."""


def run(name: str, words: Sequence[str]) -> bool:
    """Run one benchmark; return whether it measured something or had no device to measure on."""
    say(f"── {name}")
    command = [sys.executable, "-m", f"tests.benchmarks.{name}", *words]
    return subprocess.run(command, check=False).returncode in (0, NO_DEVICE)


def write_page(output: Path) -> None:
    """Put the results that lie in a folder into the page, and their pictures beside it."""
    found = [
        json.loads(file.read_text()) for name in NAMES if (file := _json(output, name)).exists()
    ]
    real = [result for result in found if not result["quick"]]
    if not real:
        say("no results of full runs: the page stays as it is")
        return
    PICTURES.mkdir(exist_ok=True)
    for result in real:
        picture = _json(output, result["name"]).with_suffix(".png")
        shutil.copyfile(picture, PICTURES / picture.name)
    written, _, _ = PAGE.read_text().partition(BEGIN)
    PAGE.write_text(written + BEGIN + "\n".join(_section(result) for result in real))
    say(f"{PAGE}: {', '.join(result['name'] for result in real)}")


def _json(output: Path, name: str) -> Path:
    return output / f"{name}.json"


def _section(result: dict[str, Any]) -> str:
    """Return a benchmark's part of the page."""
    machine = result["machine"]
    measured = (
        f"{machine['date']}, {machine['processor']}, {machine['cores']} cores, "
        f"{machine['memory']}, {machine['system']}, load {machine['load']} before; "
        f"repeats: {result['repeats']}. {machine['versions']}."
    )
    about = result["about"].partition("\n")[2].strip()
    parts = [f"## {result['title']}", about, *(_table(table) for table in result["tables"])]
    parts += ["\n".join(f"- {note}" for note in result["notes"])] if result["notes"] else []
    parts += [f"![{result['title']}](pictures/{result['name']}.png)", f"*{measured}*"]
    return "\n\n".join(["", *parts, ""])


def _table(table: dict[str, Any]) -> str:
    rows = [table["columns"], ["---"] * len(table["columns"]), *table["rows"]]
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join([f"**{table['title']}**", "", *lines])


def main() -> None:
    """Run what is asked for, then write the page."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    folder = Path(tempfile.gettempdir()) / "hpsearch-benchmarks"
    add("--output", type=Path, default=folder, help="folder of JSON and PNG (%(default)s)")
    add("--only", nargs="+", choices=NAMES, default=NAMES, metavar="NAME", help=", ".join(NAMES))
    add("--quick", action="store_true", help="tiny runs: only to see that all work")
    add("--page-only", action="store_true", help="run nothing; write the page from the folder")
    add("--minutes", type=float, default=8, help="of each search (%(default)s)")
    add("--seeds", type=int, default=3, help="searches of each side (%(default)s)")
    given = parser.parse_args()
    common = ["--output", str(given.output), *(["--quick"] if given.quick else [])]
    more = {"search": ["--minutes", str(given.minutes), "--seeds", str(given.seeds)]}
    names = () if given.page_only else given.only
    failed = [name for name in names if not run(name, [*common, *more.get(name, [])])]
    write_page(given.output)
    if failed:
        sys.exit(f"these failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
