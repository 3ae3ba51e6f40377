"""The engine: tensors, the graph they record, and the reverse pass over it."""

from autograd_lite.engine import protocols  # noqa: F401 - joins NumPy's protocols to Tensor
