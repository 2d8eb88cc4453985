"""What the report needs is imported while trials run, so that the end does not wait for it."""

import subprocess
import sys
from datetime import UTC, datetime
from threading import Event

import pytest

from hpsearch.common.trial import Measurement, TrialRecord
from hpsearch.common.trial import TrialState as State
from hpsearch.usecases.report_imports import ReportImports

RECORD = TrialRecord(0, 0, {}, State.RUNNING, datetime.now(UTC))


def test_it_begins_with_the_first_report_and_only_once(monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[str] = []
    go_on = Event()

    def load(_: ReportImports) -> None:
        begun.append("")
        go_on.wait(300)

    monkeypatch.setattr(ReportImports, "_load", load)
    imports = ReportImports(trials=100)
    imports.started(RECORD)
    assert begun == []
    for step in (1, 2):
        imports.measured(RECORD, [Measurement(step, {"value": 0.5}, 0.1)])
    go_on.set()
    imports.close()
    assert begun == [""]


@pytest.mark.slow
@pytest.mark.parametrize(("trials", "has_importance"), [(9, False), (10, True)])
def test_after_it_the_pictures_are_drawn_without_another_import_of_weight(
    trials: int, has_importance: bool
) -> None:
    code = (
        "import sys; from hpsearch.usecases.report_imports import ReportImports;"
        f"ReportImports({trials})._load();"
        "print('sklearn' in sys.modules);"
        "wanted = ('jinja2', 'matplotlib.backends.backend_svg', 'matplotlib.backends.backend_agg');"
        "print(all(name in sys.modules for name in wanted))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == [str(has_importance), "True"]
