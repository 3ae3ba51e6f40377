"""A tensor in another dtype under the name it had, as layers and costs take their inputs.

Knows one cast. Must not know layers or costs.
"""

from __future__ import annotations

from typing import Any

import autograd_lite as ag
from autograd_lite import Tensor


def cast(tensor: Tensor, dtype: Any) -> Tensor:
    """The tensor in `dtype`: itself where it has it, else a cast that is called as it is.

    A cast that is recorded keeps no name: the tensor it comes from is in the same graph under it. Raises
    `DtypeError` for complex numbers, which would lose their imaginary parts.

    >>> from nn.dtypes import cast
    >>> cast(ag.tensor(1.0, name="x"), np.float32)
    tensor(1., dtype=float32, name='x')
    """
    if tensor.dtype is dtype or tensor.dtype == dtype:
        return tensor
    if tensor.dtype.kind == "c":
        raise ag.DtypeError(
            f"{tensor.name or 'a tensor'} has dtype {tensor.dtype}, of which {dtype} would keep the real part alone: "
            "give its real and imaginary parts as numbers of their own"
        )
    found = tensor.astype(dtype)
    found.name = tensor.name if found.node is None else None
    return found
