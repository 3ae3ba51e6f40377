"""`Module`: a thing with parameters and a forward; how its tensors are found, saved and loaded.

Knows names and the tree of modules. Must not know any particular layer, cost or optimiser.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

import autograd_lite as ag
from autograd_lite import Tensor, backend, display

# A scope keeps no state of its own, so one serves all modules of a name.
_scope = functools.cache(ag.scope)


class Module:
    """The base of every layer and model: write `forward`, and set tensors and modules as attributes.

    Attributes that are Tensors or Modules, and those in lists, tuples and dictionaries, are found by
    themselves. Calling a module runs `forward` with its name put on the nodes it makes.

    >>> class Scale(nn.Module):
    ...     def __init__(self):
    ...         self.factor = ag.tensor(2.0, requires_grad=True)
    ...     def forward(self, x):
    ...         return x * self.factor
    >>> Scale()(np.ones(2)).numpy()
    array([2., 2.])
    """

    training: bool = True
    label: str | None = None

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """What the module computes; written by each subclass."""
        raise NotImplementedError(f"{type(self).__name__} has no forward: write one")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        with _scope(self.label or type(self).__name__):
            return self.forward(*args, **kwargs)

    # A compiled step watches the attributes of modules through this.
    __watched__ = True

    def __setattr__(self, name: str, value: Any) -> None:
        object.__setattr__(self, name, value)
        ag.touch()
        for path, child in _children(name, value):
            if isinstance(child, Module) and child.label is None:
                object.__setattr__(child, "label", path)

    def _members(self) -> Iterator[tuple[str, Any]]:
        for name, value in vars(self).items():
            yield from _children(name, value)

    def named_modules(self, prefix: str = "") -> Iterator[tuple[str, Module]]:
        """This module and every module inside it, with the path to it; each once.

        >>> [name for name, _ in nn.MLP([2, 2, 1]).named_modules()]
        ['', 'layers.0', 'layers.1', 'activation']
        """
        seen: set[int] = set()
        stack: list[tuple[str, Module]] = [(prefix, self)]
        while stack:
            path, module = stack.pop()
            if id(module) in seen:
                continue
            seen.add(id(module))
            yield path, module
            inside = [(_join(path, name), child) for name, child in module._members() if isinstance(child, Module)]
            stack.extend(reversed(inside))

    def named_parameters(self) -> Iterator[tuple[str, Tensor]]:
        """Every tensor of this module and those inside it, with the path to it; each once.

        >>> [name for name, _ in nn.Linear(2, 1).named_parameters()]
        ['weight', 'bias']
        """
        seen: set[int] = set()
        for path, module in self.named_modules():
            for name, value in module._members():
                if isinstance(value, Tensor) and id(value) not in seen:
                    seen.add(id(value))
                    yield _join(path, name), value

    def parameters(self) -> list[Tensor]:
        """The tensors of `named_parameters`, in its order."""
        return [value for _, value in self.named_parameters()]

    def state_dict(self) -> dict[str, np.ndarray]:
        """The values of all parameters as NumPy copies, by path."""
        return {name: value.numpy() for name, value in self.named_parameters()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take the values of all parameters from `state`; dtypes stay, and so do devices.

        Raises `ShapeError` with every missing key, unexpected key and wrong shape in one message;
        nothing is written unless everything fits.

        >>> model = nn.Linear(2, 1)
        >>> model.load_state_dict({"weight": np.ones((1, 2)), "bias": np.zeros(1)})
        >>> model.weight.numpy()
        array([[1., 1.]], dtype=float32)
        """
        own = dict(self.named_parameters())
        problems = [f"missing: {name} {value.shape}" for name, value in own.items() if name not in state]
        problems += [f"unexpected: {name}" for name in state if name not in own]
        arrays: dict[str, np.ndarray] = {}
        for name, value in own.items():
            if name not in state:
                continue
            given = state[name]
            array = given.numpy() if isinstance(given, Tensor) else backend.as_array(given)
            if array.shape != value.shape:
                problems.append(f"wrong shape: {name} is {value.shape} in the model and {array.shape} in the state")
            elif not np.can_cast(array.dtype, value.dtype, "same_kind"):
                problems.append(f"wrong dtype: {name} is {value.dtype} in the model and {array.dtype} in the state")
            else:
                arrays[name] = array
        if problems:
            raise ag.ShapeError(f"the state does not fit {type(self).__name__}:\n  " + "\n  ".join(problems))
        for name, array in arrays.items():
            own[name].assign(backend.namespace(own[name].data).asarray(array))

    def train(self, mode: bool = True) -> Module:
        """Switch this module and those inside it to training, or with `mode=False` to evaluation."""
        for _, module in self.named_modules():
            module.training = bool(mode)
        return self

    def eval(self) -> Module:
        """Switch this module and those inside it to evaluation."""
        return self.train(False)

    def extra_repr(self) -> str:
        """What stands in the parentheses of the module's line in `repr`."""
        return ""

    def __repr__(self) -> str:
        inside = [(name, child) for name, child in self._members() if isinstance(child, Module)]
        head = f"{type(self).__name__}({self.extra_repr()}"
        if not inside:
            return head + ")"
        shown = display.shortened(inside, None)
        lines = [f"  {each[0]}: " + repr(each[1]).replace("\n", "\n  ") if each else "  …" for each in shown]
        return head + "\n" + "\n".join(lines) + "\n)"

    def _repr_html_(self) -> str:
        """A table of the modules inside, their parameters, and how many numbers those are."""
        seen: set[int] = set()
        rows: list[tuple[str, ...]] = []
        total = 0
        for path, module in self.named_modules():
            own = {name: value for name, value in module._members() if isinstance(value, Tensor)}
            count = sum(value.size for value in own.values() if id(value) not in seen)
            seen.update(map(id, own.values()))
            total += count
            shapes = ", ".join(f"{name} {value.shape} {value.dtype}" for name, value in own.items())
            rows.append((path, f"{type(module).__name__}({module.extra_repr()})", shapes, f"{count:,}" if own else ""))
        caption = f"{rows[0][1]}: {total:,} number{'s' * (total != 1)} in its parameters"
        if len(rows) > 1 and not rows[0][2]:
            del rows[0]
        shown = display.shortened(rows, ("…", "", "", ""))
        return display.html_table([("", "module", "parameters", "numbers"), *shown], caption, left=(0, 1, 2))


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _children(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """The tensors and modules in one attribute, with their paths."""
    if isinstance(value, Tensor | Module):
        yield name, value
    elif isinstance(value, list | tuple):
        for i, item in enumerate(value):
            yield from _children(f"{name}.{i}", item)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _children(f"{name}.{key}", item)


class Sequential(Module):
    """Modules, or functions of one tensor, applied one after the other.

    >>> nn.Sequential(nn.Linear(4, 3), nn.Sigmoid(), nn.Linear(3, 2))(np.zeros((5, 4))).shape
    (5, 2)
    """

    def __init__(self, *layers: Module | Callable[[Any], Any]) -> None:
        self.layers = list(layers)

    def forward(self, x: Any) -> Any:
        for layer in self.layers:
            x = layer(x)
        return x
