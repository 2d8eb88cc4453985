"""Exported files as models that run; what poses as one, and what would run something, refused."""

import hashlib
import io
import json
import pickle
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.torch
import torch
from torch import Tensor, nn

from hpsearch.common.errors import UserError
from hpsearch.models import RunnableModel, ServedModel, read_model
from hpsearch.models.files import MODEL_FILE, ModelFormat
from hpsearch.models.formats import write

RUNNABLE = ("model.pt2", "model.onnx", "model.torchscript")
IMAGES = np.random.default_rng(0).random((70, 1, 8, 8), dtype=np.float32)
Change = Callable[[str, bytes], bytes | None]


class Touch:
    """What a pickle may be: a call that leaves a file when it is loaded."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.file,)


class Varied(nn.Module):
    """What common layers leave in a graph: buffers, constants, sizes, slices, texts."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.GELU(approximate="tanh"),
            nn.AdaptiveAvgPool2d(4), nn.Flatten(), nn.LayerNorm(64), nn.Linear(64, 64),
        )  # fmt: skip
        self.last = nn.Linear(64, 10)

    def forward(self, images: Tensor) -> Tensor:
        tokens = self.layers(images).unflatten(1, (1, 4, 16))
        mixed = nn.functional.scaled_dot_product_attention(tokens, tokens, tokens)
        larger = nn.functional.interpolate(images, scale_factor=2, mode="bilinear")
        total = torch.einsum("bchw,bchw->b", larger, larger)[:, None]
        shifted: Tensor = self.last(mixed.flatten(1)) + torch.arange(10) / 10
        return (shifted + 0 * total).softmax(1)


@pytest.fixture(scope="module")
def served() -> ServedModel:
    torch.manual_seed(0)
    return ServedModel(Varied().eval(), torch.rand(2, 1, 8, 8))


@pytest.fixture(scope="module")
def folder(served: ServedModel, tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("export")
    weights = tmp_path_factory.mktemp("checkpoint") / MODEL_FILE
    safetensors.torch.save_file(served.module.state_dict(), weights)
    write(served, weights, tuple(ModelFormat), made)
    hashes = {file.name: {"sha256": sha256(file)} for file in made.iterdir()}
    manifest = {
        "input": {"shape": ["batch", 1, 8, 8]},
        "data": {"classes": list("abcdefghij")},
        "files": hashes,
    }
    (made / "manifest.json").write_text(json.dumps(manifest))
    return made


def sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def refusal(file: Path) -> str:
    with pytest.raises(UserError) as caught:
        read_model(file)
    return str(caught.value)


@pytest.mark.parametrize("name", RUNNABLE)
def test_every_export_runs_without_the_code_that_made_it(
    name: str, folder: Path, served: ServedModel
) -> None:
    model = read_model(folder / name)
    assert model.shape == (1, 8, 8)
    np.testing.assert_allclose(
        model.outputs(IMAGES), served.outputs(torch.from_numpy(IMAGES)).numpy(), atol=1e-5
    )


def test_classes_and_hash_are_those_of_the_manifest_beside(folder: Path, tmp_path: Path) -> None:
    export = Path(shutil.copytree(folder, tmp_path / "export"))
    assert read_model(export / "model.onnx").classes == tuple("abcdefghij")
    shutil.copy(export / "model.onnx", tmp_path)
    assert read_model(tmp_path / "model.onnx").classes == ()
    with (export / "model.onnx").open("ab") as file:
        file.write(b"more")
    assert "error[altered-model]" in refusal(export / "model.onnx")


def test_a_model_of_one_example_at_a_time_is_given_one_at_a_time() -> None:
    seen: list[int] = []

    def run(inputs: Any) -> Any:
        seen.append(len(inputs))
        return inputs

    assert len(RunnableModel(run, (1,), at_once=1).outputs(IMAGES[:3])) == 3
    assert seen == [1, 1, 1]


# ---- damaged, or of another kind -----------------------------------------------------------------


@pytest.mark.parametrize("name", RUNNABLE)
@pytest.mark.parametrize("share", [0, 0.3, 0.999])
def test_a_file_cut_short_is_refused(name: str, share: float, folder: Path, tmp_path: Path) -> None:
    data = (folder / name).read_bytes()
    cut = tmp_path / name
    cut.write_bytes(data[: int(len(data) * share)])
    assert "error[unreadable-model]" in refusal(cut)


@pytest.mark.parametrize("name", ["model.pt2", "model.torchscript"])
def test_a_changed_byte_of_an_archive_is_noticed(name: str, folder: Path, tmp_path: Path) -> None:
    data = bytearray((folder / name).read_bytes())
    with zipfile.ZipFile(folder / name) as archive:
        largest = max(archive.infolist(), key=lambda info: info.file_size)
    data[largest.header_offset + 300] ^= 1
    (tmp_path / name).write_bytes(data)
    assert "CRC" in refusal(tmp_path / name)


def test_another_kind_of_file_is_refused(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "model.onnx"
    other.write_text("digit,label\n" * 100)
    assert "error[unreadable-model]" in refusal(other)
    with zipfile.ZipFile(other, "w") as archive:
        archive.writestr("report/page.html", "<p>")
    assert "zip archive of something else" in refusal(other)
    assert "error[weights-alone]" in refusal(folder / MODEL_FILE)
    assert "error[unreadable-model]" in refusal(tmp_path)


# ---- what would run something --------------------------------------------------------------------


@pytest.mark.parametrize("save", [pickle.dumps, "torch", "old torch"], ids=str)
@pytest.mark.parametrize("name", RUNNABLE)
def test_a_pickle_posing_as_a_model_is_refused_and_not_run(
    save: Any, name: str, tmp_path: Path
) -> None:
    proof, file = tmp_path / "it was run", tmp_path / name
    if callable(save):
        file.write_bytes(save(Touch(proof)))
    else:
        torch.save(Touch(proof), file, _use_new_zipfile_serialization=save == "torch")
    assert "error[refused-model]" in refusal(file)
    assert not proof.exists()
    torch.load(file, weights_only=False) if not callable(save) else pickle.loads(file.read_bytes())
    assert proof.exists(), "the test's own pickle does nothing"


def rebuilt(file: Path, change: Change) -> bytes:
    """Return an archive with some of its files changed."""
    made = io.BytesIO()
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(made, "w") as new:
        for name in old.namelist():
            content = change(name, old.read(name))
            if content is not None:
                new.writestr(name, content)
    return made.getvalue()


def graph(change: Callable[[dict[str, Any]], None]) -> Change:
    def changed(name: str, content: bytes) -> bytes:
        if not name.endswith("models/model.json"):
            return content
        program = json.loads(content)
        change(program)
        return json.dumps(program).encode()

    return changed


def runs(proof: Path) -> str:
    return f"__import__('pathlib').Path({str(proof)!r}).touch()"


def in_a_size(proof: Path) -> Change:
    def change(program: dict[str, Any]) -> None:
        for value in program["graph_module"]["graph"]["tensor_values"].values():
            for size in value["sizes"]:
                if "as_expr" in size:
                    size["as_expr"]["expr_str"] = runs(proof)

    return graph(change)


def in_an_operator(proof: Path) -> Change:
    def change(program: dict[str, Any]) -> None:
        node = program["graph_module"]["graph"]["nodes"][0]
        node["target"] = "torch.os.system"
        command = {"as_string": f"touch '{proof}'"}
        node["inputs"] = [{"name": "command", "arg": command, "kind": 1}]

    return graph(change)


def in_a_pickled_weight(proof: Path) -> Change:
    pickled = io.BytesIO()
    torch.save(Touch(proof), pickled)

    def change(name: str, content: bytes) -> bytes:
        if name.endswith("weights/weight_0"):
            return pickled.getvalue()
        if name.endswith("model_weights_config.json"):
            return content.replace(b'"use_pickle": false', b'"use_pickle": true', 1)
        return content

    return change


@pytest.mark.parametrize("attack", [in_a_size, in_an_operator, in_a_pickled_weight])
def test_a_pt2_that_would_run_something_is_refused(
    attack: Callable[[Path], Change], folder: Path, tmp_path: Path
) -> None:
    proof, file = tmp_path / "it was run", tmp_path / "model.pt2"
    file.write_bytes(rebuilt(folder / "model.pt2", attack(proof)))
    assert "error[refused-model]" in refusal(file)
    assert not proof.exists()


def with_a_pickled_example(proof: Path) -> Change:
    pickled = io.BytesIO()
    torch.save(Touch(proof), pickled)
    return lambda name, content: pickled.getvalue() if "sample_inputs" in name else content


def with_a_guard(proof: Path) -> Change:
    return graph(lambda program: program.update(guards_code=[runs(proof)]))


@pytest.mark.parametrize("attack", [with_a_pickled_example, with_a_guard])
def test_what_a_pt2_needs_not_is_never_looked_at(
    attack: Callable[[Path], Change], folder: Path, tmp_path: Path
) -> None:
    proof, file = tmp_path / "it was run", tmp_path / "model.pt2"
    file.write_bytes(rebuilt(folder / "model.pt2", attack(proof)))
    assert read_model(file).outputs(IMAGES).shape == (70, 10)
    assert not proof.exists()


def test_torchscript_that_reaches_for_files_is_refused(folder: Path, tmp_path: Path) -> None:
    def change(name: str, content: bytes) -> bytes:
        return content.replace(b"torch.", b"torch.save(x); torch.", 1)

    file = tmp_path / "model.torchscript"
    file.write_bytes(rebuilt(folder / "model.torchscript", change))
    message = refusal(file)
    assert "error[refused-model]" in message and "more than arithmetic" in message


def test_an_archive_that_unfolds_without_end_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "model.pt2", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("model/models/model.json", b" " * 10_000_000)
    assert "unpacks to far more" in refusal(tmp_path / "model.pt2")
