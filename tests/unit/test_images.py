"""Pictures as people have them, read as a model takes them."""

import io
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageOps

from hpsearch.common.errors import UserError
from hpsearch.models.images import Picture, read_picture

GREY = (1, 28, 28)
DIGIT = np.zeros((28, 28), np.uint8)
DIGIT[4:24, 12:16] = 255
DIGIT[20:24, 8:20] = 200
"""A drawing like MNIST's: in a box of 20 by 20."""


def read(picture: Image.Image, shape: tuple[int, ...] = GREY, **how: Any) -> Picture:
    file = io.BytesIO()
    picture.save(file, **{"format": "PNG", **how})
    file.seek(0)
    return read_picture(file, "a picture", shape)


def centre(pixels: np.ndarray[Any, Any]) -> tuple[float, ...]:
    grid = np.indices(pixels.shape)
    return tuple(float((axis * pixels).sum() / pixels.sum()) for axis in grid)


@pytest.mark.parametrize("on_paper", [False, True], ids=["light on dark", "dark on white paper"])
def test_a_picture_of_the_models_size_is_taken_as_it_is(on_paper: bool) -> None:
    picture = Image.fromarray(DIGIT)
    found = read(ImageOps.invert(picture) if on_paper else picture)
    assert found.inverted is on_paper
    assert found.pixels.dtype == np.float32
    assert np.array_equal(found.pixels, DIGIT[np.newaxis].astype(np.float32) / 255)


def shadowed(drawing: Image.Image) -> Image.Image:
    """Return the drawing in grey ink on paper with a shadow and grain, as a camera sees it."""
    ink = np.asarray(drawing, np.float32) / 255
    paper = 170 + 70 * np.linspace(0, 1, ink.shape[1])[np.newaxis]
    grain = np.random.default_rng(0).normal(0, 6, ink.shape)
    seen = np.clip(paper * (1 - ink) + 60 * ink + grain, 0, 255)
    return Image.fromarray(seen.astype(np.uint8))


@pytest.mark.parametrize(
    "scene",
    [
        ImageOps.invert,
        lambda drawing: ImageOps.invert(ImageOps.expand(drawing, (300, 10, 20, 150))),
        lambda drawing: ImageOps.invert(drawing.crop(drawing.getbbox())),
        lambda drawing: shadowed(ImageOps.expand(drawing, 40)),
    ],
    ids=["large", "in a corner", "cropped to its ink", "a photo"],
)
def test_a_drawing_of_any_size_and_place_is_read_as_mnist_has_it(
    scene: Callable[[Image.Image], Image.Image],
) -> None:
    drawing = Image.fromarray(DIGIT).resize((280, 280))
    found = read(scene(drawing))
    assert found.inverted and found.pixels.shape == GREY
    ink = found.pixels[0] > 0.5
    rows, columns = np.flatnonzero(ink.any(1)), np.flatnonzero(ink.any(0))
    assert abs(len(rows) - 20) <= 1 and abs(len(columns) - 12) <= 1  # its proportions are kept
    assert centre(found.pixels[0]) == pytest.approx((13.5, 13.5), abs=0.6)
    assert found.pixels[0, 0].max() < 0.05


def test_a_blank_sheet_is_black() -> None:
    assert not read(Image.new("L", (300, 200), 250)).pixels.any()


@pytest.mark.parametrize("ink", ["black", "white"])
def test_ink_on_a_transparent_ground_stands_out(ink: str) -> None:
    drawing = Image.new("RGBA", (280, 280))
    drawing.paste(ink, (120, 40, 160, 240))
    found = read(drawing)
    assert found.inverted is (ink == "black")
    assert found.pixels[0, 13, 13] > 0.9 and not found.pixels[0, :, :6].any()


def test_a_picture_stands_as_the_camera_says() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turn it by 90 degrees, clockwise
    drawing = ImageOps.invert(Image.fromarray(DIGIT).resize((280, 280)))
    upright = read(drawing).pixels
    turned = read(drawing.rotate(90), format="JPEG", exif=exif, quality=95).pixels
    assert np.abs(upright - turned).max() < 0.3
    assert np.abs(upright - read(drawing.rotate(90)).pixels).max() > 0.9


def test_sixteen_bits_are_read_as_eight() -> None:
    deep = Image.fromarray(DIGIT.astype(np.uint16) * 257)
    assert np.array_equal(read(deep).pixels[0], DIGIT.astype(np.float32) / 255)


def test_a_palette_and_cmyk_are_colours_too() -> None:
    red = Image.new("RGB", (8, 8), "red")
    assert read(red.convert("P"), (3, 8, 8)).pixels[:, 4, 4] == pytest.approx([1, 0, 0])
    cmyk = read(red.convert("CMYK"), (3, 8, 8), format="JPEG", quality=95)
    assert cmyk.pixels[:, 4, 4] == pytest.approx([1, 0, 0], abs=0.05)


def test_a_colour_picture_keeps_its_proportions_and_is_never_inverted() -> None:
    found = read(Image.new("RGB", (200, 100), (255, 0, 51)), (3, 32, 32))
    assert found.pixels.shape == (3, 32, 32) and not found.inverted
    assert found.pixels[:, 16, 16] == pytest.approx([1, 0, 0.2])
    assert not found.pixels[:, :7].any() and not found.pixels[:, 25:].any()


def bomb() -> bytes:
    """Return a PNG of a few bytes that says it has 400 million pixels."""
    header = struct.pack(">IIBBBBB", 20_000, 20_000, 8, 0, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(b"")), (b"IEND", b"")]
    packed = (
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(packed)


def whole() -> bytes:
    file = io.BytesIO()
    Image.effect_noise((90, 90), 90).save(file, "PNG")
    return file.getvalue()


@pytest.mark.parametrize(
    "content",
    [b"", b"no picture", b"%PDF-1.7", whole()[:300], whole()[:3000], bomb()],
    ids=["empty", "text", "pdf", "cut in its header", "cut in its pixels", "bomb"],
)
def test_what_is_no_picture_is_refused_by_name(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "digit.png"
    file.write_bytes(content)
    with pytest.raises(UserError, match="unreadable-picture") as caught:
        read_picture(file, str(file), GREY)
    assert str(file) in str(caught.value)
