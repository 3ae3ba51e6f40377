"""The data sets that come with the package, a file each, with their attribution beside them."""

from __future__ import annotations

from nn.data.handwriting import Digits, digits

__all__ = ["Digits", "digits"]
