"""Every Python block runs: those of a page one after the other, in an empty folder."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.pages import DOCS, PAGES, blocks_of, name_of

WITH_PYTHON = [
    page for page in PAGES if any(block.language == "python" for block in blocks_of(page))
]
TUTORIAL = DOCS / "tutorial.md"
"""Its Python needs the study of its commands: test_tutorial_end_to_end.py runs both."""

FRAMEWORKS = DOCS / "guides" / "frameworks.md"
"""It needs them all: tests/frameworks/test_guide.py runs its blocks one by one."""

BUCKETS = DOCS / "guides" / "buckets.md"
"""It needs an S3 server: test_buckets.py runs its commands, then its Python."""

FIRST = {"README.md", "docs/guides/python.md"}
"""The pages that the default run takes; `pytest -m slow` takes the others."""


def source_of(page: Path) -> str:
    """Return the Python of a page as one script, each line where the page has it."""
    lines: list[str] = []
    for block in (one for one in blocks_of(page) if one.language == "python"):
        lines += [""] * (block.line - len(lines)) + block.text.splitlines()
    return "\n".join(lines) + "\n"


def run_python(page: Path, folder: Path) -> str:
    """Run a page's Python in a folder, in a process of its own; return what it printed."""
    script = folder / page.with_suffix(".py").name
    script.write_text(source_of(page))
    done = subprocess.run(
        [sys.executable, script.name],
        cwd=folder,
        env=os.environ | {"MPLBACKEND": "agg"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{name_of(page)}: {done.stderr}"
    return done.stdout


@pytest.mark.timeout(1600)
@pytest.mark.parametrize(
    "page",
    [
        pytest.param(page, marks=[] if name_of(page) in FIRST else [pytest.mark.slow])
        for page in WITH_PYTHON
        if page not in {TUTORIAL, FRAMEWORKS, BUCKETS}
    ],
    ids=name_of,
)
def test_the_python_of_a_page_runs(page: Path, tmp_path: Path) -> None:
    write_onnx_model(tmp_path / "everything" / "model.onnx")
    run_python(page, tmp_path)


def test_the_trainable_of_the_guide_can_be_searched(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(source_of(DOCS / "guides" / "trainable.md"))
    (tmp_path / "experiment.yaml").write_text(
        "{name: guide, trainable: train.py:train, objective: {metric: loss, direction: minimize},"
        " space: {learning_rate: {type: float, low: 0.01, high: 0.5}}, params: {steps: 3}}"
    )
    command = ["-m", "hpsearch", "run", "experiment.yaml", "--local", "--set", "budget.trials=2"]
    done = subprocess.run([sys.executable, *command], cwd=tmp_path, check=False)
    assert done.returncode == 0


def write_onnx_model(file: Path) -> None:
    """Write what `export` writes for MNIST: images (batch, 1, 28, 28) to probabilities."""
    import numpy as np
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    weights = numpy_helper.from_array(np.zeros((784, 10), np.float32), "weights")
    nodes = [
        helper.make_node("Flatten", ["input"], ["rows"]),
        helper.make_node("MatMul", ["rows", "weights"], ["scores"]),
        helper.make_node("Softmax", ["scores"], ["output"]),
    ]
    images = helper.make_tensor_value_info("input", TensorProto.FLOAT, ["batch", 1, 28, 28])
    output = helper.make_tensor_value_info("output", TensorProto.FLOAT, ["batch", 10])
    graph = helper.make_graph(nodes, "model", [images], [output], [weights])
    file.parent.mkdir()
    opset = [helper.make_opsetid("", 17)]
    onnx.save(helper.make_model(graph, opset_imports=opset, ir_version=8), file)
