"""What the tests share: the worlds of arrays beside NumPy's, and a registry that forgets the tests' operations."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.check import standin
from autograd_lite.compile import compiled
from autograd_lite.engine.graph import SILENT, State, mode

standin.register()


@dataclass(frozen=True)
class World:
    """An array library beside NumPy: how its arrays are made and read, and how often they were read."""

    name: str
    xp: Any
    array_type: type
    to_numpy: Callable[[Any], np.ndarray]
    conversions: list[str]

    def asarray(self, values: Any) -> Any:
        """An array of this world; Python numbers stay as they are."""
        return self.xp.asarray(values) if isinstance(values, np.ndarray) else values

    def tensor(self, values: Any, requires_grad: bool = False, **options: Any) -> ag.Tensor:
        """A tensor that lives in this world."""
        return ag.tensor(self.xp.asarray(np.asarray(values)), requires_grad, **options)


def _worlds() -> dict[str, World]:
    worlds = {"standin": World("standin", standin.xp, standin.Array, standin.asnumpy, standin.conversions)}
    try:
        import cupy

        cupy.zeros(1)
    except Exception:  # noqa: BLE001 - CuPy is missing, or finds no device: either way there is nothing to run on
        return worlds
    return worlds | {"cupy": World("cupy", cupy, cupy.ndarray, cupy.asnumpy, [])}


WORLDS = _worlds()


@pytest.fixture(params=WORLDS)
def world(request: pytest.FixtureRequest) -> World:
    """Every array library at hand beside NumPy; `conversions` starts empty."""
    found = WORLDS[request.param]
    found.conversions.clear()
    return found


@pytest.fixture
def registry() -> Iterator[dict[str, ag.Operation]]:
    """The registry, in which a test may declare operations: they are gone when it ends."""
    before = dict(ag.REGISTRY)
    yield ag.REGISTRY
    ag.REGISTRY.clear()
    ag.REGISTRY.update(before)


@pytest.fixture
def uncollected() -> Iterator[None]:
    """With the garbage collector off: what is freed is freed by its last reference."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.fixture(autouse=True)
def nothing_left_behind() -> Iterator[None]:
    """A test leaves the thread as it found it: gradients on, no block open, nobody looking on."""
    yield
    now = mode.now
    left = now.grad, now.scope, now.outside, now.witness, compiled._plain.on
    if left != (True, (), (), SILENT, False):
        mode.now, compiled._plain.on = State(), False  # the next test is not to blame
    assert left == (True, (), (), SILENT, False)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Refuse names of tests that are others at every run: several processes could not share them."""
    if changing := [item.nodeid for item in items if " at 0x" in item.nodeid]:
        raise pytest.UsageError(f"the name of a test holds an address: give ids to {changing[0]}")
