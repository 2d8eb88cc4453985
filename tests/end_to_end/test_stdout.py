"""One document on stdout with `--json`, whatever a trainable, its children and libraries print."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.timeout(2400)

NOISE = """\
import atexit, ctypes, os, subprocess, sys, warnings
print("on import")
ctypes.CDLL(None).printf(b"of C on import\\n")
atexit.register(lambda: os.write(1, b"at the exit\\n"))

def noise():
    print("of Python")
    os.write(1, b"of a descriptor\\n")
    ctypes.CDLL(None).printf(b"of C\\n")
    os.system("echo of a child")
    subprocess.Popen("sleep 0.5; echo too late", shell=True)
    warnings.warn("careful")
"""

TRAINABLE = """\
import torch
from safetensors.torch import save_file

def build_model(params):
    noise()
    return torch.nn.Linear(2, 2)

def example_input():
    noise()
    return torch.zeros(2, 2)

def evaluate(model, params, device):
    noise()
    return {"accuracy": 0.5}

def train(params, trial):
    noise()
    save = lambda folder: save_file(build_model(params).state_dict(), folder / "model.safetensors")
    for step in range(2):
        trial.report(step, {"value": params["x"] + step}, checkpoint=save)
"""

EXPERIMENT = {
    "name": "noisy",
    "trainable": "noisy.py:train",
    "objective": {"metric": "value", "direction": "maximize"},
    "space": {"x": {"type": "float", "low": 0.0, "high": 1.0}},
    "budget": {"trials": 2},
}


def command(folder: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    environment = {name: v for name, v in os.environ.items() if not name.startswith("HPSEARCH")}
    return subprocess.run(
        [sys.executable, "-m", "hpsearch", *words],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=400,
    )


@pytest.fixture(scope="module")
def noisy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a trainable that prints in every way, and a study of it."""
    folder = tmp_path_factory.mktemp("noisy")
    (folder / "noisy.py").write_text(NOISE + TRAINABLE)
    (folder / "noisy.yaml").write_text(json.dumps(EXPERIMENT))
    done = command(folder, "run", "noisy.yaml", "--local", "--json", "--verbose")
    assert done.returncode == 0, done.stderr
    (folder / "result.json").write_text(done.stdout)
    return folder


def test_run_prints_one_document_whatever_a_trainable_prints(noisy: Path) -> None:
    assert json.loads((noisy / "result.json").read_text())["counts"]["complete"] == 2


@pytest.mark.parametrize(
    "words",
    [
        ("evaluate", "noisy"),
        pytest.param(("export", "noisy"), marks=pytest.mark.slow),
        pytest.param(
            ("confirm", "noisy", "--local", "--top", "1", "--seeds", "2"), marks=pytest.mark.slow
        ),
        ("report", "noisy"),
        ("logs", "noisy"),
    ],
    ids=lambda words: str(words[0]),
)
def test_every_verb_prints_one_document(noisy: Path, words: tuple[str, ...]) -> None:
    done = command(noisy, *words, "--json")
    assert done.returncode == 0, done.stderr
    assert isinstance(json.loads(done.stdout), dict)


def test_without_json_stdout_has_what_was_asked_for_alone(noisy: Path) -> None:
    done = command(noisy, "evaluate", "noisy")
    assert "accuracy" in done.stdout and "of C" not in done.stdout
    assert "of C" in done.stderr and "of a child" in done.stderr


def test_quiet_shows_nothing_but_errors(noisy: Path) -> None:
    changed = ("run", "noisy.yaml", "--local", "-q", "--fresh", "--set")
    done = command(noisy, *changed, "name=quiet")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    done = command(noisy, *changed, "trainable=noisy.py:trian")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error[")


def test_what_a_trial_of_this_process_prints_is_seen_and_kept(noisy: Path) -> None:
    done = command(noisy, "run", "noisy.yaml", "--local", "--fresh", "--set", "name=seen")
    assert done.stderr.count("of a descriptor") >= 2
    kept = json.loads(command(noisy, "logs", "seen", "--json").stdout)
    texts = [line["text"] for line in kept["lines"]]
    assert {"of Python", "of a descriptor", "of C", "of a child"} <= set(texts)
