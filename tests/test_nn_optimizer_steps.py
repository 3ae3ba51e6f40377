"""Optimisers step for step against the published updates written out in double precision, groups, decay, clipping.

PyTorch is not installed where these are run: the formulas are those of its documentation and of the papers.
"""

from __future__ import annotations

import copy
import math
import pickle
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
import nn

Array = np.ndarray
RNG = np.random.default_rng(0)
STARTS = [RNG.standard_normal((3, 2)), RNG.standard_normal(3)]
SLOPES = [[RNG.standard_normal(start.shape) for start in STARTS] for _ in range(12)]


class Rule:
    """An update of one parameter, written with NumPy alone: `rule(w, g)` gives the next w."""

    def __init__(self, update: Callable[[dict[str, Any], Array, Array], Array]) -> None:
        self.update, self.state = update, {"t": 0, "m": 0.0, "v": 0.0, "u": 0.0}

    def __call__(self, w: Array, g: Array) -> Array:
        self.state["t"] += 1
        return self.update(self.state, w, g)


def sgd(lr: float = 0.1, mu: float = 0.0, nesterov: bool = False) -> Any:
    def update(s: dict[str, Any], w: Array, g: Array) -> Array:
        s["m"] = mu * s["m"] + g
        return w - lr * (g + mu * s["m"] if nesterov else s["m"])

    return update


def adam(lr: float = 0.1, b1: float = 0.8, b2: float = 0.9, eps: float = 1e-3) -> Any:
    def update(s: dict[str, Any], w: Array, g: Array) -> Array:
        s["m"] = b1 * s["m"] + (1 - b1) * g
        s["v"] = b2 * s["v"] + (1 - b2) * g * g
        m, v = s["m"] / (1 - b1 ** s["t"]), s["v"] / (1 - b2 ** s["t"])
        return w - lr * m / (np.sqrt(v) + eps)

    return update


def adamw(decay: float, lr: float = 0.1) -> Any:
    inner = adam(lr)
    return lambda s, w, g: inner(s, w - lr * decay * w, g)


def rmsprop(lr: float = 0.1, alpha: float = 0.8, eps: float = 1e-3, mu: float = 0.0, centered: bool = False) -> Any:
    def update(s: dict[str, Any], w: Array, g: Array) -> Array:
        s["v"] = alpha * s["v"] + (1 - alpha) * g * g
        s["m"] = alpha * s["m"] + (1 - alpha) * g
        root = np.sqrt(s["v"] - s["m"] ** 2) if centered else np.sqrt(s["v"])
        s["u"] = mu * s["u"] + g / (root + eps)
        return w - lr * s["u"]

    return update


def adagrad(lr: float = 0.1, eps: float = 1e-3) -> Any:
    def update(s: dict[str, Any], w: Array, g: Array) -> Array:
        s["v"] = s["v"] + g * g
        return w - lr * g / (np.sqrt(s["v"]) + eps)

    return update


def with_terms(update: Any, l2: float = 0.0, l1: float = 0.0) -> Any:
    """For a weight the gradient has the terms of the book's regularised cost; a bias has none."""

    def whole(s: dict[str, Any], w: Array, g: Array) -> Array:
        return update(s, w, g + l2 * w + l1 * np.sign(w) if w.ndim > 1 else g)

    return whole


def weights_alone(update: Any, otherwise: Any) -> Any:
    return lambda s, w, g: (update if w.ndim > 1 else otherwise)(s, w, g)


PUBLISHED: dict[str, tuple[Callable[[Any], nn.Optimizer], Callable[[], Any]]] = {
    "sgd": (lambda p: nn.SGD(p, 0.1), sgd),
    "momentum": (lambda p: nn.SGD(p, 0.1, 0.9), lambda: sgd(mu=0.9)),
    "nesterov": (lambda p: nn.SGD(p, 0.1, 0.9, nesterov=True), lambda: sgd(mu=0.9, nesterov=True)),
    "sgd with decay": (lambda p: nn.SGD(p, 0.1, weight_decay=0.3), lambda: with_terms(sgd(), 0.3)),
    "sgd with l1": (lambda p: nn.SGD(p, 0.1, 0.5, l1=0.2), lambda: with_terms(sgd(mu=0.5), 0, 0.2)),
    "sgd with both": (lambda p: nn.SGD(p, 0.1, weight_decay=0.3, l1=0.2), lambda: with_terms(sgd(), 0.3, 0.2)),
    "adam": (lambda p: nn.Adam(p, 0.1, (0.8, 0.9), 1e-3), adam),
    "adam with decay": (lambda p: nn.Adam(p, 0.1, (0.8, 0.9), 1e-3, 0.3), lambda: with_terms(adam(), 0.3)),
    "adamw": (lambda p: nn.AdamW(p, 0.1, (0.8, 0.9), 1e-3, 0.3), lambda: weights_alone(adamw(0.3), adam())),
    "rmsprop": (lambda p: nn.RMSprop(p, 0.1, 0.8, 1e-3), rmsprop),
    "rmsprop with momentum": (lambda p: nn.RMSprop(p, 0.1, 0.8, 1e-3, 0.7), lambda: rmsprop(mu=0.7)),
    "rmsprop centred": (
        lambda p: nn.RMSprop(p, 0.1, 0.8, 1e-3, 0.7, centered=True), lambda: rmsprop(mu=0.7, centered=True),
    ),
    "rmsprop with decay": (
        lambda p: nn.RMSprop(p, 0.1, 0.8, 1e-3, weight_decay=0.3), lambda: with_terms(rmsprop(), 0.3),
    ),
    "adagrad": (lambda p: nn.Adagrad(p, 0.1, 1e-3), adagrad),
    "adagrad with l1": (lambda p: nn.Adagrad(p, 0.1, 1e-3, l1=0.3), lambda: with_terms(adagrad(), 0, 0.3)),
}  # fmt: skip


def parameters(dtype: Any = float) -> list[ag.Tensor]:
    return [nn.Parameter(start, dtype=dtype) for start in STARTS]


def run(optimizer: nn.Optimizer, slopes: list[list[Array]] = SLOPES, *, compiled: bool = False) -> list[list[Array]]:
    """The parameters after every step of a cost with these slopes."""

    def step(*slopes: Any) -> ag.Tensor:
        optimizer.zero_grad()
        cost = sum((ag.sum(p * g) for p, g in zip(optimizer.parameters, slopes, strict=True)), ag.asarray(0.0))
        cost.backward()
        optimizer.step()
        return cost

    one = ag.compile(step) if compiled else step
    dtype = optimizer.parameters[0].dtype
    found = []
    for each in slopes:
        one(*(slope.astype(dtype) for slope in each))
        found.append([p.numpy() for p in optimizer.parameters])
    if compiled:
        assert one.records == 1  # type: ignore[attr-defined]
    return found


@pytest.mark.parametrize("name", PUBLISHED)
def test_each_step_is_the_published_one(name: str) -> None:
    make, update = PUBLISHED[name]
    found = run(make(parameters()))
    rules = [Rule(update()) for _ in STARTS]
    values = list(STARTS)
    for t, slopes in enumerate(SLOPES):
        values = [rule(value, slope) for rule, value, slope in zip(rules, values, slopes, strict=True)]
        for ours, published in zip(found[t], values, strict=True):
            np.testing.assert_allclose(ours, published, rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("name", PUBLISHED)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_compiled_step_has_the_same_bits_and_the_dtype_stays(name: str, dtype: Any) -> None:
    make, _ = PUBLISHED[name]
    eager, compiled = (run(make(parameters(dtype)), compiled=mode) for mode in (False, True))
    for a, b in zip(eager, compiled, strict=True):
        assert all(x.dtype == dtype and x.tobytes() == y.tobytes() for x, y in zip(a, b, strict=True))


def test_the_books_weight_decay_is_its_regularised_cost() -> None:
    """λ/2n Σ w² added to the cost, over weights and not biases, gives the same steps (equations 85 to 93)."""
    x, y = np.random.default_rng(1).random((40, 3)), np.eye(2)[np.random.default_rng(2).integers(0, 2, 40)]
    lmbda, n = 5.0, 40
    models = [nn.MLP([3, 4, 2], rng=0, dtype=float) for _ in range(2)]
    plain, decaying = nn.SGD(models[0].parameters(), 0.5), nn.SGD(models[1].parameters(), 0.5, weight_decay=lmbda / n)
    for _ in range(20):
        for model, optimizer in zip(models, (plain, decaying), strict=True):
            cost = nn.quadratic_cost(model(x), y)
            if optimizer is plain:
                cost = cost + lmbda / (2 * n) * sum(ag.sum(layer.weight**2) for layer in model.layers)
            optimizer.zero_grad()
            cost.backward()
            optimizer.step()
    for a, b in zip(models[0].parameters(), models[1].parameters(), strict=True):
        np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=1e-12)


def test_decay_shrinks_weights_and_leaves_biases() -> None:
    weight, bias = nn.Parameter(np.ones((2, 2))), nn.Parameter(np.ones(2))
    optimizer = nn.SGD([weight, bias], 0.5, weight_decay=0.5)
    (ag.sum(weight) * 0 + ag.sum(bias) * 0).backward()
    optimizer.step()
    assert weight.numpy().tolist() == [[0.75, 0.75], [0.75, 0.75]] and bias.numpy().tolist() == [1, 1]


def test_a_decay_that_no_parameter_has_is_refused_and_a_group_can_name_it() -> None:
    w = nn.Parameter([1.0, 2.0])
    for make in (
        lambda: nn.SGD([w], 0.1, weight_decay=0.5),
        lambda: nn.AdamW([w], weight_decay=0.1),
        lambda: nn.Adagrad([w], l1=0.1),
    ):
        with pytest.raises(ag.ArgumentError, match=r"is for weights, which have two axes .* as in \[\{\"parameters\""):
            make()
    optimizer = nn.SGD([w], 0.5)
    with pytest.raises(ag.ArgumentError, match="weight_decay is for weights"):
        optimizer.weight_decay = 0.5
    with pytest.raises(ag.ArgumentError, match="weight_decay is for weights"):
        optimizer.load_state_dict({**optimizer.state_dict(), "lr": 0.25, "weight_decay": 0.5})
    assert optimizer.lr == 0.5 and optimizer.weight_decay == 0
    optimizer = nn.SGD([{"parameters": [w], "weight_decay": 0.5}], 0.5)
    (ag.sum(w) * 0).backward()
    optimizer.step()
    assert w.numpy().tolist() == [0.75, 1.5]


def test_adamw_of_biases_alone_decays_nothing_unless_it_is_asked_to() -> None:
    assert nn.AdamW([nn.Parameter([1.0, 2.0])]).weight_decay == 0
    assert nn.AdamW(parameters()).weight_decay == 0.01
    assert nn.AdamW([{"parameters": [nn.Parameter([1.0])], "weight_decay": 0.5}]).groups[0].weight_decay == 0.5


def test_gains_and_shifts_of_a_normalisation_over_two_axes_do_not_decay() -> None:
    norm, linear = nn.LayerNorm((2, 2)), nn.Linear(2, 2, rng=0)
    before = norm.state_dict()
    optimizer = nn.SGD([*norm.parameters(), *linear.parameters()], 1.0, weight_decay=0.5, l1=0.1)
    sum((ag.sum(p) * 0 for p in optimizer.parameters), ag.asarray(0.0)).backward()
    optimizer.step()
    assert {k: v.tobytes() for k, v in norm.state_dict().items()} == {k: v.tobytes() for k, v in before.items()}
    with pytest.raises(ag.ArgumentError, match="weight_decay is for weights"):
        nn.SGD(norm.parameters(), 1.0, weight_decay=0.5)


@pytest.mark.parametrize("compiled", [False, True])
def test_a_decay_set_anew_between_steps_is_honoured(compiled: bool) -> None:
    optimizer = nn.SGD(parameters(), 0.1)

    def step(slope: Any) -> ag.Tensor:
        optimizer.zero_grad()
        cost = ag.sum(optimizer.parameters[0] * slope)
        cost.backward()
        optimizer.step()
        return cost

    one = ag.compile(step) if compiled else step
    value = STARTS[0]
    for t in range(8):
        decay = (0, 0, 0.5, 0.25, 0, 0.125, 0.25, 0)[t]
        optimizer.weight_decay = decay
        slope = SLOPES[t][0]
        one(slope)
        value = value - 0.1 * (slope + decay * value)
        np.testing.assert_allclose(optimizer.parameters[0].numpy(), value, rtol=1e-13)


# Groups.


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize(
    "make, update",
    [
        (lambda g: nn.SGD(g, 0.1), sgd),
        (lambda g: nn.SGD(g, 0.1, 0.9), lambda lr: sgd(lr, 0.9)),
        (lambda g: nn.Adam(g, 0.1, (0.8, 0.9), 1e-3), adam),
        (lambda g: nn.RMSprop(g, 0.1, 0.8, 1e-3), rmsprop),
        (lambda g: nn.Adagrad(g, 0.1, 1e-3), adagrad),
    ],
    ids=["sgd", "momentum", "adam", "rmsprop", "adagrad"],
)
def test_a_group_goes_by_its_own_rate_and_follows_otherwise(make: Any, update: Any, compiled: bool) -> None:
    first, second = parameters()
    optimizer = make([{"parameters": [first], "lr": 0.01}, {"parameters": [second]}])
    found = run(optimizer, SLOPES[:4], compiled=compiled)[-1]
    optimizer.lr = 0.05
    optimizer.groups[0].lr = 0.02
    assert [group.lr for group in optimizer.groups] == [0.02, 0.05]
    found = run(optimizer, SLOPES[4:], compiled=compiled)[-1]
    for i, rates in enumerate(([0.01, 0.02], [0.1, 0.05])):
        slow, fast = update(rates[0]), update(rates[1])
        rule, value = Rule(slow), STARTS[i]
        for t, slopes in enumerate(SLOPES):
            rule.update = slow if t < 4 else fast
            value = rule(value, slopes[i])
        np.testing.assert_allclose(found[i], value, rtol=1e-11)


def test_one_compiled_step_honours_a_groups_new_numbers_without_recording_anew() -> None:
    ends = []
    for compiled in (False, True):
        first, second = parameters()
        optimizer = nn.SGD([{"parameters": [first], "weight_decay": 0.1}, {"parameters": second, "lr": 0.3}], 0.1, 0.5)
        schedule = nn.ExponentialSchedule(optimizer, 0.5, every="step")

        def step(a: Any, b: Any, optimizer: nn.SGD = optimizer) -> ag.Tensor:
            optimizer.zero_grad()
            cost = ag.sum(optimizer.parameters[0] * a) + ag.sum(optimizer.parameters[1] * b)
            cost.backward()
            optimizer.step()
            return cost

        one = ag.compile(step) if compiled else step
        for t, slopes in enumerate(SLOPES):
            one(*slopes)
            schedule.step()
            optimizer.groups[0].weight_decay = 0.1 / (t + 1)
            optimizer.momentum = 0.5 / (t + 1)
        assert [group.lr for group in optimizer.groups] == [0.1 / 2**12, 0.3 / 2**12]
        ends.append([p.numpy().tobytes() for p in (first, second)])
        if compiled:
            assert one.records == 1  # type: ignore[attr-defined]
    assert ends[0] == ends[1]


def groups(optimizer: type, **options: Any) -> Any:
    first, second = parameters()
    return optimizer(
        [{"parameters": [first], "lr": 0.2, "weight_decay": 0.1}, {"parameters": [second]}], 0.1, **options
    )


@pytest.mark.parametrize("kind", [nn.SGD, nn.Adam, nn.AdamW, nn.RMSprop, nn.Adagrad])
@pytest.mark.parametrize("compiled", [False, True])
def test_groups_are_saved_and_go_on_to_the_bit(kind: Any, compiled: bool) -> None:
    whole, first, second = groups(kind), groups(kind), groups(kind)
    run(first, SLOPES[:5], compiled=compiled)
    first.groups[1].lr = 0.3
    second.load_state_dict(pickle.loads(pickle.dumps(first.state_dict())))  # noqa: S301
    for parameter, value in zip(second.parameters, first.parameters, strict=True):
        parameter.assign(value.numpy())
    assert [group.lr for group in second.groups] == [0.2, 0.3]
    run(whole, SLOPES[:5], compiled=compiled)
    whole.groups[1].lr = 0.3
    assert run(second, SLOPES[5:])[-1][1].tobytes() == run(whole, SLOPES[5:])[-1][1].tobytes()
    assert {k: v.tobytes() for k, v in second.state_dict().items()} == {
        k: v.tobytes() for k, v in whole.state_dict().items()
    }


def test_a_state_of_other_groups_is_refused_and_nothing_is_changed() -> None:
    optimizer, plain = groups(nn.SGD), nn.SGD(parameters(), 0.3)
    before = {k: v.tobytes() for k, v in optimizer.state_dict().items()}
    for state in (plain.state_dict(), {**optimizer.state_dict(), "groups.2.lr": 0.1}):
        with pytest.raises(ag.ShapeError, match=r"missing: groups\.0\.lr|unexpected: groups\.2\.lr"):
            optimizer.load_state_dict(state)
    with pytest.raises(ag.ArgumentError, match="learning rate must be a positive number, not -1"):
        optimizer.load_state_dict({**optimizer.state_dict(), "groups.1.lr": -1.0})
    assert {k: v.tobytes() for k, v in optimizer.state_dict().items()} == before
    with pytest.raises(ag.ShapeError, match="unexpected: groups"):
        plain.load_state_dict(optimizer.state_dict())


def test_a_copy_of_an_optimizer_has_groups_of_its_own() -> None:
    optimizer = groups(nn.Adam)
    for other in (copy.copy(optimizer), copy.deepcopy(optimizer), pickle.loads(pickle.dumps(optimizer))):  # noqa: S301
        other.groups[0].lr = 0.7
        other.lr = 0.6
        assert [group.lr for group in other.groups] == [0.7, 0.6]
        assert [group.lr for group in optimizer.groups] == [0.2, 0.1]


def test_an_optimizer_says_its_groups_and_the_terms_that_are_in_use() -> None:
    assert repr(groups(nn.SGD)) == (
        "SGD(2 parameters, lr=0.1, momentum=0.0, groups=[1 parameter, lr=0.2, weight_decay=0.1, 1 parameter])"
    )
    assert repr(nn.SGD(parameters(), 0.1, weight_decay=0.5)) == (
        "SGD(2 parameters, lr=0.1, momentum=0.0, weight_decay=0.5)"
    )
    assert "weight_decay=0.01" in repr(nn.AdamW(parameters()))
    assert "l1" not in nn.SGD(parameters(), 0.1, weight_decay=0.5).state_dict()


@pytest.mark.parametrize("seed", range(3))
def test_adam_counts_each_parameter_of_each_group_by_itself(seed: int) -> None:
    rng = np.random.default_rng(seed)
    shapes: list[tuple[int, ...]] = [(2,), (3,), (2, 3), (1,)]
    starts = [rng.standard_normal(shape) for shape in shapes]
    present = rng.random((10, 4)) < 0.6
    present[:, 0] |= ~present.any(axis=1)
    together = [nn.Parameter(start, dtype=float) for start in starts]
    optimizer = nn.Adam([{"parameters": together[:2]}, {"parameters": together[2:], "lr": 0.2}], 0.1)
    for row in present:
        optimizer.zero_grad()
        sum((ag.sum(p**4) for p, does in zip(together, row, strict=True) if does), ag.asarray(0.0)).backward()
        optimizer.step()
        state = optimizer.state_dict()
        optimizer.load_state_dict(state)
    for i, start in enumerate(starts):
        alone = nn.Parameter(start, dtype=float)
        single = nn.Adam([alone], 0.1 if i < 2 else 0.2)
        for _ in range(int(present[:, i].sum())):
            alone.grad = None
            ag.sum(alone**4).backward()
            single.step()
        assert alone.numpy().tobytes() == together[i].numpy().tobytes()


class Plain(nn.Optimizer):
    """As a user writes one, who knows nothing of groups."""

    def __init__(self, parameters: Any, lr: float) -> None:
        super().__init__(parameters)
        self.lr = lr

    def step(self) -> None:
        with ag.no_grad():
            for parameter, gradient in self.moving():
                parameter -= self.lr * gradient


W = nn.Parameter(np.ones((2, 2)))
WRONG: dict[str, tuple[Callable[[], Any], str]] = {
    "params": (lambda: nn.SGD([{"params": [W]}], 0.1), "SGD: group 0 is a dictionary with its parameters, as in"),
    "a tensor between groups": (lambda: nn.SGD([{"parameters": [W]}, W], 0.1), "SGD: group 1 is a dictionary"),
    "an empty group": (lambda: nn.SGD([{"parameters": []}], 0.1), "group 0 has no parameters to train"),
    "a group of a number": (lambda: nn.SGD([{"parameters": 3}], 0.1), "parameters is a list of tensors, not 3"),
    "twice": (lambda: nn.SGD([{"parameters": [W]}, {"parameters": [W]}], 0.1), "parameter 1, unnamed, is given twice"),
    "an unknown number": (
        lambda: nn.SGD([{"parameters": [W], "learning_rate": 1}], 0.1),
        "no number 'learning_rate': learning_rate= is lr= here; those that it may have of its own are l1, lr, moment",
    ),
    "a rate below 0": (lambda: nn.Adam([{"parameters": [W], "lr": -1}]), "group 0: the learning rate must be a pos"),
    "no groups": (lambda: Plain([{"parameters": [W]}], 0.1), "Plain: its step knows no groups: read the numbers of"),
    "a number of all": (
        lambda: setattr(nn.SGD([{"parameters": [W], "lr": 1}], 0.1), "lr", 2), r"every group has a lr of its own: set",
    ),
    "a number of a group": (lambda: setattr(groups(nn.SGD).groups[0], "beta1", 2), "a group of SGD has no number 'be"),
    "nesterov": (lambda: nn.SGD([W], 0.1, nesterov=True), "nesterov needs a momentum above 0"),
    "alpha": (lambda: nn.RMSprop([W], alpha=1), "RMSprop: alpha must be 0 or a positive number below 1, not 1"),
    "epsilon": (lambda: nn.Adagrad([W], epsilon=-1), "Adagrad: epsilon must be 0 or a positive number, not -1"),
    "decay": (lambda: nn.SGD([W], 0.1, weight_decay=-1), "the weight decay must be 0 or a positive number, not -1"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_a_mistake_with_an_optimizer_is_named(name: str) -> None:
    call, message = WRONG[name]
    with pytest.raises(ag.ArgumentError, match=message):
        call()


def test_a_parameter_appended_to_a_grouped_optimizer_is_refused_before_anything_has_changed() -> None:
    first, second = parameters()
    optimizer = nn.SGD([{"parameters": [first]}], 0.1)
    optimizer.parameters.append(second)
    (ag.sum(first) + ag.sum(second)).backward()
    with pytest.raises(ag.ArgumentError, match="parameters has 2 tensors, but its groups were made for 1"):
        optimizer.step()
    assert first.numpy().tobytes() == STARTS[0].tobytes()


@pytest.mark.parametrize("kind", [nn.SGD, nn.Adam, nn.AdamW, nn.RMSprop, nn.Adagrad])
def test_a_step_that_breaks_off_in_the_second_group_changes_nothing(kind: Any) -> None:
    optimizer = groups(kind)
    run(optimizer, SLOPES[:2])
    first, second = optimizer.parameters
    optimizer.zero_grad()
    (ag.sum(first) + ag.sum(second)).backward()
    before = (
        [p.numpy().tobytes() for p in optimizer.parameters],
        {k: v.tobytes() for k, v in optimizer.state_dict().items()},
    )
    vars(optimizer.groups[1].numbers)["lr"] = "word"  # found when the first group has been done
    with pytest.raises(Exception, match=r"word|str|multiply"):
        optimizer.step()
    vars(optimizer.groups[1].numbers)["lr"] = 0.1
    assert before == (
        [p.numpy().tobytes() for p in optimizer.parameters],
        {k: v.tobytes() for k, v in optimizer.state_dict().items()},
    )


# Clipping.


def slopes_on(parameters: Iterable[ag.Tensor], *slopes: Array) -> None:
    for parameter, slope in zip(parameters, slopes, strict=True):
        parameter.grad = slope.astype(parameter.dtype)


@pytest.mark.parametrize("bound", [0.5, 2.0, 1e9])
def test_gradients_are_clipped_by_their_common_norm(bound: float) -> None:
    w = parameters()
    slopes_on(w, *SLOPES[0])
    norm = math.sqrt(sum((slope**2).sum() for slope in SLOPES[0]))
    assert nn.clip_grad_norm(w, bound).item() == pytest.approx(norm, rel=1e-14)
    for parameter, slope in zip(w, SLOPES[0], strict=True):
        expected = slope * (bound / norm) if norm > bound else slope
        np.testing.assert_allclose(parameter.grad, expected, rtol=1e-13)
        if norm < bound:
            assert parameter.grad.tobytes() == slope.tobytes()


def test_the_largest_size_is_a_norm_too() -> None:
    w = parameters()
    slopes_on(w, *SLOPES[0])
    largest = max(np.abs(slope).max() for slope in SLOPES[0])
    assert nn.clip_grad_norm(w, 0.5, norm=np.inf).item() == largest
    assert max(np.abs(p.grad).max() for p in w) == pytest.approx(0.5, rel=1e-15)


def test_gradients_whose_squares_overflow_single_precision_are_clipped_all_the_same() -> None:
    w = nn.Parameter([0.0, 0.0])
    slopes_on([w], np.array([3e30, 4e30]))
    assert nn.clip_grad_norm([w], 1.0).item() == pytest.approx(5e30, rel=1e-6)
    np.testing.assert_allclose(w.grad, [0.6, 0.8], rtol=1e-6)
    assert w.grad.dtype == np.float32


def test_a_gradient_that_is_not_finite_is_not_made_to_look_like_one() -> None:
    w = nn.Parameter([0.0, 0.0])
    for bad in (np.nan, np.inf):
        slopes_on([w], np.array([bad, 1.0]))
        nn.clip_grad_norm([w], 1.0)
        assert np.isnan(w.grad).all()


def test_gradients_are_cut_off_by_value() -> None:
    w = parameters()
    slopes_on(w, *SLOPES[0])
    nn.clip_grad_value(w, 0.3)
    for parameter, slope in zip(w, SLOPES[0], strict=True):
        assert parameter.grad.tobytes() == np.clip(slope, -0.3, 0.3).tobytes()


@pytest.mark.parametrize("clip", [nn.clip_grad_norm, nn.clip_grad_value])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_clipping_in_a_compiled_step_has_the_same_bits_and_honours_a_new_bound(clip: Any, dtype: Any) -> None:
    class Clipping(nn.SGD):
        def __init__(self, parameters: Any, lr: float) -> None:
            super().__init__(parameters, lr, 0.5)
            self.bound = 1.0

        def step(self) -> None:
            clip(self.parameters, self.bound)
            super().step()

    ends = []
    for compiled in (False, True):
        optimizer = Clipping(parameters(dtype), 0.1)

        def step(a: Any, b: Any, optimizer: Any = optimizer) -> ag.Tensor:
            optimizer.zero_grad()
            cost = ag.sum(optimizer.parameters[0] * a) + ag.sum(optimizer.parameters[1] * b)
            cost.backward()
            optimizer.step()
            return cost

        one = ag.compile(step) if compiled else step
        for t, slopes in enumerate(SLOPES):
            optimizer.bound = 2.0 / (t + 1)
            one(*(slope.astype(dtype) for slope in slopes))
        ends.append(
            [p.numpy().tobytes() for p in optimizer.parameters] + [p.grad.tobytes() for p in optimizer.parameters]
        )
        if compiled:
            assert one.records == 1  # type: ignore[attr-defined]
    assert ends[0] == ends[1]


def test_what_has_no_gradient_is_passed_over_and_models_and_optimisers_give_their_parameters() -> None:
    model = nn.MLP([2, 1], rng=0)
    assert nn.clip_grad_norm(model, 1.0).item() == 0
    nn.quadratic_cost(model(np.ones((1, 2))), np.full((1, 1), 9.0)).backward()
    expected = [p.grad.copy() for p in model.parameters()]
    nn.clip_grad_value(nn.SGD(model.parameters(), 0.1), 1e-3)
    assert all(np.abs(p.grad).max() <= 1e-3 for p in model.parameters())
    assert any(np.abs(slope).max() > 1e-3 for slope in expected)


@pytest.mark.parametrize("bound", [0, -1, "1", None, float("nan"), [1, 2]])
@pytest.mark.parametrize("clip", [nn.clip_grad_norm, nn.clip_grad_value])
def test_a_bound_that_is_none_is_refused(clip: Any, bound: Any) -> None:
    w = nn.Parameter([0.0, 0.0])
    slopes_on([w], np.array([3.0, 4.0]))
    with pytest.raises(ag.ArgumentError, match="must be a positive number, not"):
        clip([w], bound)
    assert w.grad.tolist() == [3, 4]


def test_what_is_no_parameter_is_refused_by_clipping() -> None:
    w = nn.Parameter([1.0])
    for wrong in ([w * 2], [3], 3):
        with pytest.raises(ag.ArgumentError, match=r"is no leaf tensor|give the parameters"):
            nn.clip_grad_norm(wrong, 1.0)  # type: ignore[arg-type]
    with pytest.raises(ag.ArgumentError, match=r"norm is 2 or np\.inf, not 3"):
        nn.clip_grad_norm([w], 1.0, norm=3)
