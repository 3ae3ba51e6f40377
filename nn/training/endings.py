"""Files of learning curves and figures: the ending of a name says what is written.

Knows endings and paths. Must not know histories or how curves are drawn.
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import autograd_lite as ag
from autograd_lite import files

_BY_MATPLOTLIB = (".png", ".pdf")


def path_of(caller: str, path: Any, example: str) -> Path:
    """A path. Raises `ArgumentError`, in the caller's name, for what is none."""
    try:
        return Path(path)
    except TypeError as error:
        raise ag.ArgumentError(
            f"{caller}(): the path is {type(path).__name__}, not a path: {caller}({example!r})"
        ) from error


def save(path: str | os.PathLike[str], texts: Mapping[str, Callable[[], str]], drawing: Callable[[], Any]) -> Path:
    """Write what the ending of `path` asks for, whole or not at all: a text, or matplotlib's figure.

    Raises `ArgumentError` for another ending and where matplotlib is not installed, `FileError` for a path that cannot
    be written.
    """
    target = path_of("save", path, "learning.svg")
    ending = target.suffix.lower()
    svg = f"learning curves are saved as .svg, as in save({target.with_suffix('.svg').name!r})"
    if ending in texts:
        files.write(target, texts[ending]().encode())
    elif ending in _BY_MATPLOTLIB:
        files.writable(target)
        try:
            figure = drawing()
        except ag.ArgumentError as error:
            raise ag.ArgumentError(
                f"save(): {str(target)!r} would be drawn by matplotlib, which is not installed (pip install "
                f"matplotlib); without it {svg}"
            ) from error
        content = io.BytesIO()
        # A date would make two files of one picture differ.
        dated = {"Software": None} if ending == ".png" else {"CreationDate": None}
        figure.savefig(content, format=ending[1:], dpi=150, metadata=dated)
        files.write(target, content.getvalue())
    else:
        others = ", ".join(each for each in texts if each != ".svg")
        others = f", their figures as {others.replace(', ', ' or ')}," if others else ""
        raise ag.ArgumentError(
            f"save(): {str(target)!r} ends in {target.suffix or 'no suffix'!r}: {svg}{others} and as .png or .pdf "
            "where matplotlib is installed"
        )
    return target
