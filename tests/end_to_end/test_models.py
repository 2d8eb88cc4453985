"""Models out of the search: exported, used by others' programs, predicted with, served by MLflow.

All on one small CNN, trained on MNIST for a moment; the clients are the real ones.
"""

import gzip
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pytest
import torch
from PIL import Image, ImageOps

from hpsearch.cli.app import main
from tests.end_to_end.conftest import Command
from tests.end_to_end.test_mnist import EXPERIMENTS, hpsearch, read
from tests.ports import free_port

# the first test searches, evaluates and exports
pytestmark = [pytest.mark.slow, pytest.mark.timeout(2400)]

SMALL = {
    "params.steps": 100,
    "params.report_every_steps": 100,
    "space.filters_1": "{type: int, low: 4, high: 5}",
    "space.filters_2": "{type: int, low: 8, high: 9}",
    "space.dense_units": "{type: int, low: 32, high: 33}",
    "space.optimizer": "{type: categorical, choices: [sgd]}",
    "space.momentum": "{type: float, low: 0.9, high: 0.95}",
    "space.learning_rate": "{type: float, low: 0.02, high: 0.03}",
    "budget.trials": 1,
}
MNIST = EXPERIMENTS / "data" / "mnist"
ACCURACY = '''
"""The accuracy of an ONNX file on MNIST's test images, with ONNX Runtime and NumPy alone."""
import gzip, sys
import numpy, onnxruntime

folder = sys.argv[2]
with gzip.open(folder + "/t10k-images-idx3-ubyte.gz") as file:
    images = numpy.frombuffer(file.read()[16:], numpy.uint8).reshape(-1, 1, 28, 28)
with gzip.open(folder + "/t10k-labels-idx1-ubyte.gz") as file:
    labels = numpy.frombuffer(file.read()[8:], numpy.uint8)
model = onnxruntime.InferenceSession(sys.argv[1])
right = 0
for first in range(0, len(images), 500):
    inputs = images[first : first + 500].astype(numpy.float32) / 255
    (probabilities,) = model.run(None, {"input": inputs})
    right += int((probabilities.argmax(1) == labels[first : first + 500]).sum())
print(right / len(images))
assert not {"torch", "hpsearch", "cnn"} & set(sys.modules)
'''


@pytest.fixture(scope="module")
def searched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    overrides = [word for key, value in SMALL.items() for word in ("--set", f"{key}={value}")]
    hpsearch(folder, "run", EXPERIMENTS / "cnn.yaml", "--local", *overrides)
    return folder


@pytest.fixture(scope="module")
def accuracy(searched: Path) -> float:
    found: float = read(searched, "evaluate", "mnist-cnn")["metrics"]["accuracy"]
    return found


@pytest.fixture(scope="module")
def export(searched: Path, accuracy: float) -> Path:
    """Export every format, after the evaluation, so that the card can tell of it."""
    hpsearch(searched, "export", "mnist-cnn", "--all", "--output", "out")
    return searched / "out"


@pytest.fixture(scope="module")
def images() -> Any:
    with gzip.open(MNIST / "t10k-images-idx3-ubyte.gz") as file:
        return np.frombuffer(file.read(16 + 5 * 784)[16:], np.uint8).reshape(-1, 28, 28)


@pytest.fixture(scope="module")
def pictures(images: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of four digits: two as MNIST has them, two large ones on white paper."""
    folder = tmp_path_factory.mktemp("pictures")
    for number in range(4):
        digit = Image.fromarray(images[number])
        if number >= 2:
            digit = ImageOps.invert(ImageOps.expand(digit.resize((200, 200)), (100, 20, 9, 50)))
        digit.save(folder / f"{number}.{'png' if number % 2 else 'JPG'}", quality=100)
    (folder / "notes.txt").write_text("no picture")
    return folder


Predict = Callable[..., tuple[int, str, str]]


@pytest.fixture
def predict(
    searched: Path,
    export: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Predict:
    """Return `hpsearch predict` in this process, where torch and MLflow are loaded already."""
    monkeypatch.chdir(searched)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)

    def call(*words: object) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            main(["predict", *map(str, words)])
        printed = capsys.readouterr()
        return int(ended.value.code or 0), printed.out, printed.err

    return call


def probabilities(export: Path, images: Any) -> Any:
    """Return what torch's own reader of the export gives."""
    module = torch.export.load(export / "model.pt2").module()
    with torch.inference_mode():
        return module(torch.from_numpy(images[:, None].astype(np.float32) / 255)).numpy()


def test_onnx_has_the_accuracy_that_evaluate_prints(
    searched: Path, export: Path, accuracy: float
) -> None:
    command = [sys.executable, "-I", "-c", ACCURACY, str(export / "model.onnx"), str(MNIST)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=searched)
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) == accuracy > 0.5


def test_the_card_tells_of_data_and_evaluation(export: Path, accuracy: float) -> None:
    card = (export / "README.md").read_text()
    assert f"| accuracy (held-out data, 10,000 examples) | {accuracy:.6f} | 0." in card
    assert "| licence | CC BY-SA 3.0 |" in card
    assert "55,000 training and 5,000 validation images" in card


def test_predict_says_the_same_of_a_study_a_file_a_folder_and_mlflow(
    export: Path, pictures: Path, predict: Predict
) -> None:
    files = [f"out/model.{one}" for one in ("pt2", "onnx", "torchscript")]
    uris = ("models:/mnist-cnn@champion", "models:/mnist-cnn/1")
    printed = [predict(m, pictures, "--json") for m in ("mnist-cnn", "out", *files, *uris)]
    found = [json.loads(out) for _, out, _ in printed]
    for other in found[1:]:
        for one, same in zip(found[0], other, strict=True):
            assert (one["file"], one["inverted"]) == (same["file"], same["inverted"])
            assert one["probabilities"] == pytest.approx(same["probabilities"], abs=1e-5)
    names = [str(pictures / name) for name in ("0.JPG", "1.png", "2.JPG", "3.png")]
    assert [one["file"] for one in found[0]] == names
    assert [one["inverted"] for one in found[0]] == [False, False, True, True]
    assert found[0][1]["class"] == "2"  # a large two


def test_predict_reads_a_picture_from_stdin_and_names_the_next_best(
    searched: Path, export: Path, pictures: Path
) -> None:
    command = [sys.executable, "-m", "hpsearch", "predict", "out/model.onnx", "-"]
    with (pictures / "3.png").open("rb") as picture:
        done = subprocess.run(command, cwd=searched, stdin=picture, capture_output=True, check=True)
    head, row = done.stdout.decode().splitlines()
    assert head.split() == ["picture", "class", "probability", "next", "read"]
    assert row.startswith("-") and row.endswith("inverted") and row.count("%") == 2


@pytest.mark.parametrize(
    ("model", "picture", "code", "said"),
    [
        ("mnist-cn", "3.png", "no-model", "did you mean `mnist-cnn`?"),
        ("models:/mnist-cnn@nobody", "3.png", "no-model", "nobody"),
        ("models:/nothing/1", "3.png", "no-model", "nothing"),
        ("out/model.safetensors", "3.png", "weights-alone", "only the trainable can build"),
        ("studies", "3.png", "no-model", "model.pt2"),
        ("mnist-cnn", "nothing.png", "no-picture", "nothing.png"),
        ("mnist-cnn", "empty", "no-picture", "empty"),
        ("mnist-cnn", "notes.txt", "unreadable-picture", "notes.txt"),
        ("mnist-cnn --trial 9", "3.png", "no-such-trial", "trial 9"),
        ("out --trial 0", "3.png", "trial-of-no-study", "leave `--trial` out"),
    ],
)
def test_bad_input_to_predict_is_named(
    model: str, picture: str, code: str, said: str, pictures: Path, predict: Predict
) -> None:
    (pictures / "empty").mkdir(exist_ok=True)
    found, out, err = predict(*model.split(), pictures / picture)
    assert (found, out) == (2, "")
    assert f"error[{code}]" in err and said in err


def test_every_picture_that_is_none_is_named(
    tmp_path: Path, pictures: Path, predict: Predict
) -> None:
    broken = tmp_path / "broken"
    broken.mkdir()
    for name in ("a.png", "b.png"):
        (broken / name).write_bytes(b"none")
    shutil.copy(pictures / "3.png", broken)
    code, _, err = predict("out/model.onnx", broken)
    assert code == 2 and err.count("error[unreadable-picture]") == 2


def test_a_missing_extra_is_named_before_anything_is_written(searched: Path) -> None:
    code = (
        "import sys; sys.modules['onnxruntime'] = None\n"
        "from hpsearch.cli.app import main\n"
        "main(['export', 'mnist-cnn', '--format', 'onnx', '--output', 'without'])"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=searched, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "error[missing-extra]" in done.stderr and "hpsearch[onnx]" in done.stderr
    assert not (searched / "without").exists()


def test_predict_makes_no_store_where_there_is_none(
    tmp_path: Path, pictures: Path, in_process: Command
) -> None:
    refused = in_process(tmp_path, "predict", "models:/a@b", pictures / "3.png", code=2)
    assert "error[no-model]" in refused.stderr and "sqlite:///mlflow.db" in refused.stderr
    assert list(tmp_path.iterdir()) == []


# ---- MLflow --------------------------------------------------------------------------------------


def test_the_champion_loads_as_a_function_of_python(
    searched: Path, export: Path, images: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{searched / 'mlflow.db'}")
    monkeypatch.chdir(searched)
    model = mlflow.pyfunc.load_model("models:/mnist-cnn@champion")
    outputs = model.predict(images[:, None].astype(np.float32) / 255)
    np.testing.assert_allclose(outputs, probabilities(export, images), atol=1e-5)


@pytest.fixture
def served(searched: Path) -> Iterator[str]:
    """Serve the champion on a free port; yield its address."""
    port = free_port()
    command = [
        *(sys.executable, "-m", "mlflow", "models", "serve", "--env-manager", "local"),
        *("-m", "models:/mnist-cnn@champion", "--host", "127.0.0.1", "--port", str(port)),
    ]
    environment = {
        **os.environ,
        "MLFLOW_TRACKING_URI": f"sqlite:///{searched / 'mlflow.db'}",
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "MLFLOW_DISABLE_TELEMETRY": "true",
    }
    with (searched / "serve.log").open("wb") as log:
        server = subprocess.Popen(
            command, cwd=searched, env=environment, stdout=log, stderr=log, start_new_session=True
        )
    try:
        address = f"http://127.0.0.1:{port}"
        _wait(server, f"{address}/ping", searched / "serve.log")
        yield address
    finally:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()


def _wait(server: subprocess.Popen[bytes], address: str, log: Path) -> None:
    while server.poll() is None:  # the test's own time limit ends it
        try:
            urllib.request.urlopen(address, timeout=5).close()
            return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.3)
    raise AssertionError(log.read_text()[-3000:])


def test_mlflow_serves_the_champion(served: str, export: Path, images: Any) -> None:
    inputs = images[:, None].astype(np.float32) / 255
    request = urllib.request.Request(
        f"{served}/invocations",
        json.dumps({"inputs": inputs.tolist()}).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        outputs = np.asarray(json.load(answer)["predictions"])
    np.testing.assert_allclose(outputs, probabilities(export, images), atol=1e-5)
