"""What of the experiment's folder is sent to a cluster, and what is refused before."""

import os
from collections.abc import Mapping
from pathlib import Path
from zipfile import ZipFile

import pytest

from hpsearch.common.errors import UserError
from hpsearch.experiment import Experiment
from hpsearch.usecases import Source, validate
from hpsearch.workers.upload.archive import write_archive
from hpsearch.workers.upload.checks import RAYS_LIMIT
from hpsearch.workers.upload.upload import LARGEST_FILE, Upload

TRAIN = "def train(params, trial):\n    return {'loss': params['x']}\n"


def write(root: Path, files: Mapping[str, str]) -> Path:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


def sized(file: Path, amount: int) -> None:
    """Make a file of so many bytes that takes no room."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch()
    os.truncate(file, amount)


def on_cluster(**resources: object) -> Experiment:
    given = {"ray_address": "127.0.0.1:6379", **resources}
    space = {"x": {"type": "float", "low": 0.0, "high": 1.0}}
    return Experiment(
        name="sample",
        trainable="work.py:train",
        objective="minimize loss",
        space=space,
        resources=given,
    )


def codes(experiment: Experiment, folder: Path) -> list[str]:
    try:
        validate(Source(experiment, None, folder))
    except UserError as refused:
        return [fault.code for fault in refused.faults]
    return []


def test_code_is_sent_and_what_others_made_is_not(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "work.py": TRAIN,
            "lab/model.py": "",
            "lab/__pycache__/model.pyc": "",
            ".git/HEAD": "",
            ".venv/pyvenv.cfg": "",
            "conda/conda-meta/history": "",
            "mlflow.db": "",
            "mlruns/0/meta.yaml": "",
            "out/cnn/study.json": "",
            "out/cnn/experiment.yaml": "",
        },
    )
    upload = Upload.of(tmp_path)
    assert [*upload.files] == ["lab/model.py", "work.py"]
    assert upload.left_out == {
        ".git": "git",
        ".venv": "virtual environment",
        "conda": "virtual environment",
        "mlflow.db": "MLflow",
        "mlruns": "MLflow",
        "out": "studies",
    }


def test_a_package_that_is_called_studies_is_sent(tmp_path: Path) -> None:
    write(tmp_path, {"studies/__init__.py": "", "studies/model.py": ""})
    assert len(Upload.of(tmp_path).files) == 2


@pytest.mark.parametrize(
    ("rules", "sent"),
    [
        ({".gitignore": "data/\n*.log\n"}, ["a/data.py"]),
        ({".gitignore": "/data\n"}, ["a/data.py", "a/run.log"]),
        ({".gitignore": "data\n", ".rayignore": "!data\n"}, ["a/data.py", "a/run.log", "data/x"]),
        ({".rayignore": "data\na\n"}, []),
        ({".gitignore": "*.log\ndata", "a/.gitignore": "!run.log"}, ["a/data.py", "a/run.log"]),
    ],
)
def test_ignore_files_count_as_for_git(
    rules: Mapping[str, str], sent: list[str], tmp_path: Path
) -> None:
    write(tmp_path, {**rules, "data/x": "", "a/data.py": "", "a/run.log": ""})
    upload = Upload.of(tmp_path)
    assert [name for name in upload.files if "ignore" not in name] == sent


def test_the_rules_of_the_repository_around_count_unless_they_name_the_folder_itself(
    tmp_path: Path,
) -> None:
    root = write(tmp_path / "repository", {".git": "", "lab/keep": "", "lab/data": "", "b/x": ""})
    write(root, {".gitignore": "data\n/b\n"})
    write(tmp_path, {".gitignore": "keep\n"})  # outside the repository
    assert [*Upload.of(root / "lab").files] == ["keep"]
    assert [*Upload.of(root / "b").files] == ["x"]


def test_a_large_file_is_sent_only_if_a_rule_names_it(tmp_path: Path) -> None:
    for name in ("data/big", "data/named"):
        sized(tmp_path / name, LARGEST_FILE + 1)
    write(tmp_path, {".rayignore": "!data/named"})
    upload = Upload.of(tmp_path)
    assert "data/named" in upload.files
    assert upload.left_out == {"data/big": "100.0 MB, above 100.0 MB"}


def test_links_in_a_circle_to_nothing_and_to_files_elsewhere(tmp_path: Path) -> None:
    elsewhere = write(tmp_path / "elsewhere", {"data/x": "1"})
    root = write(tmp_path / "root", {"a/b": ""})
    (root / "a/up").symlink_to(root)
    (root / "nothing").symlink_to("nowhere")
    (root / "data").symlink_to(elsewhere / "data")
    os.mkfifo(root / "pipe")
    assert [*Upload.of(root).files] == ["a/b", "data/x"]


def test_the_archive_has_what_is_sent_and_the_same_content_gives_the_same_bytes(
    tmp_path: Path,
) -> None:
    root = write(tmp_path / "root", {"work.py": TRAIN, "tool": "x", "empty/x": "", ".venv": ""})
    (root / "tool").chmod(0o755)
    (root / "empty/x").unlink()
    upload = Upload.of(root)
    write_archive(upload, tmp_path / "first.zip")
    os.utime(root / "work.py", (1e9, 1e9))
    write_archive(Upload.of(root), tmp_path / "second.zip")
    first = (tmp_path / "first.zip").read_bytes()
    assert first == (tmp_path / "second.zip").read_bytes()
    assert len(first) <= upload.size
    with ZipFile(tmp_path / "first.zip") as archive:
        assert {*archive.namelist()} == {".venv", "empty/", "tool", "work.py"}
        assert archive.getinfo("tool").external_attr >> 16 & 0o777 == 0o755


def test_what_is_sent_and_what_is_not_is_in_the_plan(tmp_path: Path) -> None:
    write(tmp_path, {"work.py": TRAIN, ".gitignore": "data", "data/x": ""})
    sent = validate(Source(on_cluster(), None, tmp_path)).sent
    assert sent is not None
    assert sent.startswith(f"the cluster gets 2 files of {tmp_path} (")
    assert sent.endswith("; not sent: data (.gitignore)")


def test_above_rays_limit_it_is_refused_with_the_largest_named(tmp_path: Path) -> None:
    write(tmp_path, {"work.py": TRAIN})
    for number in range(6):
        sized(tmp_path / "data" / f"part-{number}", RAYS_LIMIT // 6)
    with pytest.raises(UserError, match=r"upload-too-large(.|\n)*data \(536.9 MB\)"):
        validate(Source(on_cluster(), None, tmp_path))
    write(tmp_path, {".rayignore": "data"})
    assert codes(on_cluster(), tmp_path) == []


def test_a_trainable_that_would_not_be_sent_is_refused(tmp_path: Path) -> None:
    write(tmp_path, {"work.py": TRAIN, ".gitignore": "*.py"})
    assert codes(on_cluster(), tmp_path) == ["code-not-sent"]
    assert codes(on_cluster(ray_address=None), tmp_path) == []


def test_what_is_sent_may_be_a_folder_above_the_experiment(tmp_path: Path) -> None:
    experiment = on_cluster(runtime_env={"working_dir": ".."})
    write(tmp_path, {"lab/work.py": "from common import train as train\n", "common.py": TRAIN})
    outside = experiment.model_copy(update={"trainable": "../common.py:train"})
    assert codes(outside, tmp_path / "lab") == []
    assert codes(outside.model_copy(update={"resources": on_cluster().resources}), tmp_path / "lab")
    sent = validate(Source(outside, None, tmp_path / "lab")).sent
    assert sent is not None and f"2 files of {tmp_path}" in sent


@pytest.mark.parametrize(
    ("runtime_env", "code"),
    [
        ({"working_dir": "missing"}, "working-dir"),
        ({"working_dir": "work.py"}, "working-dir"),
        ({"working_dir": "below"}, "working-dir"),
        ({"working_dir": "ftp://host/code.zip"}, "bad-value"),
        ({"working_dir": "s3://bucket/code"}, "bad-value"),
        ({"pip": "numpy"}, "wrong-value"),
        ({"pip": [" "]}, "bad-value"),
        ({"env_vars": {"THREADS": 4}}, "wrong-value"),
        ({"env_vars": {"A=B": "4"}}, "bad-value"),
        ({"conda": "base"}, "unknown-key"),
    ],
)
def test_a_bad_runtime_env_is_refused(
    runtime_env: Mapping[str, object], code: str, tmp_path: Path
) -> None:
    write(tmp_path, {"work.py": TRAIN, "below/x": ""})
    try:
        found = codes(on_cluster(runtime_env=runtime_env), tmp_path)
    except UserError as refused:
        found = [fault.code for fault in refused.faults]
    assert found == [code]


def test_an_address_is_passed_on_and_nothing_is_sent(tmp_path: Path) -> None:
    write(tmp_path, {"work.py": TRAIN})
    for address in ("s3://bucket/code.zip", "local:///shared/code"):
        experiment = on_cluster(runtime_env={"working_dir": address})
        plan = validate(Source(experiment, None, tmp_path))
        assert plan.sent == f"the cluster gets {address}"


def test_on_this_machine_a_runtime_env_is_said_to_be_of_no_use(tmp_path: Path) -> None:
    write(tmp_path, {"work.py": TRAIN})
    experiment = on_cluster(ray_address=None, runtime_env={"pip": ["numpy"]})
    (notice,) = validate(Source(experiment, None, tmp_path)).notices
    assert "runtime_env" in notice


def test_the_secrets_of_the_environment_are_hidden() -> None:
    experiment = on_cluster(runtime_env={"env_vars": {"WANDB_API_KEY": "abcdefgh", "A": "b"}})
    shown = experiment.shown()["resources"]["runtime_env"]["env_vars"]
    assert shown["A"] == "b" and "abcdefgh" not in str(shown)
    assert "abcdefgh" not in experiment.privacy.clean("failed with abcdefgh")
