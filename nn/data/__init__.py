"""Data: examples, mini-batches of them, and data sets; beside one that comes with the package is its attribution.

Must not know models, costs or optimisers.
"""

from __future__ import annotations

from nn.data.dataset import Dataset
from nn.data.handwriting import Digits, digits
from nn.data.loader import DataLoader
from nn.data.mnist_files import Mnist, mnist
from nn.data.splitting import split
from nn.data.tables import Table, read_csv
from nn.data.transforms import Standardizer, one_hot, shifted

__all__ = [
    "DataLoader",
    "Dataset",
    "Digits",
    "Mnist",
    "Standardizer",
    "Table",
    "digits",
    "mnist",
    "one_hot",
    "read_csv",
    "shifted",
    "split",
]
