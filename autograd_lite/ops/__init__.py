"""The operations, filed under NumPy's chapters; importing this fills the registry.

The files know arrays and the namespace they are handed; they must not know Tensors.
"""

from autograd_lite.ops import activation, elementwise, indexing, linalg, random, reduction, shaping

__all__ = ["activation", "elementwise", "indexing", "linalg", "random", "reduction", "shaping"]
