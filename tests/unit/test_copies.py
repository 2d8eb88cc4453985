"""What a worker on a cluster says of what its machine lacks."""

from pathlib import Path

import pytest

from hpsearch.workers.upload.copies import Copy, text_of

HERE = Path.cwd()
COPY = Copy(Path("/driver/lab"), {"data/big.npy": "2.1 GB", "lib": ".gitignore"}, HERE, "10.0.0.2")
ABSENT = "FileNotFoundError: [Errno 2] No such file or directory: '{}'"


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (
            "ModuleNotFoundError: No module named 'sklearn.svm'",
            "node 10.0.0.2 lacks the package `sklearn`.",
        ),
        (
            "ModuleNotFoundError: No module named 'lib.model'",
            "lib was not sent to the cluster: .gitignore.",
        ),
        (ABSENT.format("data/big.npy"), "data/big.npy was not sent to the cluster: 2.1 GB."),
        (
            ABSENT.format(HERE / "lib" / "vocabulary"),
            "lib/vocabulary was not sent to the cluster: .gitignore.",
        ),
        (
            ABSENT.format("/driver/lab/data/big.npy"),
            "data/big.npy was not sent to the cluster: 2.1 GB.",
        ),
        (
            ABSENT.format("/driver/lab/small.csv"),
            "node 10.0.0.2 does not see /driver/lab/small.csv, which is on the driver's machine.",
        ),
        (
            ABSENT.format("../data/x"),
            "../data/x was not sent to the cluster: it is outside the folder that is sent.",
        ),
    ],
)
def test_what_is_not_there_is_told_from_a_mistake(text: str, what: str) -> None:
    fault = COPY.lack(f"Traceback\n{text}")
    assert fault is not None and fault.what == what


@pytest.mark.parametrize(
    "text",
    [
        ABSENT.format("data/other.npy"),
        ABSENT.format("/etc/nothing"),
        "ValueError: data/big.npy is bad",
        "",
    ],
)
def test_any_other_error_stays_as_it_is(text: str) -> None:
    assert COPY.lack(text) is None


def test_an_error_that_a_library_wraps_is_found() -> None:
    try:
        try:
            Path("data/big.npy").read_bytes()
        except OSError as error:
            raise RuntimeError("cannot read the data") from error
    except RuntimeError as error:
        fault = COPY.lack(text_of(error))
    assert fault is not None and fault.code == "file-not-sent"
