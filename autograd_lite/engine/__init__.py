"""The engine: tensors, the graph they record, and the reverse pass over it."""
