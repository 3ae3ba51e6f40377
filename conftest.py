"""What every docstring's example may use without importing it: `ag`, `nn` and `np`."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
import nn


@pytest.fixture(autouse=True)
def _doctest_names(doctest_namespace: dict[str, Any]) -> None:
    doctest_namespace.update(ag=ag, nn=nn, np=np)
