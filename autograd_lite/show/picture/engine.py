"""The program that lays a picture out: which one, where it is, and having it run.

Knows two programs, Graphviz's `dot` and `graphviz-pure`, and what each of them cannot do. The package `graphviz`
writes their command and runs it; which program, for how long, and what is said where it fails, is decided here. Must
not know graphs or tensors, nor what the DOT text it passes on means.
"""

from __future__ import annotations

import os
import shutil
import sys
import sysconfig
from importlib import metadata
from pathlib import Path

from autograd_lite.errors import EngineError

VARIABLE = "AUTOGRAD_LITE_DOT"
FORMATS = ("svg", "png", "pdf")
_PURE = "graphviz-pure"

# The fonts that graphviz-pure carries for its bitmaps lack these letters; the next best ones they have.
_BITMAP_LETTERS = str.maketrans({"⊙": "×", "∧": "^", "∨": "v", "∇": "∆"})


def _installed() -> str | None:
    """The `graphviz-pure` of this Python, also where its environment is not activated."""
    try:
        files = metadata.files(_PURE) or []
    except metadata.PackageNotFoundError:
        files = []
    for file in files:
        if Path(file).stem == _PURE and Path(file).suffix in ("", ".exe"):
            found = shutil.which(str(file.locate()))
            if found:
                return found
    for folder in (sysconfig.get_path("scripts"), os.path.dirname(sys.executable)):
        found = shutil.which(_PURE, path=folder)
        if found:
            return found
    return shutil.which(_PURE)


def find() -> str:
    """The path of the program: `$AUTOGRAD_LITE_DOT`, else `dot`, else the `graphviz-pure` of this Python.

    Raises `EngineError` when there is none, or when the variable names one that does not exist.

    >>> import os
    >>> from autograd_lite.show.picture import engine
    >>> os.path.isabs(engine.find())
    True
    """
    chosen = os.environ.get(VARIABLE)
    if chosen:
        found = shutil.which(chosen)
        if found is None:
            raise EngineError(f"{VARIABLE} is {chosen!r}, which is no program: set it to the path of dot, or unset it")
        return os.path.abspath(found)
    found = shutil.which("dot") or _installed()
    if found is None:
        raise EngineError(
            "no program that draws graphs was found: pip install graphviz-pure, or install Graphviz "
            f"(https://graphviz.org/download) so that dot is on the PATH, or set {VARIABLE} to the path of one"
        )
    return os.path.abspath(found)


def render(source: str, format: str, seconds: float | None = None) -> bytes:
    """What the program makes of DOT text, in one of `FORMATS`.

    Raises `EngineError` when there is no program, when it cannot write that format, when it fails, or
    when it takes more than `seconds`.

    >>> from autograd_lite.show.picture import engine
    >>> engine.render("digraph { a -> b }", "svg")[:5]
    b'<?xml'
    """
    program = find()
    pure = Path(program).stem == _PURE
    if pure and format == "pdf":
        raise EngineError(
            f"{program} writes svg and png but not pdf: save as .svg, or install Graphviz (https://graphviz.org/download)"
        )
    if pure and format == "png":
        source = source.translate(_BITMAP_LETTERS)
    return _run(program, format, source, seconds)


def _run(program: str, format: str, source: str, seconds: float | None) -> bytes:
    """What the package `graphviz` gets from the program, and its failures in our words."""
    from subprocess import TimeoutExpired

    from graphviz.backend import dot_command, execute

    # `graphviz.Source.pipe` knows neither another program than `dot` nor a limit; what it is made of knows both.
    _, *options = dot_command.command("dot", format)
    if format == "png":
        options.append("-Gdpi=192")
    try:
        done = execute.run_check(
            [program, *options], input=source.encode(), capture_output=True, quiet=True, timeout=seconds
        )
    except TimeoutExpired as error:
        raise EngineError(
            f"{program} was stopped after {seconds:g} seconds: the graph is too large to lay out in that time. Draw "
            "its modules as boxes, ag.draw(loss, depth=0), or a part of it (a tensor nearer to the inputs), step "
            "through it with ag.explain, which shows a large graph by its parts, or give it more time: "
            "ag.draw(loss).save('g.svg', timeout=600)"
        ) from error
    except execute.CalledProcessError as error:
        raise EngineError(f"{program} -T{format} failed (exit {error.returncode}): {_said(error.stderr)}") from error
    except (OSError, execute.ExecutableNotFound) as error:
        raise EngineError(f"{program} could not be run: {error}") from error
    if not done.stdout:
        raise EngineError(f"{program} -T{format} wrote nothing (exit 0): {_said(done.stderr)}")
    return bytes(done.stdout)


def _said(stderr: bytes) -> str:
    return stderr.decode(errors="replace").strip()[-500:] or "it said nothing"
