"""One table of wrong calls: the library's own exception, what it says, and that nothing has changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from samples import SAMPLES

import autograd_lite as ag
import nn
from autograd_lite.op import Operation
from conftest import World


def leaf(*shape: int, name: str = "w") -> ag.Tensor:
    return ag.tensor(np.ones(shape), requires_grad=True, name=name)


def recorded(w: ag.Tensor) -> ag.Tensor:
    result = w * 2
    result.name = "twice"
    return result


def _assign(t: ag.Tensor) -> None:
    t[0] = 5.0


def _plain_assign(w: ag.Tensor) -> None:
    result = recorded(w)
    result[0] = 5.0


def _fit(w: ag.Tensor, x: Any, y: Any) -> None:
    nn.fit(lambda rows: ag.asarray(rows) @ w, nn.quadratic_cost, (x, y), nn.SGD([w], 0.1), 1, 2, progress=False)


Call = Callable[[ag.Tensor], Any]

# What is called with w of shape (2, 3), the exception, the built-in it also is, and what the message says, in order.
WRONG: dict[str, tuple[Call, type[Exception], type[Exception], str]] = {
    "add": (
        lambda w: w + np.ones((4, 3)),
        ag.ShapeError,
        ValueError,
        r"add\(w \(2, 3\) .*\(4, 3\).*2 and 4 at axis -2",
    ),
    "matmul": (
        lambda w: w @ np.ones((2, 3)),
        ag.ShapeError,
        ValueError,
        r"matmul\(w \(2, 3\).*3 .*and 2 .*x @ y\.T would fit",
    ),
    "matmul of a scalar": (
        lambda w: w @ np.array(2.0),
        ag.ShapeError,
        ValueError,
        r"matmul\(w \(2, 3\).*multiply scalars with \*",
    ),
    "reshape": (lambda w: w.reshape(4, 2), ag.ShapeError, ValueError, r"reshape\(w \(2, 3\).*\(4, 2\)"),
    "concatenate": (
        lambda w: ag.concatenate([w, np.ones((2, 2))]),
        ag.ShapeError,
        ValueError,
        r"concatenate\(.*\(2, 3\)",
    ),
    "layer": (nn.Linear(5, 2), ag.ShapeError, ValueError, r"Linear: .*\(2, 3\).*W \(2, 5\) takes \(5,\)"),
    "axis": (lambda w: w.sum(axis=2), ag.AxisError, IndexError, r"sum\(w \(2, 3\).*axis=2"),
    "index": (lambda w: w[5], ag.IndexingError, IndexError, r"getitem\(w \(2, 3\)"),
    "backward of no scalar": (
        lambda w: recorded(w).backward(),
        ag.GraphError,
        RuntimeError,
        r"twice \(2, 3\).* not a scalar.*output\.sum\(\)\.backward\(\).*gradient= of shape \(2, 3\)",
    ),
    "gradient of another shape": (
        lambda w: recorded(w).backward(np.ones(3)),
        ag.ShapeError,
        ValueError,
        r"gradient has shape \(3,\).*twice \(2, 3\)",
    ),
    "grad of no scalar": (
        lambda w: ag.grad(recorded(w), w),
        ag.GraphError,
        RuntimeError,
        r"grad\(\): twice.*not a scalar",
    ),
    "integers": (
        lambda w: ag.tensor([1, 2], requires_grad=True),
        ag.DtypeError,
        TypeError,
        r"dtype int64.*dtype=float, requires_grad",
    ),
    "booleans": (lambda w: ag.tensor([True], requires_grad=True), ag.DtypeError, TypeError, "dtype bool"),
    "complex numbers": (lambda w: ag.tensor([1j], requires_grad=True), ag.DtypeError, TypeError, "dtype complex128"),
    "no dependence, backward": (
        lambda w: (ag.tensor(1.0) * 2).backward(),
        ag.GraphError,
        RuntimeError,
        r"does not require a gradient.*ag\.tensor\(",
    ),
    "no dependence, grad": (
        lambda w: ag.grad(recorded(w).sum(), [w, leaf(4, name="v")]),
        ag.GraphError,
        RuntimeError,
        r"does not depend on input 1, v \(4,\).*allow_unused=True",
    ),
    "items of a parameter": (_assign, ag.GraphError, RuntimeError, r"w \(2, 3\).*ag\.put\(t, index, value\)"),
    "items of a result": (_plain_assign, ag.GraphError, RuntimeError, r"twice \(2, 3\).*ag\.where\("),
    "flat target": (
        lambda w: nn.quadratic_cost(w[:, :1], np.ones(2)),
        ag.ShapeError,
        ValueError,
        r"quadratic_cost: the target has shape \(2,\), the output \(2, 1\).*target\.reshape\(2, 1\)",
    ),
    "wide target": (
        lambda w: nn.cross_entropy_cost(w, np.ones((2, 2))),
        ag.ShapeError,
        ValueError,
        r"cross_entropy_cost.*\(2, 2\).*\(2, 3\)",
    ),
    "labels": (
        lambda w: nn.softmax_cross_entropy(w, np.array([0, 3])),
        ag.IndexingError,
        IndexError,
        "a label is out of range: the 3 outputs stand for 0 to 2",
    ),
    "empty batch": (
        lambda w: nn.quadratic_cost(w[:0], np.ones((0, 3))),
        ag.DataError,
        ValueError,
        r"quadratic_cost: .*no examples.*\(0, 3\)",
    ),
    "no data": (lambda w: _fit(w, np.ones((0, 2)), np.ones((0, 3))), ag.DataError, ValueError, r"fit: x .*\(0, 2\)"),
    "nan": (
        lambda w: _fit(w, np.full((4, 2), np.nan), np.ones((4, 3))),
        ag.DataError,
        ValueError,
        "fit: x .*example 0.*mend",
    ),
    "inf": (
        lambda w: _fit(w, np.ones((4, 2)), np.full((4, 3), np.inf)),
        ag.DataError,
        ValueError,
        "fit: y .*example 0.*mend",
    ),
    "flat target in fit": (
        lambda w: _fit(w, np.ones((4, 2)), np.ones(4)),
        ag.ShapeError,
        ValueError,
        r"target has shape \(2,\), the output \(2, 3\)",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_call_says_what_was_given_and_what_would_work(name: str) -> None:
    call, error, builtin, message = WRONG[name]
    w = leaf(2, 3)
    value = w.numpy()
    with pytest.raises(error, match=message) as caught:
        call(w)
    assert isinstance(caught.value, builtin)
    assert isinstance(caught.value, ag.AutogradError)
    np.testing.assert_array_equal(w.numpy(), value)
    assert w.grad is None
    assert ag.is_grad_enabled()
    recorded(w).sum().backward()
    np.testing.assert_array_equal(w.grad, 2 * np.ones((2, 3)))


def test_devices_do_not_mix(world: World) -> None:
    w, there = leaf(2, 3), world.tensor(np.ones((2, 3)), requires_grad=True, name="there")
    for call in (
        lambda: w + there,
        lambda: there @ w.T,
        lambda: there * np.ones(3),
        lambda: ag.concatenate([w, there]),
    ):
        with pytest.raises(ag.DeviceError, match="cpu") as caught:
            call()
        assert there.device in str(caught.value)
        assert isinstance(caught.value, TypeError)
    assert w.grad is there.grad is None
    assert world.conversions == []


# A graph that was released: each function speaks of itself.

NEEDS_GRAPH: dict[str, tuple[str, Callable[[ag.Tensor, ag.Tensor], Any]]] = {
    "draw": ("draw()", lambda w, c: ag.draw(c)),
    "draw with gradients": ("draw()", lambda w, c: ag.draw(c, grads=True)),
    "derive": ("derive()", lambda w, c: ag.derive(c)),
    "explain": ("explain()", lambda w, c: ag.explain(c)),
    "check_equations": ("check_equations()", lambda w, c: ag.check_equations(c, {"dw": "w"})),
    "backward": ("", lambda w, c: c.backward()),
    "grad": ("", lambda w, c: ag.grad(c, w)),
    "recorded grad": ("", lambda w, c: ag.grad(c, w, create_graph=True)),
    "ancestors": ("", lambda w, c: ag.ancestors(c)),
    "gradcheck": ("", lambda w, c: ag.gradcheck(lambda x: x * c, np.ones(2))),
    "compile": ("", lambda w, c: ag.compile(lambda x: x * c)(np.ones(2))),
}


@pytest.mark.parametrize("part", [False, True], ids=["all", "part"])
@pytest.mark.parametrize("case", NEEDS_GRAPH)
def test_a_released_graph_is_named_and_so_is_the_function_that_needed_it(case: str, part: bool) -> None:
    caller, function = NEEDS_GRAPH[case]
    w = ag.tensor([1.0, 2.0], requires_grad=True, name="w")
    z = w * w
    z.name = "z"
    cost, later = ag.sum(z), ag.sum(z * 2)
    cost.name = "C"
    cost.backward(free=True)
    behind = "z (2,) float64, a result of multiply" if part else "C () float64, a result of sum"
    said, instead = (f"{caller}: ", f"call {caller} before that") if caller else ("", "compute it again")
    with pytest.raises(ag.GraphError) as caught:
        function(w, later if part else cost)
    assert str(caught.value) == (
        f"{said}the graph behind {behind}, was released by backward(free=True): {instead}, or leave free out to keep "
        "the graph"
    )


# What was taken for something else without a word.

ALONG = [op for op in ag.REGISTRY.values() if op.ours and "axis" in op.parameters and not op.lists]


@pytest.mark.parametrize("op", ALONG, ids=[op.name for op in ALONG])
def test_a_list_is_no_axis_in_any_operation(op: Operation) -> None:
    sample = SAMPLES[op.name][0]
    for axis, meant in (([0], "axis=0"), ([0, 1], "axis=(0, 1)")):
        with pytest.raises(ag.ArgumentError, match="is a list") as caught:
            op(*sample.inputs, **{**sample.params, "axis": axis})
        assert str(caught.value).endswith(f"write {meant}")


def test_a_list_of_axes_is_taken_where_numpy_takes_one() -> None:
    x = np.arange(6.0).reshape(2, 3)
    assert np.array_equal(ag.flip(ag.tensor(x), axis=[0, 1]).numpy(), np.flip(x, axis=[0, 1]))
    assert np.array_equal(ag.roll(ag.tensor(x), [1, 2], axis=[0, 1]).numpy(), np.roll(x, [1, 2], axis=[0, 1]))
    assert ag.expand_dims(ag.tensor(x), axis=[0, -1]).shape == (1, 2, 3, 1)


METHODS = ("sum", "mean", "max", "min", "argmax", "argmin", "prod", "any", "all", "var", "std", "cumsum", "sort")


@pytest.mark.parametrize("name", METHODS)
def test_a_list_is_no_axis_in_any_method(name: str) -> None:
    with pytest.raises(ag.ArgumentError, match=r"axis=0$"):
        getattr(leaf(2, 3), name)(axis=[0])


def test_a_list_is_no_axis_where_no_operation_is_called() -> None:
    w, rng = leaf(2, 3), np.random.default_rng(0)
    for call in (
        lambda: ag.insert(w, 0, 1.0, axis=[0]),
        lambda: ag.linspace(w, w, 3, axis=[0]),
        lambda: ag.logspace(w, w, 3, axis=[0]),
        lambda: ag.geomspace(w, w, 3, axis=[0]),
        lambda: ag.random.permutation(w, axis=[0], rng=rng),
        lambda: ag.random.choice(w, axis=[0], rng=rng),
        lambda: ag.random.categorical(w, axis=[0], rng=rng),
        lambda: np.sum(w, axis=[0]),
    ):
        with pytest.raises(ag.ArgumentError, match=r"axis=0$"):
            call()


@pytest.mark.parametrize("value", ["yes", "False", 1, 0, 2.0, None, [True]], ids=repr)
def test_requires_grad_is_a_truth_and_nothing_that_is_like_one(value: Any) -> None:
    w = leaf(2)
    for call in (
        lambda: setattr(w, "requires_grad", value),
        lambda: ag.tensor([1.0], requires_grad=value),
        lambda: ag.asarray([1.0], requires_grad=value),
        lambda: ag.zeros(2, requires_grad=value),
        lambda: nn.Parameter([1.0], requires_grad=value),
    ):
        with pytest.raises(ag.ArgumentError, match="True or False"):
            call()
    assert w.requires_grad
    assert ag.tensor([1.0], requires_grad=np.True_).requires_grad  # type: ignore[arg-type]
    assert not ag.tensor([1.0], requires_grad=np.False_).requires_grad  # type: ignore[arg-type]


def test_a_word_is_no_number() -> None:
    w = leaf(2)
    sgd = nn.SGD([w], 0.1)
    for call in (
        lambda: nn.SGD([w], "0.1"),  # type: ignore[arg-type]
        lambda: nn.SGD([w], 0.1, momentum="0.5"),  # type: ignore[arg-type]
        lambda: nn.Adam([w], np.str_("0.1")),  # type: ignore[arg-type]
        lambda: nn.Dropout("0.5"),  # type: ignore[arg-type]
        lambda: setattr(sgd, "lr", b"0.1"),
    ):
        with pytest.raises(ag.ArgumentError, match="not"):
            call()
    assert sgd.lr == 0.1


@pytest.mark.parametrize("dtype", ["float99", 3, 3.0, "int 64"], ids=repr)
def test_what_is_no_dtype_is_called_so(dtype: Any) -> None:
    w = leaf(2)
    for call in (
        lambda: ag.tensor(1.0, dtype=dtype),
        lambda: ag.asarray(w, dtype=dtype),
        lambda: w.astype(dtype),
        lambda: ag.sum(w, dtype=dtype),
    ):
        with pytest.raises(ag.DtypeError, match="is no dtype"):
            call()
