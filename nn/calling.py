"""What is said where a layer, a network or an optimiser is made with arguments that it does not take.

Knows signatures. Must not know any module or optimiser.
"""

from __future__ import annotations

import inspect
from typing import Any

import autograd_lite as ag
from autograd_lite.elsewhere import keyword


def check_call(kind: type, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    """Raise `ArgumentError` where `kind(*args, **kwargs)` does not fit its signature; copies give no arguments."""
    if not args and not kwargs:
        return
    signature = inspect.signature(kind.__init__)  # type: ignore[misc]
    try:
        signature.bind(None, *args, **kwargs)
    except TypeError as error:
        own = [p.replace(annotation=p.empty) for p in list(signature.parameters.values())[1:]]
        unknown = [name for name in kwargs if name not in {p.name for p in own}]
        hint = "".join(keyword(name, [p.name for p in own]) for name in unknown)
        names = ", ".join(p.name if p.default is p.empty else f"{p.name}=…" for p in own)
        call = f"{kind.__name__}({names})"
        raise ag.ArgumentError(f"{kind.__name__}: {error}{hint}; it is called as {call}") from None
