"""Names of a written program: Python identifiers close to the user's, each given once.

Knows what Python takes for one name. Must not know programs.
"""

from __future__ import annotations

import builtins
import keyword
import re
import unicodedata
from typing import Any


def live_name(key: Any) -> str:
    """What a number that changes is called, by its key: the attribute's name, also of a number computed from it."""
    named = [part for part in key[1:] if isinstance(part, str) and len(key) == 2]
    return named[0].strip("_") if named else next((live_name(p) for p in key[1:] if isinstance(p, tuple)), "number")


_RESERVED = {"np", "run", "step", *keyword.kwlist, *keyword.softkwlist, *dir(builtins)}


class Namer:
    """Gives out identifiers; all names of one text come from one of these, so that no two things share one."""

    def __init__(self, *taken: str) -> None:
        self._taken = set(taken)
        self._next: dict[str, int] = {}

    def __call__(self, name: str | None, fallback: str) -> str:
        """An identifier close to `name` that nobody has, and nobody else gets from now on."""
        base = _identifier(name or fallback, fallback)
        found, number = base, self._next.get(base, 2)
        while found in self._taken:
            found, number = f"{base}_{number}", number + 1
        self._next[base] = number
        self._taken.add(found)
        return found


def _identifier(name: str, fallback: str) -> str:
    """`name` as Python would read it: in Unicode's form NFKC, in which a bold W is W."""
    base = _as_read(name)
    if base in _RESERVED or not base.isidentifier():
        base = f"{fallback}_{base}"
    return base if base.isidentifier() else fallback


def _as_read(name: str) -> str:
    while True:
        read = re.sub(r"\W", "_", unicodedata.normalize("NFKC", name))
        if read == name:
            return read
        name = read
