"""The source answers only where importing the module would surely say the same."""

from pathlib import Path

import pytest

from hpsearch.common.errors import UserError
from hpsearch.trainable import read_signature
from hpsearch.trainable.conversion import convert
from tests.trainables import write

HEAD = """\
from dataclasses import dataclass, field
from pathlib import Path
import typing
from typing import Any, Literal, Optional

"""
PLAIN = "@dataclass(frozen=True)\nclass P:\n    x: int = 3\n\ndef train(p: P, trial): ...\n"


def knows(folder: Path, source: str, head: str = HEAD) -> bool:
    return read_signature(write(folder, source, imports=head), folder) is not None


@pytest.mark.parametrize(
    "source",
    [
        PLAIN,
        "from __future__ import annotations\nfrom dataclasses import dataclass\n" + PLAIN,
        "ROOT = Path(__file__).parent / 'data'\nNAMES = [f'{n}' for n in range(3)]\n" + PLAIN,
        PLAIN + "if typing.TYPE_CHECKING:\n    import nowhere\n",
        PLAIN + "if __name__ == '__main__':\n    main()\n",
        PLAIN + "class Net(typing.NamedTuple):\n    def forward(self): ...\n",
        "def train(p, trial): ...\n" + PLAIN,
        PLAIN.replace("...", "yield"),
    ],
)  # fmt: skip
def test_a_plain_module_is_read(tmp_path: Path, source: str) -> None:
    assert knows(tmp_path, source, "" if "__future__" in source else HEAD)


@pytest.mark.parametrize(
    "source",
    [
        "import nowhere\n" + PLAIN,
        "import os.nowhere\n" + PLAIN,
        "from os import nowhere\n" + PLAIN,
        "from os import *\n" + PLAIN,
        "try:\n    from . import neighbour\nexcept ImportError: pass\n" + PLAIN,
        "raise RuntimeError\n" + PLAIN,
        "DATA = open('missing').read()\n" + PLAIN,
        "import os\nKEY = os.environ['MISSING']\n" + PLAIN,
        "X = missing\n" + PLAIN,
        "X = 1 / 0\n" + PLAIN,
        PLAIN.replace("trial)", "trial: Trial)"),
        PLAIN.replace("trial)", "trial: 'Trial' | None)"),
        PLAIN.replace("trial)", "trial, more)"),
        PLAIN.replace("trial)", "trial, *, more)"),
        PLAIN.replace(", trial)", ")"),
        PLAIN.replace("def", "async def"),
        PLAIN.replace("def", "@typing.no_type_check\ndef"),
        PLAIN + "train = 3\n",
        PLAIN + "del train\n",
        PLAIN + "class P: ...\n",
        "if True:\n    " + PLAIN.replace("\n", "\n    "),
        PLAIN.replace("x: int = 3", "x: int = []"),
        PLAIN.replace("x: int = 3", "x: list = field(default=[])"),
        PLAIN.replace("x: int = 3", "x: int = 3\n    y: int"),
        PLAIN.replace("x: int = 3", "x: int = field(init=False)"),
        PLAIN.replace("x: int = 3", "x: typing.ClassVar[int] = 3"),
        PLAIN.replace("x: int = 3", "x: 'Missing' = 3"),
        PLAIN.replace("x: int = 3", "x: int = 3\n    def __init__(self): ..."),
        PLAIN.replace("frozen", "frozne"),
        PLAIN.replace("class P", "class P(object)"),
        PLAIN.replace("@dataclass(frozen=True)", "@typing.final"),
        "int = str\n" + PLAIN,
    ],
)
def test_of_anything_else_the_source_does_not_tell(tmp_path: Path, source: str) -> None:
    assert not knows(tmp_path, source)


@pytest.mark.parametrize(
    ("annotation", "value"),
    [
        ("float", 1.5),
        ("int | None", None),
        ("Optional[float]", 1.5),
        ("typing.Union[int, str]", "a"),
        ("Literal['a', -1] | None", -1),
        ("'Path | None'", Path("a")),
        ("Any", "a"),
    ],
)
def test_plain_annotations_are_known(tmp_path: Path, annotation: str, value: object) -> None:
    source = PLAIN.replace("x: int = 3", f"x: {annotation}")
    signature = read_signature(write(tmp_path, source, imports=HEAD), tmp_path)
    assert signature is not None and signature.fields is not None
    given = str(value) if isinstance(value, Path) else value
    assert convert(given, signature.fields["x"].hint) == value


@pytest.mark.parametrize(
    ("neighbour", "known"),
    [
        ("SIZE = 3\n", True),
        ("SIZES = 3\n", False),
        ("SIZE = 3\nraise RuntimeError\n", False),
        ("import nowhere\nSIZE = 3\n", False),
        ("SIZE = (\n", False),
        ("from uses_neighbour import P\nSIZE = 3\n", False),
    ],
)
def test_a_neighbour_must_be_plain_too(tmp_path: Path, neighbour: str, known: bool) -> None:
    (tmp_path / "some_neighbour.py").write_text(neighbour)
    file = tmp_path / "uses_neighbour.py"
    file.write_text(HEAD + "from some_neighbour import SIZE\n" + PLAIN)
    assert (read_signature("uses_neighbour.py:train", tmp_path) is not None) == known


def test_what_only_compiling_shows_is_broken_too(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="'return' outside function"):
        knows(tmp_path, "return\n" + PLAIN)
