"""One training step, by everyone who can compute it: ours, hand-written NumPy and the peers.

A contestant is a function of a task, parameters to start from and a mini-batch. It gives a function
that runs one step and returns the value of the cost before it, and one that gives the parameters as
they are now. All are generic over the sizes of the layers.
"""

from __future__ import annotations

import importlib
import os
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

import autograd_lite as ag
import nn

Array = Any
Step = Callable[[], float]
Contestant = tuple[Step, Callable[[], list[Array]]]

BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-8


class LeftOutError(Exception):
    """A contestant cannot take part; the message says why."""


@dataclass(frozen=True)
class Task:
    """What a step computes: gradient descent on a mean cost of a sigmoid network, in float32."""

    sizes: tuple[int, ...]
    batch: int
    rate: float = 3.0
    momentum: float = 0.0
    adam: bool = False
    softmax: bool = False
    dropout: float = 0.0

    def data(self, rng: np.random.Generator) -> tuple[Array, Array]:
        """A mini-batch of random images and one-hot targets."""
        x = rng.random((self.batch, self.sizes[0]), dtype=np.float32)
        return x, np.eye(self.sizes[-1], dtype=np.float32)[rng.integers(0, self.sizes[-1], self.batch)]

    def parameters(self) -> list[Array]:
        """W1, b1, W2, b2, … to start from."""
        return [p.numpy().copy() for p in nn.MLP(self.sizes, rng=0).parameters()]


def peer(name: str) -> Any:
    """The module of a peer; `LeftOutError` where it is not installed."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise LeftOutError(f"{name.partition('.')[0]} is not installed") from error


# The library itself.


def model_of(task: Task, start: Iterable[Array]) -> nn.Module:
    """The network of a task with the given parameters."""
    if not task.dropout:
        model: nn.Module = nn.MLP(task.sizes, rng=0, output="identity" if task.softmax else None)
    else:
        if not hasattr(nn, "Dropout"):
            raise LeftOutError("nn.Dropout does not exist")
        rng = np.random.default_rng(0)
        modules: list[nn.Module] = []
        for n, m in zip(task.sizes, task.sizes[1:], strict=False):
            modules += [nn.Linear(n, m, rng=0), nn.Sigmoid(), nn.Dropout(task.dropout, rng)]
        model = nn.Sequential(*modules[:-1])
    for parameter, value in zip(model.parameters(), start, strict=True):
        parameter.assign(value)
    return model


def optimizer_of(task: Task, model: nn.Module) -> Any:
    """The optimiser of a task, of the library."""
    if task.adam:
        if not hasattr(nn, "Adam"):
            raise LeftOutError("nn.Adam does not exist")
        return nn.Adam(model.parameters(), task.rate)
    if task.momentum:
        try:
            return nn.SGD(model.parameters(), task.rate, momentum=task.momentum)
        except TypeError as error:
            raise LeftOutError("nn.SGD has no momentum") from error
    return nn.SGD(model.parameters(), task.rate)


def _cost_of(task: Task) -> Callable[..., ag.Tensor]:
    return nn.softmax_cross_entropy if task.softmax else nn.quadratic_cost


def eager(task: Task, start: list[Array], x: Array, y: Array) -> Contestant:
    """The step as a user writes it."""
    model = model_of(task, start)
    optimizer, cost_of = optimizer_of(task, model), _cost_of(task)
    x_tensor, y_tensor = ag.tensor(x), ag.tensor(y)

    def step() -> float:
        cost = cost_of(model(x_tensor), y_tensor)
        optimizer.zero_grad()
        cost.backward(free=True)
        optimizer.step()
        return cost.item()  # type: ignore[no-any-return]

    return step, lambda: [p.numpy() for p in model.parameters()]


def compiled_step(task: Task, model: nn.Module) -> Any:
    """The same step, compiled: a function of a mini-batch."""
    optimizer, cost_of = optimizer_of(task, model), _cost_of(task)

    @ag.compile
    def step(x: Any, y: Any) -> ag.Tensor:
        cost = cost_of(model(x), y)
        optimizer.zero_grad()
        cost.backward()
        optimizer.step()
        return cost

    return step


def compiled(task: Task, start: list[Array], x: Array, y: Array) -> Contestant:
    """The same step, compiled."""
    model = model_of(task, start)
    step = compiled_step(task, model)
    return lambda: step(x, y).item(), lambda: [p.numpy() for p in model.parameters()]


# Written by hand.


def sigma(z: Array) -> Array:
    return 1 / (1 + np.exp(-z))


def hand_written(task: Task, start: list[Array], x: Array, y: Array) -> Contestant:
    """BP1 to BP4 for the whole mini-batch, as one writes them by hand."""
    weights, biases = [w.copy() for w in start[::2]], [b.copy() for b in start[1::2]]
    parameters = [p for pair in zip(weights, biases, strict=True) for p in pair]
    update = _update(task, parameters)
    rng = np.random.default_rng(0)
    count, n = len(weights), task.batch

    def step() -> float:
        inputs, dropped, a = [], [], x
        for layer, (w, b) in enumerate(zip(weights, biases, strict=True), start=1):
            inputs.append(a)
            z = a @ w.T + b
            if layer == count and task.softmax:
                a = z
                break
            a = sigma(z)
            if task.dropout and layer < count:
                mask = (rng.random(a.shape, dtype=a.dtype) >= task.dropout) * np.float32(1 / (1 - task.dropout))
                dropped.append((mask, a))
                a = a * mask
        if task.softmax:
            shifted = a - a.max(axis=1, keepdims=True)
            powers = np.exp(shifted)
            total = powers.sum(axis=1, keepdims=True)
            cost = np.sum(y * (np.log(total) - shifted)) / n
            delta = (powers / total - y) / n
        else:
            error = a - y
            cost = np.sum(error * error) / (2 * n)
            delta = error * a * (1 - a) / n
        gradients: list[Array] = []
        for layer in range(count - 1, -1, -1):
            gradients += [delta.sum(axis=0), delta.T @ inputs[layer]]
            if layer and task.dropout:
                mask, a = dropped[layer - 1]
                delta = delta @ weights[layer] * mask * a * (1 - a)
            elif layer:
                a = inputs[layer]
                delta = delta @ weights[layer] * a * (1 - a)
        update(gradients[::-1])
        return float(cost)

    return step, lambda: parameters


def _update(task: Task, parameters: list[Array]) -> Callable[[list[Array]], None]:
    """The optimiser of a task, in NumPy."""
    rate, momentum = task.rate, task.momentum
    first = [np.zeros_like(p) for p in parameters] if momentum or task.adam else []
    second = [np.zeros_like(p) for p in parameters] if task.adam else []
    steps = 0

    def descend(gradients: list[Array]) -> None:
        for p, g in zip(parameters, gradients, strict=True):
            p -= rate * g

    def accelerate(gradients: list[Array]) -> None:
        for p, g, v in zip(parameters, gradients, first, strict=True):
            v *= momentum
            v += g
            p -= rate * v

    def adapt(gradients: list[Array]) -> None:
        nonlocal steps
        steps += 1
        c1, c2 = 1 - BETA1**steps, 1 - BETA2**steps
        for p, g, m, v in zip(parameters, gradients, first, second, strict=True):
            m *= BETA1
            m += (1 - BETA1) * g
            v *= BETA2
            v += (1 - BETA2) * (g * g)
            p -= rate * (m / c1) / (np.sqrt(v / c2) + EPSILON)

    return adapt if task.adam else accelerate if momentum else descend


def with_buffers(task: Task, start: list[Array], x: Array, y: Array) -> Contestant:
    """The same by hand with every result directed into memory allocated once."""
    if task.momentum or task.adam or task.softmax or task.dropout:
        raise LeftOutError("written for gradient descent on the quadratic cost")
    weights, biases = [w.copy() for w in start[::2]], [b.copy() for b in start[1::2]]
    transposed = [w.T for w in weights]
    activations = [np.empty((task.batch, m), np.float32) for m in task.sizes[1:]]
    deltas, spare = [np.empty_like(a) for a in activations], [np.empty_like(a) for a in activations]
    weight_gradients, bias_gradients = [np.empty_like(w) for w in weights], [np.empty_like(b) for b in biases]
    inputs = [x, *activations[:-1]]
    deltas_transposed = [d.T for d in deltas]
    rate, n, last = task.rate, task.batch, len(weights) - 1
    one = np.float32(1)
    forward = list(zip(inputs, transposed, biases, activations, strict=True))
    error, flat_error = deltas[last], deltas[last].ravel()

    def step() -> float:
        for before, wt, b, a in forward:
            np.dot(before, wt, out=a)
            np.add(a, b, out=a)
            np.negative(a, out=a)
            np.exp(a, out=a)
            np.add(a, one, out=a)
            np.divide(one, a, out=a)
        np.subtract(activations[last], y, out=error)
        cost = np.dot(flat_error, flat_error) / (2 * n)
        np.divide(error, n, out=error)
        for layer in range(last, -1, -1):
            a, delta, s = activations[layer], deltas[layer], spare[layer]
            if layer < last:
                np.dot(deltas[layer + 1], weights[layer + 1], out=delta)
            np.subtract(one, a, out=s)
            np.multiply(s, a, out=s)
            np.multiply(delta, s, out=delta)
            np.add.reduce(delta, axis=0, out=bias_gradients[layer])
            np.dot(deltas_transposed[layer], inputs[layer], out=weight_gradients[layer])
        for w, b, gw, gb in zip(weights, biases, weight_gradients, bias_gradients, strict=True):
            np.multiply(gw, rate, out=gw)
            np.subtract(w, gw, out=w)
            np.multiply(gb, rate, out=gb)
            np.subtract(b, gb, out=b)
        return float(cost)

    return step, lambda: [p for pair in zip(weights, biases, strict=True) for p in pair]


def per_example(task: Task, start: list[Array], x: Array, y: Array) -> Contestant:
    """The book's loop: `backprop` for one example after the other, with column vectors.

    Source: M. Nielsen, *Neural Networks and Deep Learning*, chapter 2, `network.py`.
    """
    if task.momentum or task.adam or task.softmax or task.dropout:
        raise LeftOutError("the book has gradient descent on the quadratic cost here")
    weights, biases = [w.copy() for w in start[::2]], [b.copy()[:, None] for b in start[1::2]]
    step = per_example_step(task, weights, biases)
    examples = [(a[:, None], b[:, None]) for a, b in zip(x, y, strict=True)]
    return lambda: step(examples), lambda: [p for w, b in zip(weights, biases, strict=True) for p in (w, b[:, 0])]


def sigma_prime(z: Array) -> Array:
    return sigma(z) * (1 - sigma(z))


def per_example_step(task: Task, weights: list[Array], biases: list[Array]) -> Callable[[list[Any]], float]:
    """`update_mini_batch` and `backprop` of the book, call by call, which also add up the cost."""
    count = len(weights)

    def backprop(x: Array, y: Array) -> tuple[list[Array], list[Array], float]:
        nabla_b, nabla_w = [np.zeros(b.shape, b.dtype) for b in biases], [np.zeros(w.shape, w.dtype) for w in weights]
        activation, activations, zs = x, [x], []
        for b, w in zip(biases, weights, strict=True):
            z = np.dot(w, activation) + b
            zs.append(z)
            activation = sigma(z)
            activations.append(activation)
        error = activations[-1] - y
        cost = float(np.sum(error * error)) / 2
        delta = error * sigma_prime(zs[-1])
        nabla_b[-1] = delta
        nabla_w[-1] = np.dot(delta, activations[-2].transpose())
        for layer in range(2, count + 1):
            delta = np.dot(weights[-layer + 1].transpose(), delta) * sigma_prime(zs[-layer])
            nabla_b[-layer] = delta
            nabla_w[-layer] = np.dot(delta, activations[-layer - 1].transpose())
        return nabla_b, nabla_w, cost

    def step(examples: list[Any]) -> float:
        nabla_b, nabla_w = [np.zeros(b.shape, b.dtype) for b in biases], [np.zeros(w.shape, w.dtype) for w in weights]
        total = 0.0
        for x, y in examples:
            delta_nabla_b, delta_nabla_w, cost = backprop(x, y)
            nabla_b = [nb + dnb for nb, dnb in zip(nabla_b, delta_nabla_b, strict=True)]
            nabla_w = [nw + dnw for nw, dnw in zip(nabla_w, delta_nabla_w, strict=True)]
            total += cost
        factor = task.rate / len(examples)
        weights[:] = [w - factor * nw for w, nw in zip(weights, nabla_w, strict=True)]
        biases[:] = [b - factor * nb for b, nb in zip(biases, nabla_b, strict=True)]
        return total / len(examples)

    return step


# The peers.


def _network(xp: Any, task: Task, parameters: list[Any], x: Any, y: Any) -> Any:
    """The cost in any namespace that has NumPy's names."""
    a = x
    last = len(parameters) // 2
    for layer in range(1, last + 1):
        w, b = parameters[2 * layer - 2], parameters[2 * layer - 1]
        z = xp.matmul(a, w.T) + b
        a = z if layer == last and task.softmax else 1 / (1 + xp.exp(-z))
    if task.softmax:
        shifted = a - xp.max(a, axis=1, keepdims=True)
        log_total = xp.log(xp.sum(xp.exp(shifted), axis=1, keepdims=True))
        return xp.sum(y * (log_total - shifted)) / task.batch
    error = a - y
    return xp.sum(error * error) / (2 * task.batch)


def _no_dropout(task: Task) -> None:
    if task.dropout:
        raise LeftOutError("draws other random numbers, so that it cannot be compared")


def pytorch(task: Task, start: list[Array], x: Array, y: Array) -> Contestant:
    """PyTorch as its users write it."""
    torch = peer("torch")
    _no_dropout(task)
    parameters = [torch.tensor(p, requires_grad=True) for p in start]
    x, y = torch.tensor(x), torch.tensor(y)
    if task.adam:
        optimizer = torch.optim.Adam(parameters, task.rate)
    else:
        optimizer = torch.optim.SGD(parameters, task.rate, momentum=task.momentum)

    def step() -> float:
        cost = torch_cost(torch, task, parameters, x, y)
        optimizer.zero_grad()
        cost.backward()
        optimizer.step()
        return cost.item()  # type: ignore[no-any-return]

    before = [p.detach().clone() for p in parameters]
    use_faster_threads(torch, step)
    with torch.no_grad():
        for parameter, value in zip(parameters, before, strict=True):
            parameter.copy_(value)
    optimizer.state.clear()
    return step, lambda: [p.detach().numpy() for p in parameters]


def use_faster_threads(torch: Any, step: Callable[[], object]) -> None:
    """Let PyTorch run with one thread or with one a core, whichever is faster for this step.

    Where steps are short and cores are shared, its threads may wait for each other much longer than they compute.
    """
    times = {}
    for threads in (1, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1):
        torch.set_num_threads(threads)
        step()
        begun, count = time.perf_counter(), 0
        while time.perf_counter() < begun + 0.1:
            step()
            count += 1
        times[threads] = (time.perf_counter() - begun) / count
    torch.set_num_threads(min(times, key=lambda threads: times[threads]))


def torch_cost(torch: Any, task: Task, parameters: list[Any], x: Any, y: Any) -> Any:
    linear = torch.nn.functional.linear
    a = x
    last = len(parameters) - 2
    for i in range(0, len(parameters), 2):
        z = linear(a, parameters[i], parameters[i + 1])
        a = z if i == last and task.softmax else torch.sigmoid(z)
    if task.softmax:
        return torch.nn.functional.cross_entropy(a, y)
    return ((a - y) ** 2).sum() / (2 * task.batch)


def pytorch_compiled(task: Task, start: list[Array], x: Array, y: Array) -> Contestant:
    """The whole step, gradients and update, as one graph through `torch.compile`."""
    torch = peer("torch")
    _no_dropout(task)
    if task.momentum or task.adam:
        raise LeftOutError("written for gradient descent")
    torch._dynamo.reset()
    parameters = [torch.tensor(p) for p in start]
    x, y = torch.tensor(x), torch.tensor(y)
    of_cost = torch.func.grad_and_value(lambda parameters, x, y: torch_cost(torch, task, parameters, x, y))

    @torch.compile(dynamic=False, fullgraph=True)
    def whole(parameters: list[Any], x: Any, y: Any) -> Any:
        gradients, cost = of_cost(parameters, x, y)
        for parameter, gradient in zip(parameters, gradients, strict=True):
            parameter.sub_(gradient, alpha=task.rate)
        return cost

    def step() -> float:
        with torch.no_grad():
            return whole(parameters, x, y).item()  # type: ignore[no-any-return]

    before = [p.clone() for p in parameters]
    try:
        step()
    except Exception as error:  # whatever the tool chain lacks
        raise LeftOutError(f"torch.compile fails here: {str(error).splitlines()[0][:120]}") from error
    for parameter, value in zip(parameters, before, strict=True):
        parameter.copy_(value)
    return step, lambda: [p.numpy() for p in parameters]


def jax_jit(task: Task, start: list[Array], x: Array, y: Array) -> Contestant:
    """The whole step under `jax.jit`."""
    jax = peer("jax")
    _no_dropout(task)
    jnp = jax.numpy
    of_cost = jax.value_and_grad(lambda parameters, x, y: _network(jnp, task, parameters, x, y))

    @jax.jit
    def whole(parameters: Any, state: Any, x: Any, y: Any) -> Any:
        cost, gradients = of_cost(parameters, x, y)
        if task.adam:
            m, v, steps = state
            steps = steps + 1
            m = [BETA1 * old + (1 - BETA1) * g for old, g in zip(m, gradients, strict=True)]
            v = [BETA2 * old + (1 - BETA2) * g * g for old, g in zip(v, gradients, strict=True)]
            c1, c2 = 1 - BETA1**steps, 1 - BETA2**steps
            moves = [a / c1 / (jnp.sqrt(b / c2) + EPSILON) for a, b in zip(m, v, strict=True)]
            state = m, v, steps
        elif task.momentum:
            moves = state = [task.momentum * v + g for v, g in zip(state, gradients, strict=True)]
        else:
            moves = gradients
        return cost, [p - task.rate * move for p, move in zip(parameters, moves, strict=True)], state

    parameters = [jnp.asarray(p) for p in start]
    zeros = [jnp.zeros_like(p) for p in parameters]
    state: Any = (zeros, zeros, jnp.float32(0)) if task.adam else zeros if task.momentum else ()
    x, y = jnp.asarray(x), jnp.asarray(y)

    def step() -> float:
        nonlocal parameters, state
        cost, parameters, state = whole(parameters, state, x, y)
        return float(cost)

    return step, lambda: [np.asarray(p) for p in parameters]


def hips_autograd(task: Task, start: list[Array], x: Array, y: Array) -> Contestant:
    """HIPS autograd, with the update in NumPy."""
    autograd, xp = peer("autograd"), peer("autograd.numpy")
    _no_dropout(task)
    of_cost = autograd.value_and_grad(lambda parameters: _network(xp, task, parameters, x, y))
    parameters = [p.copy() for p in start]
    update = _update(task, parameters)

    def step() -> float:
        cost, gradients = of_cost(parameters)
        update(gradients)
        return float(cost)

    return step, lambda: parameters


def mygrad(task: Task, start: list[Array], x: Array, y: Array) -> Contestant:
    """MyGrad, with the update in NumPy."""
    mg = peer("mygrad")
    _no_dropout(task)
    parameters = [mg.tensor(p) for p in start]
    update = _update(task, [p.data for p in parameters])

    def step() -> float:
        cost = _network(mg, task, parameters, x, y)
        cost.backward()
        update([p.grad for p in parameters])
        for p in parameters:
            p.null_grad()
        return float(cost.item())

    return step, lambda: [p.data for p in parameters]


CONTESTANTS: dict[str, Callable[[Task, list[Array], Array, Array], Contestant]] = {
    "eager": eager,
    "compiled": compiled,
    "hand-written": hand_written,
    "hand-written with buffers": with_buffers,
    "per-example loop": per_example,
    "PyTorch": pytorch,
    "PyTorch compiled": pytorch_compiled,
    "JAX jit": jax_jit,
    "autograd": hips_autograd,
    "MyGrad": mygrad,
}


def agree(contestants: dict[str, Contestant], reference: str, steps: int = 3) -> None:
    """Raise `AssertionError` unless all give the same costs and the same parameters for some steps."""
    for number in range(steps):
        costs = {name: step() for name, (step, _) in contestants.items()}
        for name, cost in costs.items():
            assert abs(cost - costs[reference]) <= 1e-5 + 1e-4 * abs(costs[reference]), (
                f"step {number}: the cost is {cost} in {name}, {costs[reference]} in {reference}"
            )
    expected = contestants[reference][1]()
    for name, (_, after) in contestants.items():
        for mine, other in zip(after(), expected, strict=True):
            assert mine.dtype == other.dtype == np.float32, f"{name} computes in {mine.dtype}"
            np.testing.assert_allclose(mine, other, rtol=1e-3, atol=1e-5, err_msg=name)
