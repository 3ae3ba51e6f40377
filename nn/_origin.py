"""A guard against another distribution's `nn`, or another copy of `autograd_lite`, on the path.

`nn` is a short name that others use too, and Python takes the first it finds. Must not import either
package: it compares where their files lie.
"""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path


def check_origin() -> None:
    """Raise `ImportError` unless `autograd_lite` and `nn` lie side by side, as one distribution puts them.

    An editable installation and a source folder pass, since there both lie in the same folder; links
    are followed.

    >>> from nn._origin import check_origin
    >>> check_origin()
    """
    ours = _file("nn")
    theirs = _file("autograd_lite")
    if theirs is None:
        raise ImportError(
            f"nn at {ours} needs the autograd_lite it was installed with, and there is none: "
            "install both together with pip install autograd-lite",
            name="autograd_lite",
        )
    if ours is None or ours.parent.parent != theirs.parent.parent:
        raise ImportError(
            f"autograd_lite is {theirs}, but nn is {ours}, which does not belong to it: of the two, the wrong file "
            f"is {_wrong(ours, theirs)}; remove it or its folder from sys.path, or install again with "
            "pip install --force-reinstall autograd-lite",
            name="nn",
            path=str(ours),
        )


def _file(package: str) -> Path | None:
    """The `__init__.py` that `import package` gives, or has given."""
    module = sys.modules.get(package)
    found = getattr(module, "__file__", None)
    if found is None:
        spec = find_spec(package) if module is None else None
        found = spec.origin if spec is not None else None
    return Path(found).resolve() if found is not None else None


def _wrong(ours: Path | None, theirs: Path) -> Path | None:
    """The file without its other half beside it; of two whole copies, the `autograd_lite` that got in first."""
    if ours is not None and (ours.parent.parent / "autograd_lite" / "__init__.py").exists():
        return theirs
    return ours
