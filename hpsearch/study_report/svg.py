"""A picture as SVG for the page.

The palette's colours become the page's CSS variables, so one picture is readable on light and on
dark, and `<title>` elements describe what is under the pointer.
"""

import io
import xml.etree.ElementTree as ET
from collections.abc import Sequence

from hpsearch.common.text import printable
from hpsearch.study_report.canvas import PALETTE, Picture

_SVG, _XLINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"


def svg(picture: Picture) -> str:
    """Return the picture as SVG for an HTML page that has the palette's variables."""
    file = io.BytesIO()
    metadata = dict.fromkeys(("Creator", "Date", "Format", "Type"))
    picture.figure.savefig(file, format="svg", dpi=144, transparent=True, metadata=metadata)
    root = ET.fromstring(file.getvalue())  # noqa: S314 (matplotlib wrote it)
    for found in root.findall(f"{{{_SVG}}}metadata"):
        root.remove(found)
    for element in root.iter(f"{{{_SVG}}}g"):
        _add_tips(element, picture.tips.get(element.attrib.pop("id", ""), ()))
    root.attrib.update({"role": "img", "aria-label": printable(picture.title)})
    ET.register_namespace("", _SVG)
    ET.register_namespace("xlink", _XLINK)
    text = ET.tostring(root, encoding="unicode")
    for name, colour in PALETTE.items():
        text = text.replace(colour, f"var(--{name})")
    return text


def _add_tips(group: ET.Element, tips: Sequence[str]) -> None:
    drawn = (f"{{{_SVG}}}use", f"{{{_SVG}}}path")
    inside = [e for child in group for e in (child, *child) if e.tag in drawn]
    for element, text in zip(inside, tips, strict=False):
        ET.SubElement(element, f"{{{_SVG}}}title").text = printable(text)
