"""What can be wrong with what is sent to a cluster. A test renders each."""

from collections.abc import Iterable
from pathlib import Path

from hpsearch.common.errors import Fault
from hpsearch.common.text import size


def upload_too_large(root: Path, amount: int, limit: int, largest: Iterable[str]) -> Fault:
    return Fault(
        "upload-too-large",
        f"the folder {root} is too large to be sent to the cluster: {size(amount)}.",
        f"Ray takes {size(limit)} at most. The largest: {', '.join(largest)}.",
        "name what the trainable does not need in a .rayignore file there, which is written like "
        ".gitignore; put data on a disk or into a bucket that all machines reach.",
    )


def code_not_sent(path: Path, why: str) -> Fault:
    return Fault(
        "code-not-sent",
        f"{path} is not sent to the cluster, and the trainable needs it.",
        f"it is left out: {why}.",
        "write `!` and its path, from that file's folder, into a .rayignore file, as in "
        "`!data/train.csv`.",
    )


def working_dir_missing(working_dir: str, folder: Path) -> Fault:
    return Fault(
        "working-dir",
        f"`resources.runtime_env.working_dir` is {working_dir}, which is not a folder.",
        f"a path starts at the experiment's folder, {folder}.",
        "correct the path; or leave it out, and the experiment's folder is sent.",
    )


def working_dir_elsewhere(working_dir: str, folder: Path) -> Fault:
    return Fault(
        "working-dir",
        f"`resources.runtime_env.working_dir` is {working_dir}, which does not contain the "
        "experiment.",
        f"workers find the trainable from the copy of the experiment's folder, {folder}.",
        "name a folder above the experiment, such as `..`; or leave it out.",
    )


def package_missing(host: str, package: str, problem: str) -> Fault:
    return Fault(
        "package-missing",
        f"node {host} lacks the package `{package}`.",
        problem,
        "install it on every machine of the cluster, or name it in `resources.runtime_env.pip`, "
        "and Ray installs it; code of your own must be in the folder that is sent.",
    )


def file_not_sent(path: Path, why: str, problem: str) -> Fault:
    return Fault(
        "file-not-sent",
        f"{path} was not sent to the cluster: {why}.",
        problem,
        f"put it where all machines reach it; or write `!{path}` into .rayignore, and it is sent.",
    )


def file_of_driver(host: str, path: Path, problem: str) -> Fault:
    return Fault(
        "file-not-sent",
        f"node {host} does not see {path}, which is on the driver's machine.",
        problem,
        "use a path that is relative to the experiment's folder, whose copy is there.",
    )


def file_outside(path: Path, problem: str) -> Fault:
    return Fault(
        "file-not-sent",
        f"{path} was not sent to the cluster: it is outside the folder that is sent.",
        problem,
        "put it where all machines reach it, or set `resources.runtime_env.working_dir` to a "
        "folder above both.",
    )
