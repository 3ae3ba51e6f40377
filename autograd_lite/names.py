"""What the gradient of a tensor is called: the error δ of a weighted input z, a partial derivative of all else.

One convention for graphs, programs, pictures and equations (Nielsen, *Neural Networks and Deep Learning*, chapter 2,
equation 29). Knows names as strings. Must not know how a name is printed, nor what it is the name of.
"""

from __future__ import annotations

import re

_WEIGHTED = re.compile(r"z([0-9]*(?:_[0-9]+)?)")


def weighted_input(name: str) -> str | None:
    """Layer and index of a weighted input, as in `2` of `z2` or `2_1` of `z2_1`; `None` for any other name.

    >>> from autograd_lite.names import weighted_input
    >>> weighted_input("z2"), weighted_input("z"), weighted_input("a2")
    ('2', '', None)
    """
    match = _WEIGHTED.fullmatch(name)
    return match[1] if match else None


def gradient_name(name: str) -> str:
    """What the gradient of the tensor `name` is called where it is a tensor itself.

    >>> from autograd_lite.names import gradient_name
    >>> gradient_name("z2"), gradient_name("W1"), gradient_name("loss")
    ('delta2', 'dW1', 'dloss')
    """
    layer = weighted_input(name)
    return f"d{name}" if layer is None else f"delta{layer}"
