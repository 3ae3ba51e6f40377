"""`Module`: a thing with parameters and a forward; how its tensors are found, saved and loaded.

Knows names and the tree of modules. Must not know any particular layer, cost or optimiser.
"""

from __future__ import annotations

import functools
import reprlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Self

import numpy as np

import autograd_lite as ag
from autograd_lite import Tensor, backend, display
from nn import state as states
from nn.calling import check_call
from nn.errors import UnwrittenError
from nn.parameter import is_parameter, mark
from nn.state import Found
from nn.summary import Summary, summary

# A scope keeps no state of its own, so one serves all modules of a name.
_scope = functools.cache(ag.scope)


class Module:
    """The base of every layer and model: write `forward`, and set tensors and modules as attributes.

    Attributes that are Tensors or Modules, and those in lists, tuples and dictionaries, are found by
    themselves. What is trained is an `nn.Parameter`; another Tensor is a buffer, such as a running
    mean: it is saved with the parameters and never trained. A result of a graph is neither.
    Calling a module runs `forward` with its name put on the nodes it makes.

    >>> class Scale(nn.Module):
    ...     def __init__(self):
    ...         self.factor = nn.Parameter(2.0)
    ...     def forward(self, x):
    ...         return x * self.factor
    >>> Scale()(np.ones(2, np.float32)).numpy()
    array([2., 2.], dtype=float32)
    """

    training: bool = True
    label: str | None = None

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        check_call(cls, args, kwargs)
        return super().__new__(cls)

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """What the module computes; written by each subclass."""
        raise UnwrittenError(f"{type(self).__name__} has no forward: write one")

    def __call__(self, *args: Any, **kwargs: Any) -> Tensor:
        name = self.label or type(self).__name__
        with _scope(name):
            try:
                return self.forward(*args, **kwargs)  # type: ignore[no-any-return]
            except ag.ShapeError as error:
                _place(error, self.label, name)
                raise

    # A compiled step watches the attributes of modules through this.
    __watched__ = True

    def __setattr__(self, name: str, value: Any) -> None:
        earlier = vars(self).get(name)
        if isinstance(earlier, Tensor) and is_parameter(earlier):
            self._refuse_no_parameter(name, value)
        object.__setattr__(self, name, value)
        ag.touch()
        for path, _, child in states.inside(Found(name, name, value), (Tensor, Module)):
            if isinstance(child, Tensor):
                is_parameter(child)  # whoever freezes it later freezes a parameter
            elif child.label is None:
                object.__setattr__(child, "label", path)

    def _refuse_no_parameter(self, name: str, value: Any) -> None:
        """Raise `ArgumentError` where a parameter would be lost: for an array, or a result, in its place."""
        if backend.is_array(value) or (isinstance(value, Tensor) and value.node is not None):
            what = "a result" if isinstance(value, Tensor) else "an array"
            raise ag.ArgumentError(
                f"{self.label or type(self).__name__}: {name} is a parameter, and {what} in its place would be neither "
                f"trained nor saved: write module.{name}.assign(…) for new values, or nn.Parameter(…) for another"
            )

    def __delattr__(self, name: str) -> None:
        object.__delattr__(self, name)
        ag.touch()

    def _own(self, kind: type, path: str = "", place: str = "") -> Iterator[Found]:
        """What this module itself has of a kind, under its path and place."""
        for name, value in vars(self).items():
            yield from states.inside(Found(_join(path, name), _join(place, name), value), kind)

    def _modules(self, prefix: str = "") -> Iterator[Found]:
        seen: set[int] = set()
        stack = [Found(prefix, prefix, self)]
        while stack:
            found = stack.pop()
            if id(found.value) in seen:
                continue
            seen.add(id(found.value))
            yield found
            stack.extend(reversed(list(found.value._own(Module, found.path, found.place))))

    def _leaves(self) -> Iterator[Found]:
        """Every parameter and every buffer, each once."""
        seen: set[int] = set()
        for path, place, module in self._modules():
            for found in module._own(Tensor, path, place):
                if id(found.value) not in seen and found.value.node is None:
                    seen.add(id(found.value))
                    yield found

    def _named(self, tensors: Iterator[Found]) -> dict[str, Tensor]:
        return states.by_path(type(self).__name__, tensors)

    def named_modules(self, prefix: str = "") -> Iterator[tuple[str, Module]]:
        """This module and every module inside it, with the path to it; each once.

        >>> [name for name, _ in nn.MLP([2, 2, 1]).named_modules()]
        ['', 'layers.0', 'layers.1', 'activation']
        """
        return ((path, module) for path, _, module in self._modules(prefix))

    def named_parameters(self) -> Iterator[tuple[str, Tensor]]:
        """Every parameter of this module and those inside it, with the path to it; each once.

        Raises `ArgumentError` where two have the same path.

        >>> [name for name, _ in nn.Linear(2, 1).named_parameters()]
        ['weight', 'bias']
        """
        return iter(self._named(each for each in self._leaves() if is_parameter(each.value)).items())

    def named_buffers(self) -> Iterator[tuple[str, Tensor]]:
        """Every buffer of this module and those inside it, with the path to it; each once.

        Raises `ArgumentError` where two have the same path.

        >>> class Counter(nn.Module):
        ...     def __init__(self):
        ...         self.seen = ag.tensor(0)
        >>> [name for name, _ in Counter().named_buffers()]
        ['seen']
        """
        return iter(self._named(each for each in self._leaves() if not is_parameter(each.value)).items())

    def parameters(self) -> list[Tensor]:
        """The parameters, frozen ones too: what an optimiser is given."""
        return [each.value for each in self._leaves() if is_parameter(each.value)]

    def buffers(self) -> list[Tensor]:
        """The tensors that are saved and never trained.

        >>> nn.Linear(2, 1).buffers()
        []
        """
        return [each.value for each in self._leaves() if not is_parameter(each.value)]

    def state_dict(self) -> dict[str, np.ndarray]:
        """The values of all parameters and buffers as NumPy copies, by path.

        Raises `ArgumentError` where two have the same path.
        """
        return {path: value.numpy() for path, value in self._named(self._leaves()).items()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take the values of all parameters and buffers from `state`; dtypes stay, and so do devices.

        Raises `ShapeError` with every missing key, unexpected key and wrong shape in one message;
        nothing is written unless everything fits.

        >>> model = nn.Linear(2, 1)
        >>> model.load_state_dict({"weight": np.ones((1, 2)), "bias": np.zeros(1)})
        >>> model.weight.numpy()
        array([[1., 1.]], dtype=float32)
        """
        own = self._named(self._leaves())
        states.assign(own, states.fitted(type(self).__name__, "model", own, state))

    def __getstate__(self) -> dict[str, Any]:
        # That a frozen tensor is a parameter is not in the tensor: copies and pickles carry it along.
        frozen = [t for _, _, t in self._own(Tensor) if not t.requires_grad and is_parameter(t)]
        return {**vars(self), _FROZEN: frozen} if frozen else dict(vars(self))

    def __setstate__(self, state: dict[str, Any]) -> None:
        for tensor in state.pop(_FROZEN, ()):
            mark(tensor)
        vars(self).update(state)

    def train(self, mode: bool = True) -> Self:
        """Switch this module and those inside it to training, or with `mode=False` to evaluation."""
        for _, module in self.named_modules():
            module.training = bool(mode)
        return self

    def eval(self) -> Self:
        """Switch this module and those inside it to evaluation."""
        return self.train(False)

    def apply(self, function: Callable[[Module], Any]) -> Self:
        """Call `function` on every module inside this one and then on itself; each once.

        >>> def sharpen(module):
        ...     if isinstance(module, nn.Linear):
        ...         module.weight.assign(2 * module.weight.detach())
        >>> model = nn.Sequential(nn.Linear(2, 1), nn.Tanh()).apply(sharpen)
        """
        if not callable(function):
            raise ag.ArgumentError(f"apply() takes a function of a module, not {function!r:.60}")
        for _, module in reversed(list(self.named_modules())):
            function(module)
        return self

    def freeze(self) -> Self:
        """Let no parameter of this module or those inside it be trained: they keep their values until `unfreeze`.

        They stay parameters, which optimisers pass over. Buffers, such as the running statistics of a batch
        normalisation, are no parameters: `eval()` is what keeps those.

        >>> model = nn.Linear(2, 1).freeze()
        >>> model.weight.requires_grad, len(model.parameters())
        (False, 2)
        """
        return self._frozen(True)

    def unfreeze(self) -> Self:
        """Let every parameter of this module and those inside it be trained again.

        >>> nn.Linear(2, 1).freeze().unfreeze().weight.requires_grad
        True
        """
        return self._frozen(False)

    def _frozen(self, frozen: bool) -> Self:
        parameters = self.parameters()
        for parameter in parameters:
            parameter.requires_grad = not frozen
            if frozen:
                parameter.grad = None  # it would be taken for one of the next step
        ag.touch()
        return self

    def zero_grad(self) -> None:
        """Forget the gradients of all parameters.

        >>> model = nn.Linear(1, 1)
        >>> model(np.ones(1)).sum().backward()
        >>> model.zero_grad()
        >>> model.weight.grad is None
        True
        """
        for parameter in self.parameters():
            parameter.grad = None

    def summary(self, *inputs: Any, **options: Any) -> Summary:
        """A table of what each module inside makes of inputs: shapes, parameters, operations, memory.

        An input is an array, or a shape, which stands for zeros. The model is run once in evaluation, and is as it was
        afterwards; `options` go to its `forward`. Raises `ShapeError` for an input that does not fit.

        >>> print(nn.Sequential(nn.Linear(784, 30), nn.Sigmoid(), nn.Linear(30, 10)).summary((100, 784)))
                  module                            gives      parameters  operations    memory
                  Sequential()                      (100, 10)
        layers.0  Linear(784, 30, dtype=float32)    (100, 30)      23,550   4,707,000  23.4 KiB
        layers.1  Sigmoid()                         (100, 30)                   3,000  11.7 KiB
        layers.2  Linear(30, 10, dtype=float32)     (100, 10)         310      61,000   7.8 KiB
        Sequential of (100, 784) float32: 23,860 parameters; 4,771,000 operations; 93.2 KiB of parameters and buffers,
        43.0 KiB of results
        """
        return summary(self, inputs, options)

    def extra_repr(self) -> str:
        """What stands in the parentheses of the module's line in `repr`."""
        return ""

    @reprlib.recursive_repr("… (see above)")
    def __repr__(self) -> str:
        inside = [(path, child) for path, _, child in self._own(Module)]
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
            own = {name: value for name, _, value in module._own(Tensor) if value.node is None}
            count = sum(value.size for value in own.values() if id(value) not in seen and is_parameter(value))
            seen.update(map(id, own.values()))
            total += count
            shapes = ", ".join(
                f"{name} {value.shape} {value.dtype}" + ("" if is_parameter(value) else ", a buffer")
                for name, value in own.items()
            )
            rows.append((path, f"{type(module).__name__}({module.extra_repr()})", shapes, f"{count:,}" if own else ""))
        caption = f"{rows[0][1]}: {total:,} number{'s' * (total != 1)} in its parameters"
        if len(rows) > 1 and not rows[0][2]:
            del rows[0]
        shown = display.shortened(rows, ("…", "", "", ""))
        return display.html_table([("", "module", "parameters", "numbers"), *shown], caption, left=(0, 1, 2))


_FROZEN = "frozen parameters"


def _place(error: ag.ShapeError, label: str | None, name: str) -> None:
    """Say in which module the shapes did not fit: the innermost, by its path from the model that was called."""
    if not error.args:
        return
    if not getattr(error, "placed", False):
        error.args = (f"{name}: {error.args[0]}", *error.args[1:])
        error.placed = True  # type: ignore[attr-defined]
    elif label is not None:
        error.args = (f"{label}.{error.args[0]}", *error.args[1:])


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
