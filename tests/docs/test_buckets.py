"""The guide to buckets, as its reader types it, against an S3 server."""

from pathlib import Path

import pytest

from tests.docs.commands import split
from tests.docs.pages import blocks_of
from tests.docs.test_python import BUCKETS, run_python
from tests.docs.test_tutorial_end_to_end import run_command
from tests.s3 import s3_server


@pytest.mark.slow
@pytest.mark.timeout(1600)
def test_the_guide_to_buckets_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with s3_server() as server:
        for name, value in server.environment().items():
            monkeypatch.setenv(name, value)
        bash = [one for one in blocks_of(BUCKETS) if one.language == "bash"]
        said = [run_command(words, tmp_path) for one in bash for words in split(one.text)]
        assert "all 5 trials have run" in said[1] and "finished" in said[2]
        assert not (tmp_path / "studies").exists()
        assert "learning_rate" in run_python(BUCKETS, tmp_path)
