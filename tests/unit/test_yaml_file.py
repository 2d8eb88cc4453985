"""Values of YAML: read in the one way that everybody means, or refused."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpsearch.common.errors import UserError
from hpsearch.experiment import dump_yaml, read_value
from hpsearch.experiment.yaml_file import read_yaml


def value(text: str) -> Any:
    return read_value(text, ("x",))[0]


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("1e-4", 1e-4),
        ("1_000", 1000),
        ("0x10", 16),
        ("2024-01-01", "2024-01-01"),
        ("2001-12-14t21:59:43.10-05:00", "2001-12-14t21:59:43.10-05:00"),
        ("y", "y"),
        ("=", "="),
        ("true", True),
        ("~", None),
        ("", None),
        ("'off'", "off"),
        ('"010"', "010"),
        ("host:6379", "host:6379"),
        ("1.5", 1.5),
        (".inf", float("inf")),
        ("0", 0),
        ("[1, true, '1']", [1, True, "1"]),
    ],
)
def test_a_value_is_what_everybody_means(text: str, meant: object) -> None:
    assert repr(value(text)) == repr(meant)


@pytest.mark.parametrize(
    ("text", "others"),
    [
        ("off", "`false`"),
        ("No", "`false`"),
        ("YES", "`true`"),
        ("on", "`true`"),
        ("010", "`10`, `8`"),
        ("-07", "`-7`"),
        ("08", "`8`"),
        ("0o17", "`15`"),
        ("1:30", "`90`"),
        ("12:30:45.5", "`45045.5`"),
        ("[1, off]", "`x.1` is off"),
    ],
)
def test_what_is_read_differently_by_others_is_refused(text: str, others: str) -> None:
    with pytest.raises(UserError) as refused:
        value(text)
    assert "error[ambiguous-value]" in str(refused.value) and others in str(refused.value)


@pytest.mark.parametrize("text", ["1e999", "-1e400", "9" * 5000])
def test_a_number_beyond_every_float_is_refused(text: str) -> None:
    with pytest.raises(UserError, match="too-large-number"):
        value(text)


@pytest.mark.parametrize(
    "text", ["!ambiguous x", "!!timestamp 2024-01-01", "!!int x", "!!str 1", "[a]: 1", "{[a]: 1}"]
)
def test_tags_and_keys_that_are_no_texts_are_refused(text: str) -> None:
    with pytest.raises(UserError, match="malformed-yaml"):
        value(text)


def test_every_key_is_a_text(tmp_path: Path) -> None:
    file = tmp_path / "experiment.yaml"
    file.write_text("on: 1\n010: 2\nnull: 3\n1: {2024-01-01: 4}\n")
    data, lines = read_yaml(file)
    assert data == {"on": 1, "010": 2, "null": 3, "1": {"2024-01-01": 4}}
    assert lines[("1", "2024-01-01")] == 4


def test_every_ambiguous_value_of_a_file_is_said_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "experiment.yaml"
    file.write_text("space:\n  x: {log: yes}\n  y: {choices: [a, off]}\n")
    with pytest.raises(UserError) as refused:
        read_yaml(file)
    first, second = (str(fault) for fault in refused.value.faults)
    assert "experiment.yaml:2: `space.x.log` is yes" in first
    assert "experiment.yaml:3: `space.y.choices.1` is off" in second


@given(
    st.sampled_from(
        ["off", "010", "1e-4", "0o10", "1:30", "2024-01-01", "null", "1_0", "0x1", "<<"]
    )
    | st.text(max_size=8)
    | st.integers()
    | st.floats(allow_nan=False)
    | st.booleans()
    | st.none()
)
def test_what_is_written_is_read_as_the_same(one: object) -> None:
    if isinstance(one, str) and not one.isprintable():
        return
    assert repr(value(dump_yaml({"x": one}))) == repr({"x": one})
