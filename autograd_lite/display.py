"""Tables for a terminal and for a notebook, from rows of text: what every report and module is shown with.

Knows text, alignment and escaping. Must not know what is shown: no tensor, no array, no other module of the library.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from html import escape
from typing import TypeVar

T = TypeVar("T")

MOST_ROWS = 60
"""Rows beyond which only the first and the last of a long list are shown."""
_EDGE = 10


class Markup(str):
    """Text that is HTML already, and is put into a table as it is."""

    __slots__ = ()


def html(text: str) -> str:
    """The text as HTML: escaped, unless it is `Markup`.

    >>> from autograd_lite import display
    >>> display.html("a < b"), display.html(display.Markup("<b>"))
    ('a &lt; b', '<b>')
    """
    return str(text) if isinstance(text, Markup) else escape(text)


def shortened(rows: Sequence[T], gap: T, most: int = MOST_ROWS, edge: int = _EDGE) -> list[T]:
    """All rows, or where they are more than `most` the first and the last `edge` with `gap` between them.

    >>> from autograd_lite import display
    >>> display.shortened(["a", "b", "c", "d"], "…", most=3, edge=1)
    ['a', '…', 'd']
    """
    return list(rows) if len(rows) <= most else [*rows[:edge], gap, *rows[-edge:]]


def text_table(rows: Sequence[Sequence[str]]) -> str:
    """Rows of equal length as lines of text, every column as wide as its widest cell.

    >>> from autograd_lite import display
    >>> print(display.text_table([("name", "shape"), ("W1", "(30, 784)")]))
    name  shape
    W1    (30, 784)
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def html_table(rows: Sequence[Sequence[str]], caption: str = "", head: bool = True, left: Collection[int] = ()) -> str:
    """Rows as an HTML table that takes its colours from the page; the first is its head, unless `head` is false.

    Cells and the caption are escaped unless they are `Markup`. The columns in `left` are set to the
    left, since notebooks set cells to the right.

    >>> from autograd_lite import display
    >>> display.html_table([("name",), ("<W>",)])
    '<table><thead><tr><th>name</th></tr></thead><tbody><tr><td>&lt;W&gt;</td></tr></tbody></table>'
    """

    def line(row: Sequence[str], tag: str) -> str:
        styles = (' style="text-align:left"' if i in left else "" for i in range(len(row)))
        cells = (f"<{tag}{style}>{html(cell)}</{tag}>" for style, cell in zip(styles, row, strict=True))
        return f"<tr>{''.join(cells)}</tr>"

    title = f"<caption>{html(caption)}</caption>" if caption else ""
    top = f"<thead>{line(rows[0], 'th')}</thead>" if head else ""
    body = "".join(line(row, "td") for row in (rows[1:] if head else rows))
    return f"<table>{title}{top}<tbody>{body}</tbody></table>"
