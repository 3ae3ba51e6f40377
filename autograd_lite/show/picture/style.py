"""How pictures look: every colour, font, border and distance, and the words of the legend.

A table, and the one place to change a look. Must not know what a graph is, nor how DOT text is put together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

TEXT, FAINT, GRADIENT = "#1F2933", "#6B7683", "#A4402F"

COLOURS = {  # of what stands on its own: fill, border
    "parameter": ("#FCF1DC", "#C8963E"),
    "state": ("#F5EFE6", "#A3917A"),
    "input": ("#E4EEF7", "#5C88B2"),
    "intermediate": ("#FFFFFF", "#B4BBC4"),
    "result": ("#E2F1E4", "#549A62"),
    "constant": ("#F2F3F5", "#F2F3F5"),
    "operation": ("#E9E6F3", "#8D83B5"),
    "reverse": ("#FBE0D5", "#B4472D"),
    "update": ("#FBE8BE", "#A97B26"),
}
PASSES = {"operation": "forward pass", "reverse": "reverse pass", "update": "update"}
"""The kinds of operations, and what the legend calls them where there are several."""
DASHED = ("reverse",)
"""The reverse pass is told apart by its border as well, for eyes and printers that see no colour."""

CLUSTERS = {  # of scopes: border, and the fill of each level
    "operation": ("#D3D8DE", ("#F8F9FB", "#F0F2F5", "#E8EBEF", "#E0E4E9")),
    "reverse": ("#E3B9AB", ("#FEF9F6", "#FBF2ED", "#F8EBE4", "#F5E4DB")),
}
BACK = "#CB8E7C"  # an edge of the reverse pass

ROUND = {True: "shape=circle, width=0.3, fixedsize=true", False: 'shape=ellipse, margin="0.03,0.01"'}
"""An operation: with a sign alone, and with more."""

HEAD = f"""\
digraph autograd {{
  graph [rankdir=TB, ranksep=0.26, nodesep=0.22, bgcolor=white, fontname=Helvetica, fontsize=10, fontcolor="{FAINT}"]
  node [fontname=Helvetica, fontsize=12, fontcolor="{TEXT}", penwidth=0.9, height=0.2, margin="0.1,0.05"]
  edge [color="#9AA4AF", penwidth=0.7, arrowsize=0.5]
"""


@dataclass(frozen=True, slots=True)
class Style:
    """What may differ from picture to picture: the size of letters, the look of boxes, the legend.

    `fonts` are points and colour by what a line says; `boxes` is by kind whether corners are round, and further
    attributes.
    """

    fonts: Mapping[str, tuple[int, str]]
    boxes: Mapping[str, tuple[bool, str]]
    legend: bool


PRINT = Style(
    fonts={
        "name": (13, TEXT), "fact": (9, FAINT), "small": (8, FAINT), "value": (9, TEXT), "gradient": (9, GRADIENT),
        "number": (10, TEXT), "glyph": (14, TEXT), "word": (11, TEXT),
    },
    boxes={
        "tensor": (True, ""), "plain": (True, ', penwidth=0.6, margin="0.06,0.02"'),
        "constant": (True, ', margin="0.06,0.02"'), "several": (True, ", peripheries=2"),
        "scope": (False, ", peripheries=2"), "stretch": (True, ', margin="0.15,0.08"'),
    },
    legend=True,
)  # fmt: skip
"""A picture of its own: on paper, in a file, in a notebook."""

# What is small in print is tiny on a screen, and a page has colours of its own.
SCREEN = replace(
    PRINT,
    fonts={what: (max(points, 10), colour) for what, (points, colour) in PRINT.fonts.items()},
    boxes={**PRINT.boxes, "scope": (True, ', margin="0.25,0.14"')},
    legend=False,
)
"""A picture in a page."""
