"""Recurrent layers: a state carried from step to step; stacked, in both directions, over sequences of any length.

Examples are rows: x is (examples, steps, inputs). Parameters are called as PyTorch's are, `weight_ih_l0` and
`weight_hh_l0` with rows gate by gate, so that states of either fit the other. Must not know what reads the outputs.
"""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd_lite as ag
from autograd_lite import Tensor
from nn.arguments import whole
from nn.initializers import generator
from nn.layers.dropout import dropped
from nn.layers.layer import Layer, Shape, number
from nn.parameter import Parameter

States = tuple[Tensor, ...]


class _Recurrent(Layer):
    """What RNN, GRU and LSTM have in common: layers, directions, lengths. Each says what one step is."""

    gates: int
    """How many rows of the weights there are for each number of the state."""
    carried: tuple[str, ...] = ("h",)
    """What the states are called, the output of a step first."""
    shifted = True
    """Whether both biases are added alike, so that they can be added beforehand."""

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        dropout: float = 0.0,
        bidirectional: bool = False,
        rng: Any = None,
        dtype: Any = np.float32,
    ) -> None:
        kind = type(self).__name__
        self.input_size = whole(f"{kind}: input_size", input_size, 1)
        self.hidden_size = whole(f"{kind}: hidden_size", hidden_size, 1)
        self.num_layers = whole(f"{kind}: num_layers", num_layers, 1)
        self.p = number(f"{kind}: dropout", dropout, 0, 1)
        self.bias, self.bidirectional = bool(bias), bool(bidirectional)
        self.rng = generator(rng)
        rows, bound = self.gates * self.hidden_size, 1 / np.sqrt(self.hidden_size)
        for layer in range(self.num_layers):
            inputs = self.input_size if layer == 0 else self.hidden_size * (1 + self.bidirectional)
            for name in self._names(layer):
                sizes: dict[str, tuple[int, ...]] = {
                    f"weight_ih_{name}": (rows, inputs), f"weight_hh_{name}": (rows, self.hidden_size)
                }  # fmt: skip
                if self.bias:
                    sizes |= {f"bias_ih_{name}": (rows,), f"bias_hh_{name}": (rows,)}
                for each, shape in sizes.items():
                    setattr(self, each, Parameter(self.rng.uniform(-bound, bound, shape), dtype=dtype, name=each))
        self.dtype = self.weight_ih_l0.dtype

    weight_ih_l0: Tensor

    def _names(self, layer: int) -> list[str]:
        return [f"l{layer}", f"l{layer}_reverse"][: 1 + self.bidirectional]

    def takes(self) -> tuple[Shape, ...]:
        return (("examples", "steps", self.input_size), ("steps", self.input_size))

    def gives(self, shape: Shape) -> Shape:
        return (...,)

    def forward(self, x: Any, state: Any = None, lengths: Any = None) -> tuple[Tensor, Any]:
        """Outputs of the last layer at every step, and the state of every layer and direction after the last one."""
        x = self.taken(x, self.dtype)
        one = x.ndim == 2
        if one:
            x = ag.expand_dims(x, axis=0)
        examples, steps, _ = x.shape
        if not steps:
            raise ag.ShapeError(f"the input has shape {x.shape}: there is no step in it")
        begin = self._begin(state, examples, one, x)
        within = None if lengths is None else self._within(lengths, examples, steps, x)
        ends: list[States] = []
        for layer in range(self.num_layers):
            if layer and self.p and self.training:
                x = dropped(x, x, self)
            found = []
            for way, name in enumerate(self._names(layer)):
                outputs, end = self._run(x, begin[len(ends)], name, bool(way), within)
                found.append(outputs)
                ends.append(end)
            x = found[0] if len(found) == 1 else ag.concatenate(found, axis=-1)
        stacked = [ag.stack(parts, axis=0) for parts in zip(*ends, strict=True)]
        if one:
            x, stacked = x[0], [each[:, 0] for each in stacked]
        return x, stacked[0] if len(stacked) == 1 else tuple(stacked)

    def _begin(self, state: Any, examples: int, one: bool, x: Tensor) -> list[States]:
        """The state that each layer and direction begins with: that given, or zeros."""
        count = self.num_layers * (1 + self.bidirectional)
        if state is None:
            with ag.no_grad():
                nothing = ag.broadcast_to(ag.zeros_like(x[:, 0, :1]), (examples, self.hidden_size))
            return [(nothing,) * len(self.carried)] * count
        parts = (state,) if len(self.carried) == 1 else state
        if not isinstance(parts, tuple | list) or len(parts) != len(self.carried):
            raise ag.ArgumentError(
                f"{self.described()}: a state is a pair ({', '.join(self.carried)}), as it is returned, not "
                f"{type(state).__name__}"
            )
        wanted = (count, self.hidden_size) if one else (count, examples, self.hidden_size)
        tensors = []
        for name, part in zip(self.carried, parts, strict=True):
            part = ag.asarray(part)
            if part.shape != wanted:
                raise ag.ShapeError(
                    f"the state {name} has shape {part.shape}, but {self.described()} takes {wanted}: layers · "
                    "directions, examples, hidden_size"
                )
            part = part.astype(self.dtype) if part.dtype != self.dtype else part
            tensors.append(ag.expand_dims(part, axis=1) if one else part)
        return [tuple(part[i] for part in tensors) for i in range(count)]

    def _within(self, lengths: Any, examples: int, steps: int, x: Tensor) -> list[Tensor]:
        """For each step, a column that says which examples go so far."""
        if not isinstance(lengths, Tensor):
            found = np.asarray(lengths) if isinstance(lengths, list | tuple) else lengths
            lengths = ag.asarray(found)
            if isinstance(found, np.ndarray) and found.dtype.kind in "iu" and found.size:
                low, high = int(found.min()), int(found.max())
                if low < 1 or high > steps:
                    raise ag.DataError(
                        f"{self.described()}: lengths go from {low} to {high}, and there are {steps} steps: each is "
                        f"from 1 to {steps}"
                    )
        if lengths.dtype.kind not in "iu" or lengths.shape != (examples,):
            raise ag.ShapeError(
                f"lengths have shape {lengths.shape} and dtype {lengths.dtype}: give a whole number for each of the "
                f"{examples} examples"
            )
        with ag.no_grad():
            column = lengths.reshape((examples, 1))
            return [column > step for step in range(steps)]

    def _run(self, x: Tensor, states: States, name: str, backwards: bool, within: Any) -> tuple[Tensor, States]:
        """One layer in one direction: its outputs at every step, and the states after the last."""
        examples, steps, _ = x.shape
        w, u = getattr(self, f"weight_ih_{name}"), getattr(self, f"weight_hh_{name}")
        seen = x @ w.T
        later = None
        if self.bias:
            b, c = getattr(self, f"bias_ih_{name}"), getattr(self, f"bias_hh_{name}")
            seen = seen + (b + c if self.shifted else b)
            later = None if self.shifted else c
        # Parts of one array, of which the gradients are joined again: a piece of its own a step would be as long as x.
        rows = w.shape[0]
        parts = [part.reshape((examples, rows)) for part in ag.split(seen, steps, axis=1)]
        u = u.T
        outputs: list[Any] = [None] * steps
        for step in reversed(range(steps)) if backwards else range(steps):
            now = self._step(parts[step], states, u, later)
            if within is not None:  # where a sequence has ended, or has not begun, the state stays
                now = tuple(ag.where(within[step], new, old) for new, old in zip(now, states, strict=True))
                outputs[step] = ag.where(within[step], now[0], 0)
            else:
                outputs[step] = now[0]
            states = now
        return ag.stack(outputs, axis=1), states

    def _step(self, seen: Tensor, states: States, u: Tensor, later: Tensor | None) -> States:
        """The states after one more step, of what it sees and the states before; `u` maps the output before."""
        raise AssertionError("each kind of recurrent layer has its own")

    def extra_repr(self) -> str:
        said = [f"{self.input_size}, {self.hidden_size}"]
        if self.num_layers > 1:
            said.append(f"num_layers={self.num_layers}")
        said += [] if self.bias else ["bias=False"]
        said += [f"dropout={self.p:g}"] if self.p else []
        said += ["bidirectional=True"] if self.bidirectional else []
        return ", ".join([*said, f"dtype={self.dtype}"])


class RNN(_Recurrent):
    """h' = f(W x + b + U h + c) from step to step, with f = tanh, or `nonlinearity="relu"`.

    `x` is (examples, steps, input_size), or (steps, input_size) of one example. Returns the outputs of the last layer,
    (examples, steps, hidden_size · directions), and the state (num_layers · directions, examples, hidden_size), which
    can be handed on as `state`. With `num_layers` each layer reads the outputs of the one before, in training with
    `dropout` between; with `bidirectional=True` a second one of each runs from the end, and outputs stand side by side.

    `lengths` are the numbers of steps of sequences that were filled up to one length: behind its end a sequence's
    outputs are 0, its state stays, and the way back begins at its last step. Raises `ShapeError` for other inputs,
    states and lengths, and `DataError` for lengths that are not from 1 to the number of steps.
    Source: J. Elman, Finding structure in time, 1990; M. Schuster, K. Paliwal, Bidirectional recurrent neural
    networks, 1997.

    >>> outputs, state = nn.RNN(3, 4, rng=0)(np.zeros((5, 7, 3)))
    >>> outputs.shape, state.shape
    ((5, 7, 4), (1, 5, 4))
    """

    gates = 1

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        nonlinearity: str = "tanh",
        bias: bool = True,
        dropout: float = 0.0,
        bidirectional: bool = False,
        rng: Any = None,
        dtype: Any = np.float32,
    ) -> None:
        if nonlinearity not in ("tanh", "relu"):
            raise ag.ArgumentError(f'RNN: nonlinearity is "tanh" or "relu", not {nonlinearity!r:.60}')
        self.nonlinearity = nonlinearity
        super().__init__(input_size, hidden_size, num_layers, bias, dropout, bidirectional, rng, dtype)

    def _step(self, seen: Tensor, states: States, u: Tensor, later: Tensor | None) -> States:
        z = seen + states[0] @ u
        return (ag.tanh(z) if self.nonlinearity == "tanh" else ag.relu(z),)

    def extra_repr(self) -> str:
        return super().extra_repr() + ("" if self.nonlinearity == "tanh" else ', nonlinearity="relu"')


class GRU(_Recurrent):
    """A gated recurrent unit: h' = (1 - z) ⊙ n + z ⊙ h with gates r, z and the new content n.

    r = σ(W_r x + b_r + U_r h + c_r), z = σ(W_z x + b_z + U_z h + c_z), n = tanh(W_n x + b_n + r ⊙ (U_n h + c_n)); rows
    of the weights are in the order r, z, n. Inputs, outputs, layers, directions and lengths are as in `RNN`.
    Source: K. Cho and others, Learning phrase representations using RNN encoder–decoder, 2014; with the reset gate
    behind the product.

    >>> outputs, state = nn.GRU(3, 4, num_layers=2, rng=0)(np.zeros((5, 7, 3)), lengths=[7, 1, 2, 3, 4])
    >>> outputs.shape, state.shape
    ((5, 7, 4), (2, 5, 4))
    """

    gates = 3
    shifted = False

    def _step(self, seen: Tensor, states: States, u: Tensor, later: Tensor | None) -> States:
        (h,) = states
        kept = h @ u
        if later is not None:
            kept = kept + later
        r_x, z_x, n_x = ag.split(seen, 3, axis=1)
        r_h, z_h, n_h = ag.split(kept, 3, axis=1)
        n = ag.tanh(n_x + ag.sigmoid(r_x + r_h) * n_h)
        return (n + ag.sigmoid(z_x + z_h) * (h - n),)


class LSTM(_Recurrent):
    """Long short-term memory: c' = f ⊙ c + i ⊙ g and h' = o ⊙ tanh(c'), with gates i, f, o and the new content g.

    i, f, o = σ(W x + b + U h + c) and g = tanh(W x + b + U h + c), each with weights of its own, whose rows are in the
    order i, f, g, o. Inputs, outputs, layers, directions and lengths are as in `RNN`; a state is a pair (h, c) of
    arrays (num_layers · directions, examples, hidden_size).
    Source: S. Hochreiter, J. Schmidhuber, Long short-term memory, 1997; with the forget gate of F. Gers and others,
    Learning to forget, 2000.

    >>> outputs, (h, c) = nn.LSTM(3, 4, bidirectional=True, rng=0)(np.zeros((5, 7, 3)))
    >>> outputs.shape, h.shape, c.shape
    ((5, 7, 8), (2, 5, 4), (2, 5, 4))
    """

    gates = 4
    carried = ("h", "c")

    def _step(self, seen: Tensor, states: States, u: Tensor, later: Tensor | None) -> States:
        h, c = states
        i, f, g, o = ag.split(seen + h @ u, 4, axis=1)
        c = ag.sigmoid(f) * c + ag.sigmoid(i) * ag.tanh(g)
        return ag.sigmoid(o) * ag.tanh(c), c
