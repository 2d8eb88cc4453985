"""Draws docs/pictures/search.png: the live table of `hpsearch init`'s search, as it really went.

python docs/draw_search.py    needs Chromium; takes less than a minute
"""

import io
import math
import re
import subprocess
from pathlib import Path
from shutil import which
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.terminal_theme import MONOKAI

from hpsearch.cli import init
from hpsearch.common.trial import TrialRecord
from hpsearch.display.drawing import draw
from hpsearch.display.live_table import LiveTable
from hpsearch.study import Study
from hpsearch.usecases import Source

PICTURE = Path(__file__).parent / "pictures" / "search.png"
TITLE = "hpsearch run experiment.yaml"
FINISHED = 24
"""Drawn while so many trials are over and one runs."""

WIDTH, LINES = 120, 16
VIEW = re.compile(r'viewBox="0 0 ([\d.]+) ([\d.]+)"')
"""The size of an SVG: that of Chromium's window."""


class _Camera(LiveTable):
    """Draws nothing but one picture, at a report in the middle of the search."""

    svg = ""

    def measured(self, record: TrialRecord, measurements: object) -> None:
        super().measured(record, measurements)  # type: ignore[arg-type]
        board = self._board
        if board is not None and board.finished_trials == FINISHED and not self.svg:
            console = Console(record=True, file=io.StringIO(), width=WIDTH)
            console.print(draw(board, [], WIDTH, LINES))
            self.svg = console.export_svg(title=TITLE, theme=MONOKAI)


def search(folder: Path) -> str:
    """Run the starter's search in a folder, and return the picture as SVG."""
    init.command(folder, force=True)
    source = Source.read(folder / "experiment.yaml", ())
    camera = _Camera(Console(file=io.StringIO()))
    study = Study(folder / "studies", source.experiment.name)
    study.search(source, camera, local=True, register=False)
    camera.close()
    return camera.svg


def draw_png(svg: str, folder: Path) -> None:
    """Draw an SVG as the picture."""
    page = folder / "search.svg"
    page.write_text(svg)
    size = ",".join(str(math.ceil(float(one))) for one in VIEW.findall(svg)[0])
    options = ["--headless", "--no-sandbox", "--hide-scrollbars", f"--window-size={size}"]
    options += [f"--screenshot={PICTURE}", page.as_uri()]
    subprocess.run([which("chromium") or "chromium", *options], check=True, capture_output=True)  # noqa: S603 (our own file)


if __name__ == "__main__":
    with TemporaryDirectory() as name:
        draw_png(search(Path(name)), Path(name))
