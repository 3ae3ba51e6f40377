"""What the rooms of the library ask of the inside of a tensor, and numbers that stand for themselves."""

from __future__ import annotations

import numpy as np

import autograd_lite as ag
from autograd_lite.engine import inside
from autograd_lite.engine.graph import mode, tick
from autograd_lite.engine.witness import SILENT, Witness
from autograd_lite.watch import Live


def test_the_inside_of_a_tensor_is_had_and_put_back_without_a_witness() -> None:
    class Refusing(Witness):
        def reading(self, tensor: object) -> None:
            raise AssertionError

        assigned = get_grad = set_grad = reading  # type: ignore[assignment]

    w = ag.tensor([1.0, 2.0], requires_grad=True)
    (w * w).sum().backward()
    value, gradient, changed = inside.value_of(w), inside.gradient_of(w), inside.changed_at(w)
    mode.now.witness = Refusing()
    try:
        moment = tick()
        inside.put_value(w, np.zeros(2), moment)
        inside.put_gradient(w, None)
        assert inside.changed_at(w) == moment and inside.gradient_of(w) is None
        inside.put_value(w, value, changed)
        inside.put_gradient(w, gradient)
    finally:
        mode.now.witness = SILENT
    assert inside.value_of(w) is value and w.grad is gradient and inside.changed_at(w) == changed
    inside.put_required(w, False)
    assert not w.requires_grad
    inside.put_changed(w, moment)
    assert inside.changed_at(w) == moment


def test_anything_that_says_its_number_is_an_operand() -> None:
    class Third:
        def __number__(self) -> float:
            return 1 / 3

    assert (ag.tensor(3.0) * Third()).item() == 1.0
    assert ag.add(Third(), ag.tensor([0.0], dtype="float32")).dtype == np.float32


def test_a_live_number_has_a_name_and_what_is_computed_of_it_has_none() -> None:
    rate = Live(lambda: 0.5, (7, "lr"))
    assert rate.name == "lr" and (rate * 2).name == "" and (-rate).name == ""
    assert (ag.tensor(2.0) * rate).item() == 1.0
