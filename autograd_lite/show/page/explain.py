"""A page that steps through a graph: asking for it, and the file it becomes.

The page is one HTML file that needs nothing else. What it says is gathered in `words`, `values`, `steps` and `graph`
beside this, and put together in `content`; how it looks and moves is in `page.html`, `page.css` and `page.js`, which
know nothing of Python.

Knows what a user may ask for. Must not know what stands on the page, and writes no tensor's `grad`.
"""

from __future__ import annotations

import html
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, final

import numpy

from autograd_lite import files
from autograd_lite.engine.tensor import Tensor
from autograd_lite.errors import ArgumentError
from autograd_lite.show.equations.derive import Names
from autograd_lite.show.page.content import page


def explain(loss: Tensor, path: str | os.PathLike[str] | None = None) -> Page:
    """A page that steps through the forward and the reverse pass of `loss`, node by node.

    `path` is the HTML file to write; without one the page is only returned, and a notebook shows it. The file is
    complete in itself: it opens from disk and asks no network for anything. It is written whole or not at all.

    Gradients are computed for the page; nobody's `grad` changes. What was computed in `with ag.debug():` is shown
    with the line of code that made it. A graph of more than 300 operations opens as an outline of its parts, and one of
    more than 3,000 is shown without formulas.

    Raises `GraphError` where `loss` is no scalar, a leaf, without a path to a tensor that requires a gradient, or its
    graph was released; `ArgumentError` where `loss` is no tensor or `path` no .html file; `FileError` where `path`
    cannot be written; `EngineError` where no program can lay the graph out.

    >>> import tempfile
    >>> from autograd_lite.show.page.explain import explain
    >>> w = ag.tensor(3.0, requires_grad=True, name="w")
    >>> explain(w * w, tempfile.mkdtemp() + "/page.html")
    Page of 3 steps: .save("page.html") writes it, .html is its text
    >>> w.grad is None
    True
    """
    target = None if path is None else _target(path, "explain()")
    names = Names(loss, "explain()")
    with numpy.errstate(all="ignore"):
        made = Page(*page(names))
    if target is not None:
        made.save(target)
    return made


@final
@dataclass(frozen=True, slots=True, repr=False)
class Page:
    """A page to step through. `html` is its text, the same bytes in every run; a notebook shows it in a frame."""

    html: str = field(hash=False)
    steps: int

    def __repr__(self) -> str:
        return f'Page of {self.steps} steps: .save("page.html") writes it, .html is its text'

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the page to `path`, whole or not at all, and return the path.

        Raises `ArgumentError` for a path that does not end in .html, and `FileError` for one that cannot be written.

        >>> import tempfile
        >>> from autograd_lite.show.page.explain import explain
        >>> w = ag.tensor(3.0, requires_grad=True)
        >>> explain(w * w).save(tempfile.mkdtemp() + "/page.html").name
        'page.html'
        """
        target = _target(path, "save()")
        files.write(target, self.html.encode())
        return target

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        frame = (
            f'<iframe title="Steps of backpropagation" sandbox="allow-scripts" srcdoc="{html.escape(self.html)}" '
            'style="box-sizing:border-box;width:100%;height:720px;border:1px solid #8884;border-radius:8px"></iframe>'
        )
        return {"text/plain": repr(self), "text/html": frame}


def _target(path: str | os.PathLike[str], caller: str) -> Path:
    """A path that looks as if it could be written, before anything is computed."""
    try:
        target = Path(path)
    except TypeError as error:
        raise ArgumentError(f'{caller}: the path is {type(path).__name__}, not a path: "page.html"') from error
    if target.suffix.lower() not in (".html", ".htm"):
        raise ArgumentError(f'{caller}: {str(target)!r} does not end in .html, as a page does: "page.html"')
    files.writable(target)
    return target
