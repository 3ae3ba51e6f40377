"""The one seam of the engine: what a witness is told, and that a recording keeps its gradients to itself."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.engine.graph import mode
from autograd_lite.engine.tensor import Tensor
from autograd_lite.engine.witness import SILENT, Witness
from autograd_lite.program.record import Recorder


class Listener(Witness):
    """Notes what it is told."""

    def __init__(self, records: bool = False) -> None:
        self.records = records
        self.told: list[Any] = []

    def __enter__(self) -> Listener:
        mode.now.witness = self
        return self

    def __exit__(self, *error: object) -> None:
        mode.now.witness = SILENT

    def made(self, tensor: Any, data: Any) -> None:
        self.told.append(("made", tensor.shape))

    def applied(self, result: Any, node: Any) -> None:
        self.told.append(("applied", node.op.name))

    def reading(self, tensor: Any) -> None:
        self.told.append(("reading", tensor.name))

    def assigned(self, tensor: Any, value: Any) -> None:
        self.told.append(("assigned", tensor.name))

    def drawing(self, params: dict[str, Any]) -> None:
        self.told.append(("drawing", params["rng"]))

    def drew(self, params: dict[str, Any], result: Any) -> None:
        self.told.append(("drew", result.shape))


def test_a_witness_is_told_of_leaves_operations_values_and_assignments() -> None:
    w = ag.tensor([1.0, 2.0], requires_grad=True, name="w")
    with Listener() as listener:
        ag.tensor(np.zeros(3))
        y = w * w
        _ = w + 1 if not w.requires_grad else None
        with ag.no_grad():
            _ = w * 2  # not recorded, so nothing to tell
            w.assign([3.0, 4.0])
        w.numpy()
        float(w[0])
    assert listener.told == [
        ("made", (3,)), ("applied", "multiply"), ("assigned", "w"), ("reading", "w"), ("applied", "getitem"),
        ("reading", None),
    ]  # fmt: skip
    assert y.node is not None


@pytest.mark.parametrize(
    "read",
    [Tensor.item, Tensor.numpy, bool, float, int, np.asarray, ag.tensor, lambda t: t.data, lambda t: f"{t:.1f}"],
)
def test_every_way_to_a_value_is_told_first(read: Any) -> None:
    class RefusalError(Exception): ...

    class Refusing(Listener):
        def reading(self, tensor: Any) -> None:
            raise RefusalError

    t = ag.tensor(1.0)
    with Refusing(), pytest.raises(RefusalError):
        read(t)


def test_one_that_records_makes_nodes_where_no_gradient_is_wanted() -> None:
    x = ag.tensor(2.0)
    assert (x * x).node is None
    with Listener(records=True), ag.no_grad():
        y = x * x
    assert y.node is not None and not y.requires_grad


def test_a_strangers_operation_with_an_effect_is_told_like_ours() -> None:
    @ag.operation(notation=r"\operatorname{{noise}}({x})", effect=True)
    def noise_for_test(xp: Any, x: Any, *, rng: Any) -> Any:
        return rng.normal(size=x.shape)

    rng = np.random.default_rng(0)
    with Listener() as listener:
        noise_for_test(ag.tensor([1.0, 2.0]), rng)
        ag.random_like(ag.tensor([1.0]), rng)
    assert [told for told in listener.told if told[0] != "made"] == [
        ("drawing", rng), ("drew", (2,)), ("drawing", rng), ("drew", (1,)),
    ]  # fmt: skip


def test_no_other_thread_sees_a_gradient_of_a_recording() -> None:
    w = ag.tensor([1.0, 2.0], requires_grad=True)
    seen: list[Any] = []

    def step(x: Any) -> Any:
        loss = ag.sum(w * x)
        loss.backward()
        other = threading.Thread(target=lambda: seen.append(w.grad))
        other.start()
        other.join()
        assert w.grad is not None
        return loss

    ag.compile(step)(np.ones(2))
    assert seen and all(g is None or type(g) is np.ndarray for g in seen)
    assert type(w.grad) is np.ndarray


def test_a_recording_that_fails_leaves_the_gradients_as_they_were() -> None:
    w = ag.tensor([1.0, 2.0], requires_grad=True)
    (w * w).sum().backward()
    before = w.grad

    def step(x: Any) -> Any:
        loss = ag.sum(w * x)
        loss.backward()
        return ag.tensor(loss.item())

    with pytest.raises(ag.CompileError):
        ag.compile(step)(np.ones(2))
    assert w.grad is before
    assert type(before) is np.ndarray and before.tolist() == [2.0, 4.0]


def test_nobody_listens_by_default_and_debug_mode_leaves_no_listener() -> None:
    assert mode.now.witness is SILENT
    with ag.debug(), ag.debug():
        assert mode.now.witness is not SILENT
        assert isinstance(ag.tensor(1.0), Tensor)
    assert mode.now.witness is SILENT


def test_debug_mode_sees_the_nodes_of_a_recording_too() -> None:
    x = ag.tensor(np.ones(2))
    with ag.debug(), Recorder():
        y = x * 2.0
    assert y.node is not None and "x * 2.0" in y.node.trace.source
