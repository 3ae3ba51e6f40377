"""Linear algebra on Tensors, by the names of `numpy.linalg`: `ag.linalg.solve`, `ag.linalg.norm`.

Knows which operations stand under that name and nothing else. Editors read the stub beside this file, which
docs/stubs.py writes.

>>> ag.linalg.det(ag.tensor([[0.0, 1.0], [1.0, 0.0]])).item()
-1.0
"""

from __future__ import annotations

from autograd_lite.engine import functional
from autograd_lite.op import REGISTRY

__all__: list[str] = []  # filled below
for _name in REGISTRY:
    _space, _, _own = _name.partition(".")
    if __name__.endswith(f".{_space}") and not _own.startswith("_"):
        globals()[_own] = getattr(functional, _name)
        __all__.append(_own)


def __dir__() -> list[str]:
    return [*__all__, "__doc__"]
