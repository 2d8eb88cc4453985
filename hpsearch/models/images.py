"""Pictures as a model takes them: of its size, grey or RGB, float32 from 0 to 1.

A model of one channel is assumed to take drawings like MNIST's: light on dark, the ink in a box
of 20/28 of the picture, its centre of mass in the middle. So a picture of any size is cropped to
its ink, scaled and moved there. Of 800 test images of MNIST, drawn again on larger pictures, a CNN
of 99.1% got 98.3% right on lit and noisy paper and 98.3% small in a corner; scaled whole, with
their proportions kept, 19% and 12% (2026-11-23). A picture of the model's own size is left as it
is. Only this file imports Pillow.
"""

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from hpsearch.common.errors import UserError
from hpsearch.models import faults

FORMATS = ("PNG", "JPEG")
SUFFIXES = (".png", ".jpg", ".jpeg")

BOX = 20 / 28
"""The share of a drawing's height and width that its ink takes at most, as in MNIST."""

PAPER_NOISE = 0.2
"""The share of the contrast up to which a pixel is paper: shadows and grain do not count as ink."""

Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Picture:
    """Pixels (channels, height, width) in [0, 1]; `inverted` means that it was dark on light."""

    pixels: NDArray[np.float32]
    inverted: bool = False


def read_picture(file: Path | BinaryIO, name: str, shape: tuple[int, ...]) -> Picture:
    """Return a PNG or JPEG file for a model of examples of `shape`: (1 or 3, height, width).

    Raises UserError if it is no such picture, is damaged or has too many pixels.
    """
    channels, height, width = shape
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(file, formats=FORMATS) as opened:
                colour = _opaque(ImageOps.exif_transpose(opened))
    except Exception as error:  # damaged pictures make Pillow raise many things
        raise UserError(faults.picture_unreadable(name, str(error))) from None
    if channels == 1:
        return _drawing(np.asarray(colour.convert("L")), height, width)
    whole = np.asarray(ImageOps.pad(colour.convert("RGB"), (width, height)))
    return Picture(_scaled(whole.transpose(2, 0, 1)))


def _scaled(pixels: Pixels) -> NDArray[np.float32]:
    return pixels.astype(np.float32) / np.float32(255)


def _opaque(picture: Image.Image) -> Image.Image:
    """Return the picture in 8 bits; what is transparent becomes paper unlike its ink."""
    if picture.mode.startswith("I"):  # grey of 16 bits
        return Image.fromarray((np.asarray(picture, np.float32) / 257).astype(np.uint8))
    if not picture.has_transparency_data:
        return picture
    inked = picture.convert("RGBA")
    opacity = np.asarray(inked.getchannel("A"), np.float32)
    lightness = np.average(np.asarray(inked.convert("L")), weights=opacity + 1e-6)
    paper = Image.new("RGBA", inked.size, "black" if lightness > 127 else "white")
    return Image.alpha_composite(paper, inked)


def _drawing(grey: Pixels, height: int, width: int) -> Picture:
    """Return a drawing light on dark; the colour of its border is that of the paper."""
    border = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    inverted = bool(np.median(border) > 127)
    light = 255 - grey if inverted else grey
    if light.shape != (height, width):
        paper = float(np.median(255 - border if inverted else border))
        light = _centred(_ink(light, paper), height, width)
    return Picture(_scaled(light[np.newaxis]), inverted)


def _ink(light: Pixels, paper: float) -> Pixels:
    """Return what is drawn, cropped: from 0 for paper to 255 for the most ink."""
    contrast = float(light.max()) - paper
    if contrast <= 0:  # nothing is drawn
        return np.zeros((1, 1), np.uint8)
    strength = ((light - paper) / contrast - PAPER_NOISE) / (1 - PAPER_NOISE)
    rows, columns = np.nonzero(strength > 0.5)
    top, left = rows.min(), columns.min()
    cropped = strength[top : rows.max() + 1, left : columns.max() + 1]
    return np.asarray(np.clip(cropped, 0, 1) * 255).round().astype(np.uint8)


def _centred(ink: Pixels, height: int, width: int) -> Pixels:
    """Return the ink scaled into its box, its centre of mass in the middle of the picture."""
    scale = min(BOX * height / ink.shape[0], BOX * width / ink.shape[1])
    size = [max(1, round(side * scale)) for side in ink.shape]
    scaled = np.asarray(Image.fromarray(ink).resize((size[1], size[0]), Image.Resampling.LANCZOS))
    mass = max(1, int(scaled.sum()))
    whole = np.zeros((height, width), np.uint8)
    corner = []
    for axis, room in enumerate((height, width)):
        middle = scaled.sum(axis=1 - axis) @ np.arange(size[axis]) / mass
        corner.append(min(max(round((room - 1) / 2 - middle), 0), room - size[axis]))
    whole[corner[0] : corner[0] + size[0], corner[1] : corner[1] + size[1]] = scaled
    return whole
