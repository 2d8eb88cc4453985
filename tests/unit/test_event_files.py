"""TensorBoard's event files, as other programs wrote them."""

import zlib
from base64 import b85decode
from pathlib import Path

import pytest

from hpsearch.trainable.command.metrics import Row
from hpsearch.trainable.command.metrics.event_files import EventFiles, event_rows

SIMPLE = (
    "c-oU-fPlsI-b$PYTe9Up9lYfz#hX-=n3<>NT9%quVr6u!)uUM&s!ob`o-"
    "n6$eGXWi0HYQk7Y`R}Sz=CUswe})0sBqfTAd0|rJ8S725_EkhAS2366E440U4~HlV4m6RL@}lJViAJ#pv>TQ"
    "1wixMmsn>;a<;$V)Su@QcR;8>|A_4FR_KHPw@QshO_)W+$jcJdR&5e`6a3PC8-"
    "r9@x`UNxrs%UPW&9~LM%c|9E?t^8L2rr`Cc4cY+NiLCGS~0Zvz0h<W$4"
)
"""By tensorboardX 2.6.5: `value` and `train/loss` at steps 1 and 2, and a text."""

TENSORS = (
    "c-"
    "r$|fPjCKJmzvf%_x`ubnup=6mL>dVrHJ6YguYuiIq{19+yr@YF=@EQBr<lQHox1X>M*}QKepaQD#YMkzOiDR"
    "eV}zPHH?vL_X?7t0C0fxy{WlIalOB%oSkNQsGkKVl7L|DNS|a;$ReF&|+a=IAHI^%f-pXUYwkmlUP)&z-"
    "V!<bv23sFY}-VFkv;o!2!(xg^G1Q0h@?J4g"
)
"""By tensorboard 2.21.0: `value` at steps 1 and 2, as tensors."""

VALUES = [Row(1, {"value": 1.5}), Row(2, {"value": 3.0})]


def written(text: str) -> bytes:
    return zlib.decompress(b85decode(text))


@pytest.mark.parametrize("text", [SIMPLE, TENSORS], ids=["simple values", "tensors"])
def test_each_scalar_is_a_metric_named_by_its_tag(tmp_path: Path, text: str) -> None:
    reader = EventFiles(tmp_path / "runs")
    assert [*reader.rows((), ended=False)] == []
    (tmp_path / "runs" / "version_0").mkdir(parents=True)
    (tmp_path / "runs" / "version_0" / "events.out.tfevents.1.host").write_bytes(written(text))
    found = [*reader.rows((), ended=False)]
    assert [row for row in found if "value" in row.metrics] == VALUES
    assert {name for row in found for name in row.metrics} <= {"value", "train/loss"}
    assert [*reader.rows((), ended=True)] == []


@pytest.mark.parametrize("text", [SIMPLE, TENSORS], ids=["simple values", "tensors"])
def test_a_file_is_read_as_it_grows_in_any_pieces(tmp_path: Path, text: str) -> None:
    reader, data = EventFiles(tmp_path), written(text)
    found: list[Row] = []
    for end in range(0, len(data) + 1, 7):
        (tmp_path / "tfevents").write_bytes(data[:end])
        found += reader.rows((), ended=False)
    (tmp_path / "tfevents").write_bytes(data)
    found += reader.rows((), ended=True)
    assert [row for row in found if "value" in row.metrics] == VALUES


def test_what_an_earlier_attempt_wrote_is_not_read_again(tmp_path: Path) -> None:
    (tmp_path / "tfevents").write_bytes(written(SIMPLE))
    assert [*EventFiles(tmp_path).rows((), ended=True)] == []


def test_bytes_that_are_no_event_are_no_metrics() -> None:
    data = written(SIMPLE)
    assert not [row for cut in range(60) for row in event_rows(data[cut : cut + 20])]
