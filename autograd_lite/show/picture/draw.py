"""The picture of a graph: `draw`, and what can be done with what it returns.

Knows how a picture is saved and shown in a notebook, and asks the reverse pass for the gradients it
writes on it. Must not know DOT or the program that lays it out, and never touches a tensor's `grad`.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from numbers import Real
from operator import index
from pathlib import Path
from typing import TYPE_CHECKING, Any, final

import numpy

from autograd_lite import backend, files
from autograd_lite.diagnosis import describe
from autograd_lite.engine.graph import refuse_released
from autograd_lite.engine.reverse import sweep
from autograd_lite.engine.tensor import Tensor
from autograd_lite.errors import ArgumentError, EngineError, FileError, GraphError
from autograd_lite.show.picture.dot import dot
from autograd_lite.show.picture.engine import FORMATS, render
from autograd_lite.show.picture.items import Drawing, drawing
from autograd_lite.show.picture.labels import Labels

if TYPE_CHECKING:
    import graphviz

_SECONDS, _SECONDS_IN_NOTEBOOK = 60.0, 20.0
"""How long the layout of a picture may take that is asked for, and of one that a notebook shows by itself."""
_NO_LIMIT = 1e6  # seconds, more than the clock of a subprocess takes everywhere


def draw(
    tensor: Tensor | Sequence[Tensor], grads: bool = False, values: bool = False, depth: int | None = None
) -> Picture:
    """The picture of the graph that a tensor, or a list of them, was computed from.

    Tensors are boxes with name, shape and dtype, operations are round; parameters, inputs and results
    have a colour each; scopes are clusters. `values` writes the values on the tensors, `grads` the
    gradients of the drawn scalar with respect to each: all of a small array, the range of a large
    one. They are computed for the picture; nobody's `grad` changes. What `ag.grad(…, create_graph=True)`
    returns is drawn like any graph, the reverse pass in a colour of its own and with dashed borders.

    `depth` makes large graphs small: every scope more than that many levels down is one box, which says what it
    hides. With 0 each outermost module is a box, with 1 each part of it, in the reverse pass and in updates as in the
    forward pass. Only scopes fold: what is computed outside all of them is drawn as it is.

    Raises `ArgumentError` for what is no tensor, no truth or no depth, and `GraphError` for a graph that has been
    released or, with `grads`, for anything but one scalar that requires a gradient.

    >>> import autograd_lite as ag
    >>> from autograd_lite.show.picture.draw import draw
    >>> x = ag.tensor(3.0, requires_grad=True, name="x")
    >>> draw(x * x, grads=True)
    Picture of 2 tensors and 1 operation: .svg() is its SVG text, .save("g.svg") writes it
    >>> x.grad is None
    True
    >>> draw(nn.quadratic_cost(nn.MLP([4, 3, 2])(np.ones(4)), np.zeros(2)), depth=0)
    Picture of 18 tensors and 12 operations, 2 scopes as boxes: .svg() is its SVG text, .save("g.svg") writes it
    """
    depth = _levels(depth, "draw()")
    _refuse_no_truth(grads=grads, values=values)
    roots = _roots(tensor)
    refuse_released("draw()", *roots)
    found = _gradients(roots) if grads else None
    drawn = drawing(roots, depth=depth)
    return _picture(drawn, Labels(drawn.named, found, str(roots[0].name or ""), values))


def outlined(recorded: Any, depth: int | None) -> Picture:
    """The picture of a compiled function, of which only an outline is kept: `roots`, `updates` and `states`."""
    drawn = drawing(recorded.roots, recorded.updates, recorded.states, _levels(depth, "step.draw()"))
    return _picture(drawn, Labels(drawn.named))


def _picture(drawn: Drawing, labels: Labels) -> Picture:
    return Picture(dot(drawn, labels), drawn.tensors, drawn.operations, drawn.boxes)


def _roots(tensor: Any) -> list[Tensor]:
    roots: list[Any] = list(tensor) if isinstance(tensor, list | tuple) else [tensor]
    if not roots:
        raise ArgumentError("draw(): the list of tensors is empty: give a tensor or a list of at least one")
    for i, root in enumerate(roots):
        if type(root) is not Tensor:
            place = f"item {i} of the list" if isinstance(tensor, list | tuple) else "the argument"
            remedy = "draw what it gives, as in draw(model(x))" if callable(root) else "draw(loss) or draw([u, v])"
            raise ArgumentError(f"draw(): {place} is {type(root).__name__}, not a tensor: {remedy}")
    return roots


def _refuse_no_truth(**given: Any) -> None:
    for name, value in given.items():
        if not isinstance(value, bool | numpy.bool_):
            raise ArgumentError(
                f"draw(): {name} is {value!r:.60}, not True or False; "
                "a picture is written with draw(loss).save('g.svg')"
            )


def _levels(depth: Any, caller: str) -> int | None:
    if depth is None:
        return None
    try:
        levels = -1 if isinstance(depth, bool) else index(depth)
    except TypeError:
        levels = -1
    if levels < 0:
        raise ArgumentError(
            f"{caller}: depth is {depth!r}, not a whole number of levels: 0 for a box for each outermost scope, 1 for "
            "one for each scope inside it, None for every operation"
        )
    return levels


def _gradients(roots: Sequence[Tensor]) -> dict[Tensor, Any]:
    if len(roots) > 1:
        raise GraphError(
            f"draw(grads=True): gradients are those of one scalar, but {len(roots)} tensors were given: "
            "draw one of them, or leave grads out"
        )
    root = roots[0]
    if not root.requires_grad:
        raise GraphError(
            f"draw(grads=True): {describe(root, 'the tensor')} does not require a gradient: nothing it was computed "
            "from does, or it was computed under no_grad(); leave grads out"
        )
    if root.shape != ():
        raise GraphError(
            f"draw(grads=True): {describe(root, 'the tensor')} is not a scalar, so there is no one gradient to write: "
            "reduce it first, as in draw(output.sum(), grads=True), or leave grads out"
        )
    return sweep(root, backend.namespace(root.data).ones_like(root.data))


@final
@dataclass(frozen=True, slots=True, repr=False)
class Picture:
    """A drawn graph. `source` is its DOT text, the same bytes in every run; notebooks show it as SVG.

    `tensors` and `operations` are those of the graph, `boxes` is how many of its scopes are drawn as one box.

    >>> import autograd_lite as ag
    >>> from autograd_lite.show.picture.draw import draw
    >>> draw(ag.tensor(1.0)).source.splitlines()[0]
    'digraph autograd {'
    """

    source: str = field(hash=False)
    tensors: int
    operations: int
    boxes: int = 0

    def __repr__(self) -> str:
        boxes = f", {self.boxes} scope{'s' * (self.boxes != 1)} as {'boxes' if self.boxes != 1 else 'a box'}"
        return (
            f"Picture of {self.tensors} tensor{'s' * (self.tensors != 1)} and {self.operations} "
            f"operation{'s' * (self.operations != 1)}{boxes if self.boxes else ''}: "
            '.svg() is its SVG text, .save("g.svg") writes it'
        )

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        bundle = {"text/plain": repr(self)}
        try:
            bundle["image/svg+xml"] = render(self.source, "svg", _SECONDS_IN_NOTEBOOK).decode()
        except EngineError as error:
            bundle["text/plain"] += f"\n{error}"
        return bundle

    @property
    def graphviz(self) -> graphviz.Source:
        """The picture as an object of the package `graphviz`, for whoever goes on with that.

        Its `render`, `pipe`, `view` and `unflatten` are that package's own: they run the program `dot` of Graphviz,
        know no time limit, and overwrite files as they go. Without `dot` use `svg` and `save`.

        >>> import autograd_lite as ag
        >>> from autograd_lite.show.picture.draw import draw
        >>> picture = draw(ag.tensor(1.0, name="x"))
        >>> type(picture.graphviz).__name__, picture.graphviz.source == picture.source
        ('Source', True)
        """
        import graphviz

        return graphviz.Source(self.source, filename="graph.gv", format="svg")

    def svg(self, timeout: float | None = _SECONDS) -> str:
        """The picture as SVG text.

        `timeout` is the number of seconds the layout may take, `None` for as long as it needs. Raises
        `EngineError` when no program can lay it out, or not in that time; the DOT text is then in the
        file that the message names.

        >>> import autograd_lite as ag
        >>> from autograd_lite.show.picture.draw import draw
        >>> "</svg>" in draw(ag.tensor(1.0)).svg()
        True
        """
        try:
            return render(self.source, "svg", _seconds(timeout, "svg()")).decode()
        except EngineError as error:
            folder = tempfile.mkdtemp(prefix="autograd_lite-")
            raise _kept(error, self.source, Path(folder, "graph.gv")) from error

    def save(self, path: str | os.PathLike[str], timeout: float | None = _SECONDS) -> Path:
        """Write the picture to `path`, whose suffix says how: .svg, .png, .pdf, or .gv for the DOT text.

        The file is complete or, when anything fails, as it was before. `timeout` is the number of seconds
        the layout may take, `None` for as long as it needs. Returns the path. Raises `ArgumentError` for
        another suffix, `FileError` for a path that cannot be written, and `EngineError` when no program
        can make that format, or not in that time; the DOT text is then beside it, as .gv.

        >>> import autograd_lite as ag, tempfile
        >>> from autograd_lite.show.picture.draw import draw
        >>> draw(ag.tensor(1.0)).save(tempfile.mkdtemp() + "/g.svg").name
        'g.svg'
        """
        try:
            target = Path(path)
        except TypeError as error:
            raise ArgumentError(f"save(): the path is {type(path).__name__}, not a path: save('g.svg')") from error
        seconds = _seconds(timeout, "save()")
        format = target.suffix.lower().removeprefix(".")
        if format in ("gv", "dot"):
            files.write(target, self.source.encode())
            return target
        if format not in FORMATS:
            raise ArgumentError(
                f"save(): {str(target)!r} ends in {target.suffix or 'no suffix'!r}: a picture is saved as .svg, .png, "
                ".pdf or .gv, as in save('g.svg')"
            )
        files.writable(target)
        try:
            content = render(self.source, format, seconds)
        except EngineError as error:
            raise _kept(error, self.source, target.with_suffix(".gv")) from error
        files.write(target, content)
        return target


def _kept(error: EngineError, source: str, path: Path) -> EngineError:
    try:
        files.write(path, source.encode())
    except FileError as refused:
        return EngineError(f"{error}; nor could the graph itself be written as DOT text: {refused}")
    return EngineError(f"{error}; the graph itself was written as DOT text to {path.absolute()}")


def _seconds(timeout: Any, caller: str) -> float | None:
    if timeout is None:
        return None
    seconds = float(timeout) if isinstance(timeout, Real) and not isinstance(timeout, bool) else 0.0
    if not seconds > 0:
        raise ArgumentError(f"{caller}: timeout is {timeout!r}, not a number of seconds above 0, nor None for no limit")
    return seconds if seconds < _NO_LIMIT else None
