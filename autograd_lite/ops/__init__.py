"""The operations, filed under NumPy's chapters; importing this fills the registry.

The files know arrays and the namespace they are handed; they must not know Tensors. Which file an operation stands in
decides nothing: what the rest of the library goes by are the traits it is declared with.
"""

from autograd_lite.ops import (
    activation,
    arithmetic,
    comparison,
    convolution,
    cumulative,
    differences,
    exponential,
    indexing,
    joining,
    linalg,
    matrices,
    norms,
    products,
    random,
    reduction,
    shaping,
    sorting,
    special,
    statistics,
    trigonometric,
)

__all__ = [
    "activation", "arithmetic", "comparison", "convolution", "cumulative", "differences", "exponential", "indexing",
    "joining", "linalg", "matrices", "norms", "products", "random", "reduction", "shaping", "sorting", "special",
    "statistics", "trigonometric",
]  # fmt: skip
