"""One search with secrets of every kind in it, and every command: nobody but the trial sees them.

The study's own folder holds what is needed to go on, for its owner alone (see SECURITY.md).
"""

import json
import shutil
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml

from hpsearch.cli.app import main

TRAINABLE = """\
import hashlib
import os
from dataclasses import dataclass

import torch
from safetensors.torch import save_file


@dataclass(frozen=True)
class Params:
    sort_key: str
    api_key: str
    note: str
    pin: int
    dsn: str
    cert: str


def train(params: Params, trial):
    torch.manual_seed(trial.seed)
    told = [params.api_key, params.note, params.dsn, params.cert, str(params.pin)]
    assert not any("*" in text for text in told), "a trial needs the real values"
    (trial.artifacts / "proof").write_text(hashlib.sha256(repr(told).encode()).hexdigest())
    if os.environ.get("TALK"):
        print(f"key={params.api_key} {params.note}", params.pin, params.dsn)
        print(params.cert)
        print("token", "ghp_0123456789abcdefghijABCDEFGHIJ012345", flush=True)
    if trial.number == 1:
        raise RuntimeError(f"401 for {told!r} {params.cert}")
    model = build_model(params)
    for step in range(1, 3):
        trial.report(
            step,
            {"value": step / (1 + len(params.sort_key))},
            checkpoint=lambda folder: save_file(model.state_dict(), folder / "model.safetensors"),
        )


def build_model(params):
    return torch.nn.Linear(4, 2)


def example_input():
    return torch.zeros(2, 4)


def evaluate(model, params, device):
    if "denied" in __import__("os").environ.get("EVALUATE", ""):
        raise ValueError(f"denied: {params.note} {params.api_key}")
    return {"value": 0.5}


def describe_data():
    return {"source": "https://me:hunter2hunter2@data.example/set", "api_key": "hunter3hunter3"}
"""

BODY = "MIIEvQIBADANBgkqhkiG9w0\nBAQEFAASCBKcwggSj"
PEM = f"-----BEGIN PRIVATE KEY-----\n{BODY}\n-----END PRIVATE KEY-----"
PARAMS = {
    "api_key": "plain words under a telling name",
    "note": "sk-live4f9aQ7z1kW2m",
    "pin": 73195,
    "dsn": "postgresql://me:s3cr3t-pw@db.example/x",
    "cert": PEM,
}
PLANTED = [
    "plain words under", "sk-live4f9a", "73195", "s3cr3t-pw", "MIIEvQIBADAN", "BAQEFAASCBKcw",
    "hunter2hunter2", "hunter3hunter3", "overridden-by-hand", "ghp_0123456789",
]  # fmt: skip
EXPERIMENT = {
    "name": "discreet",
    "trainable": "work.py:train",
    "objective": {"metric": "value", "direction": "maximize"},
    "params": PARAMS,
    "secrets": ["pin"],
    "space": {"sort_key": {"type": "categorical", "choices": ["by_name", "by_size"]}},
    "budget": {"trials": 3},
}
OVERRIDDEN = "params.api_key=overridden-by-hand"


class Outputs:
    """Runs commands and remembers all that they said."""

    def __init__(self, capfd: pytest.CaptureFixture[str]) -> None:
        self._capfd = capfd
        self.said: dict[str, str] = {}

    def __call__(self, *words: str, code: int = 0) -> str:
        with pytest.raises(SystemExit) as ended:
            main(list(words))
        out, err = self._capfd.readouterr()
        self.said[" ".join(words)] = out + err
        assert int(ended.value.code or 0) == code, out + err
        return out

    def unheard(self, *words: str) -> None:
        """Run a command whose trials show what they print as it comes."""
        self(*words)
        del self.said[" ".join(words)]

    def check(self) -> None:
        leaks = {
            (words, secret)
            for words, text in self.said.items()
            for secret in PLANTED
            if secret in text.replace(" ".join(words), "")
        }
        assert not leaks


@pytest.fixture
def call(
    empty_mlflow: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> Iterator[Outputs]:
    monkeypatch.chdir(tmp_path)
    shutil.copy(empty_mlflow, tmp_path)
    for name in ("HPSEARCH_STUDIES", "HPSEARCH_DEBUG", "MLFLOW_TRACKING_URI"):
        monkeypatch.delenv(name, raising=False)
    Path("work.py").write_text(TRAINABLE)
    Path("e.yaml").write_text(yaml.safe_dump(EXPERIMENT))
    yield Outputs(capfd)


def test_no_command_shows_a_secret_and_every_trial_gets_the_real_ones(
    call: Outputs, monkeypatch: pytest.MonkeyPatch
) -> None:
    for words in (["validate", "e.yaml"], ["validate", "e.yaml", "--json"]):
        call(*words, "--set", OVERRIDDEN)
    monkeypatch.setenv("TALK", "yes")
    call.unheard("run", "e.yaml", "--local", "--set", OVERRIDDEN, "--set", "budget.trials=2")
    monkeypatch.delenv("TALK")
    found = json.loads(call("run", "e.yaml", "--local", "--json", "--set", OVERRIDDEN))
    assert found["best"]["params"]["sort_key"] in ("by_name", "by_size")  # the answer
    for words in (["ls"], ["show", "discreet"], ["report", "discreet"], ["schema"]):
        call(*words, *(["--json"] if words[0] != "schema" else []))
        call(*words)
    for number in ("0", "1"):
        call("show", "discreet", "--trial", number)
        call("show", "discreet", "--trial", number, "--json")
        kept = json.loads(call("logs", "discreet", "--trial", number, "--json"))
        assert "***" in kept["lines"][0]["text"]
        call("logs", "discreet", "--trial", number)
        call("logs", "discreet", "--trial", number, "--follow")
    call("export", "discreet", "--output", "out")
    call("evaluate", "discreet")
    monkeypatch.setenv("EVALUATE", "denied")
    call("evaluate", "discreet", code=2)
    call("evaluate", "discreet", "--debug", code=2)
    monkeypatch.delenv("EVALUATE")
    call("confirm", "discreet", "--top", "1", "--seeds", "2", "--local", code=1)  # trial 1 fails
    call("rm", "discreet", code=2)  # nobody says yes
    call.check()
    _check_files()
    proofs = {path.read_text() for path in Path("studies").rglob("proof")}
    assert len(proofs) == 1  # the search, its resumption and the confirmation had the same values


def _check_files() -> None:
    """No file but the person's own and the study's experiments has a secret; those are private."""
    files = [
        path for path in Path().rglob("*") if path.is_file() and "__pycache__" not in str(path)
    ]
    leaks = {path for path in files for one in PLANTED if one.encode() in path.read_bytes()}
    private = {path for path in leaks if path.parts[0] == "studies"}
    assert leaks - private == {Path("e.yaml"), Path("work.py")}
    assert {path.name for path in private} == {"experiment.yaml"}
    assert {stat.S_IMODE(path.stat().st_mode) for path in private} == {0o600}
    for kept in ("experiment.yaml", "attempt-1.log"):
        assert any("***" in path.read_text() for path in Path("mlruns").rglob(kept))


def _set(section: str, key: str, value: object) -> Callable[[], None]:
    def change() -> None:
        changed = {**EXPERIMENT, section: {**EXPERIMENT.get(section, {}), key: value}}  # type: ignore[dict-item]
        Path("e.yaml").write_text(yaml.safe_dump(changed))

    return change


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (_set("params", "api_key", ["plain words under"]), ()),
        (_set("params", "api_key", {"x": "plain words under"}), ()),
        (_set("params", "pin", "73195"), ()),
        (_set("params", "sort_key", "x"), ()),
        (_set("tracking", "uri", ["postgresql://me:s3cr3t-pw@db/x"]), ()),
        (_set("sampler", "api_key", "sk-live4f9aQ7z1kW2m"), ()),
        (lambda: None, ("--set", "params.api_key.x=overridden-by-hand")),
        (lambda: None, ("--set", "params.pin=[73195]")),
    ],
)
def test_what_is_refused_is_refused_without_its_secret(
    call: Outputs, change: Callable[[], None], words: tuple[str, ...]
) -> None:
    change()
    for verb in (["validate", "e.yaml"], ["run", "e.yaml", "--local", "--debug"]):
        call(*verb, *words, code=2)
    call.check()


def test_a_changed_secret_is_noticed_and_not_shown(call: Outputs) -> None:
    call("run", "e.yaml", "--local", "--no-register", "--set", "budget.trials=2")
    call("run", "e.yaml", "--local", "--set", OVERRIDDEN, code=2)
    assert "`params.api_key` was *** and is ***" in "".join(call.said.values())
    call.check()


@pytest.mark.parametrize(
    ("uri", "code"),
    [("http://me:s3cr3t-pw@127.0.0.1:9/x", 0), ("nosuch://me:s3cr3t-pw@h", 2)],
)
def test_an_address_with_a_password_is_shown_without_it(call: Outputs, uri: str, code: int) -> None:
    words = ["e.yaml", "--set", f"tracking.uri={uri}"]
    call("validate", *words, "--json", code=code)
    call("run", *words, "--local", code=2)
    call("run", *words, "--local", "--debug", code=2)
    call.check()
