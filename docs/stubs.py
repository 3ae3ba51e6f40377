"""Write what editors and type checkers see of the package, or check it with `--check`.

Run as `python docs/stubs.py`. Operations are functions that the registry makes, and what shows, checks and compiles is
loaded when it is used; neither can be read from the code of `autograd_lite/__init__.py`. So its stub has every public
name: an operation with the signature and the docstring of its forward, everything else from the module that has it.
"""

from __future__ import annotations

import argparse
import inspect
import sys
from pathlib import Path
from textwrap import indent

import autograd_lite as ag
from autograd_lite.op import SPACES, Operation
from autograd_lite.ops.aliases import ALIASES

STUB = Path(__file__).resolve().parents[1] / "autograd_lite" / "__init__.pyi"

HEAD = '''{docstring}

# Written by docs/stubs.py from the registry and the public names: do not edit.

from collections.abc import Sequence
from typing import Any

import numpy as np

{imports}

__version__: str

Operand = Tensor | np.ndarray[Any, Any] | np.generic | complex | Sequence[Any]
"""What an operation takes: a tensor, an array, a number, or nested lists of numbers."""

'''

SPACE = """{docstring}

# Written by docs/stubs.py from the registry: do not edit.

from collections.abc import Sequence
from typing import Any

from autograd_lite import Operand, Tensor

"""

_KINDS = inspect.Parameter


def quoted(docstring: str) -> str:
    """A docstring as it stands in a file."""
    mark = "r" if "\\" in docstring else ""
    return f'{mark}"""{docstring}"""'


def parameters(op: Operation) -> str:
    """The parameters of an operation as a user calls it, arrays first, with their types."""
    forward = list(inspect.signature((op.wide or op).forward).parameters.values())[1:]
    known = {p.name: p for p in forward}
    declared = [
        known.get(name, p.replace(annotation="None" if p.default is None else type(p.default).__name__))
        for name, p in op.__signature__.parameters.items()
    ]
    found = []
    for p in declared:
        array = p.name in op.arguments
        kind = (
            "Operand | Sequence[Operand]" if p.kind is _KINDS.VAR_POSITIONAL else "Operand" if array else p.annotation
        )
        kind = "Any" if array and op.reads is not None else kind  # what users write there is more than arrays
        kind += " | None" if array and p.default is None else ""
        text = f"{'*' if p.kind is _KINDS.VAR_POSITIONAL else ''}{p.name}: {kind}"
        found.append(text if p.default is p.empty else f"{text} = {p.default!r}")
    return ", ".join(found)


def function(op: Operation) -> str:
    """One operation as a function of the package."""
    given = inspect.signature(op.forward).return_annotation  # Any for one result; a tuple; or what depends on the call
    several = getattr(op, "parts", None) or given.startswith("tuple")
    named = op.kind.__name__ if op.kind is not tuple else ""
    result = named or "tuple[Tensor, ...]" if several else "Any" if "|" in given else "Tensor"
    docstring = inspect.getdoc(op.forward) or ""
    text = quoted(docstring.strip() + ("\n" if "\n" in docstring else ""))
    return f"def {op.name.rpartition('.')[2]}({parameters(op)}) -> {result}:\n{indent(text, '    ')}\n"


def imports(names: list[str]) -> str:
    """Where every public name that is no operation comes from."""
    lines = []
    for name in names:
        value = getattr(ag, name)
        if inspect.ismodule(value):
            package, _, module = value.__name__.rpartition(".")
            lines.append(f"from {package} import {module} as {name}")
        else:
            module = getattr(value, "__module__", None) or "autograd_lite.op"
            lines.append(f"from {module} import {name} as {name}")
    return "\n".join(sorted(lines))


def stub() -> str:
    """The whole stub."""
    operations = [op for op in ag.REGISTRY.values() if op.ours and op.name[0] != "_" and "." not in op.name]
    others = [name for name in ag.__all__ if name not in ag.REGISTRY and name not in ALIASES]
    modules = {"REGISTRY": "autograd_lite.op"}
    known = [name for name in others if name not in modules]
    lines = imports(known) + "".join(f"\nfrom {module} import {name} as {name}" for name, module in modules.items())
    head = HEAD.format(docstring=quoted((ag.__doc__ or "").strip() + "\n"), imports=lines)
    second = "".join(f"{name} = {meant}\n" for name, meant in ALIASES.items() if meant in ag.REGISTRY)
    return head + "\n".join(function(op) for op in operations) + "\n" + second


def stub_of(space: str) -> str:
    """The stub of what stands under a name of the package."""
    own = [op for op in ag.REGISTRY.values() if op.ours and op.name.startswith(f"{space}.")]
    public = [op for op in own if not op.name.partition(".")[2].startswith("_")]
    docstring = (getattr(ag, space).__doc__ or "").strip() + "\n"
    kinds = sorted({(op.kind.__module__, op.kind.__name__) for op in public if op.kind is not tuple})
    named = "".join(f"from {module} import {name} as {name}\n" for module, name in kinds)
    head = SPACE.format(docstring=quoted(docstring))
    return head.rstrip("\n") + "\n" + named + "\n" + "\n".join(map(function, public))


def stubs() -> dict[Path, str]:
    """Every stub with its place."""
    return {STUB: stub()} | {STUB.with_name(f"{space}.pyi"): stub_of(space) for space in sorted(SPACES)}


def main() -> None:
    """Write or check."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true", help="change nothing, fail when the stub is out of date")
    check = parser.parse_args().check
    for path, fresh in stubs().items():
        if path.exists() and path.read_text(encoding="utf-8") == fresh:
            continue
        if check:
            sys.exit(f"{path.name} is out of date: run python docs/stubs.py")
        path.write_text(fresh, encoding="utf-8")


if __name__ == "__main__":
    main()
