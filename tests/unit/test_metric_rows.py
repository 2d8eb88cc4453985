"""Metrics are found however a program writes them: in colours, nested, tables, documents."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from hpsearch.trainable.command.lines import Lines
from hpsearch.trainable.command.metrics import Row, reader_of

WANTED = [Row(1, {"loss": 0.5}), Row(2, {"loss": 0.25})]


def read(kind: str, value: str, printed: bytes) -> Sequence[Any]:
    lines = Lines(is_error=False)
    reader = reader_of(kind, value, Path())
    return [*reader.rows([*lines.take(printed), *lines.finish()], ended=True)]


@pytest.mark.parametrize(
    ("kind", "line"),
    [
        ("pattern", "\x1b[32mepoch 1\x1b[0m loss=\x1b[1m0.5\x1b[0m\n"),
        ("pattern", "\x1b]0;a title\x07epoch 1 loss=0.5\x1b[K\r"),
        ("json", '\x1b[1m{"step": 1, "loss": 0.5}\x1b[0m\n'),
    ],
)
def test_colours_are_no_part_of_a_line(kind: str, line: str) -> None:
    pattern = r"epoch (?P<step>\d+) loss=(?P<loss>\S+)"
    assert read(kind, pattern, line.encode()) == WANTED[:1]


@pytest.mark.parametrize(
    ("line", "row"),
    [
        ({"step": 1, "val": {"loss": 0.5, "top": {"5": 1}}}, {"val.loss": 0.5, "val.top.5": 1}),
        ({"step": "1", "loss": 0.5, "name": "3"}, {"loss": 0.5}),
        ({"step": 1, "loss": 0.5, "confusion": [[1, 2]], "ok": True}, {"loss": 0.5}),
    ],
    ids=["objects in objects", "a step that is a text", "what is no number"],
)
def test_the_numbers_of_an_object_are_its_metrics(line: Any, row: dict[str, float]) -> None:
    assert read("json", "", json.dumps(line).encode()) == [Row(1, row)]


@pytest.mark.parametrize(
    ("name", "header", "line"),
    [
        ("a.csv", "step,loss", "{},{}"),
        ("a.csv", "step;loss", "{};{}"),
        ("a.tsv", "step\tloss", "{}\t{}"),
        ("a.csv", "\ufeffstep, loss", "{}, {}"),
        ("a.CSV", '"step","loss"', '"{}","{}"'),
        ("a.csv", 'step,loss,"a;b;c;d"', "{},{},no"),
    ],
    ids=["commas", "semicolons", "tabs", "a mark of the encoding", "quotes", "others in quotes"],
)
def test_a_table_grows_whatever_separates_its_columns(
    tmp_path: Path, name: str, header: str, line: str
) -> None:
    reader = reader_of("file", name, tmp_path)
    text = f"{header}\n{line.format(1, 0.5)}\n"
    (tmp_path / name).write_text(text, encoding="utf-8")
    first = [*reader.rows([], ended=False)]
    (tmp_path / name).write_text(text + line.format(2, 0.25), encoding="utf-8")
    assert [*first, *reader.rows([], ended=True)] == WANTED


@pytest.mark.parametrize("indent", [None, 2])
def test_a_json_document_that_is_written_anew_is_read_each_time(
    tmp_path: Path, indent: int | None
) -> None:
    file = tmp_path / "metrics.json"
    rows = [{"step": 1, "loss": 0.5}, {"step": 2, "loss": 0.25}]
    reader = reader_of("file", file.name, tmp_path)
    file.write_text(json.dumps(rows[:1], indent=indent))
    first = [*reader.rows([], ended=False)]
    file.write_text(json.dumps(rows, indent=indent))
    assert [*first, *reader.rows([], ended=True)] == WANTED


def test_a_document_of_one_object_is_one_row(tmp_path: Path) -> None:
    reader = reader_of("file", "result.json", tmp_path)
    (tmp_path / "result.json").write_text('{\n  "loss": 0.5\n}')
    assert [*reader.rows([], ended=True)] == [Row(None, {"loss": 0.5})]


@pytest.mark.parametrize("indent", [None, 2])
def test_an_object_that_is_written_again_with_other_numbers_is_a_new_row(
    tmp_path: Path, indent: int | None
) -> None:
    file = tmp_path / "result.json"
    reader, found = reader_of("file", file.name, tmp_path), []
    for loss in (0.5, 0.5, 0.25, 0.125):
        file.write_text(json.dumps({"val": {"loss": loss}}, indent=indent))
        found += [row.metrics["val.loss"] for row in reader.rows([], ended=True)]
    assert found == [0.5, 0.25, 0.125]


def test_lines_that_are_written_anew_are_not_read_again(tmp_path: Path) -> None:
    file = tmp_path / "metrics.json"
    lines = [f'{{"loss": {loss}}}\n' for loss in (0.5, 0.25)]
    reader, found = reader_of("file", file.name, tmp_path), []
    for text in (lines[0], "".join(lines), lines[0], "".join(lines)):
        file.write_text(text)
        found += [*reader.rows([], ended=True)]
    assert [row.metrics["loss"] for row in found] == [0.5, 0.25]


def test_half_a_document_is_no_row_yet(tmp_path: Path) -> None:
    reader = reader_of("file", "metrics.json", tmp_path)
    (tmp_path / "metrics.json").write_text('[{"step": 1, "loss": 0.5}, {"st')
    assert [*reader.rows([], ended=False)] == []
