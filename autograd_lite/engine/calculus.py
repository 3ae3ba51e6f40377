"""Gradients as functions: of one result or several, with respect to any tensors, written nowhere.

Knows how the tensors that matter are found and what a user is told where there is no path. Must not know how the
reverse pass is done.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from autograd_lite import backend, tree
from autograd_lite.diagnosis import describe
from autograd_lite.engine.graph import ancestors, enable_grad, mode, no_grad
from autograd_lite.engine.reverse import apart, memory_of, own, seed_of, start_of, sweep
from autograd_lite.engine.rows import Rows, sweep_rows
from autograd_lite.engine.tensor import Tensor, apply, asarray
from autograd_lite.engine.witness import SILENT
from autograd_lite.errors import ArgumentError, DtypeError, GraphError, ShapeError
from autograd_lite.op import Operation
from autograd_lite.ops import joining, shaping


def grad(
    output: Any, inputs: Any = None, gradient: Any = None, create_graph: bool = False, allow_unused: bool = False
) -> Any:
    """The gradient of `output` with respect to one tensor, or a list of them, results included.

    `output` may be a list or tuple of tensors; `gradient` is then one of as many gradients to start from, and what
    comes back is the sum of what each gives. A scalar needs none; `None` in such a list leaves its output out unless it
    is a scalar. Nothing is written to any `grad`. With `create_graph` the gradients are recorded and can be
    differentiated again. A tensor that `output` does not depend on raises `GraphError`, or gives `None` with
    `allow_unused`.

    >>> import autograd_lite as ag
    >>> x = ag.tensor(2.0, requires_grad=True)
    >>> slope = ag.grad(x**3, x, create_graph=True)
    >>> slope.item(), ag.grad(slope, x).item()
    (12.0, 12.0)
    >>> ag.grad([x * x, 3 * x], x, [1.0, 10.0]).item()
    34.0
    """
    if callable(output) and not isinstance(output, Tensor):
        raise ArgumentError(
            "grad() takes a result, not a function: write value, gradient = ag.value_and_grad(f)(x), and "
            "lambda x: ag.value_and_grad(f)(x)[1] for the gradient as a function"
        )
    if inputs is None:
        raise ArgumentError("grad(): say with respect to what, as in ag.grad(output, x)")
    single = isinstance(inputs, Tensor)
    if not single and not isinstance(inputs, Iterable):
        raise ArgumentError(f"grad(): {inputs!r:.60} is no tensor and no list of tensors: write ag.grad(output, x)")
    targets: Sequence[Tensor] = (inputs,) if single else tuple(inputs)
    for i, x in enumerate(targets):
        if not isinstance(x, Tensor):
            raise ArgumentError(f"grad(): input {i} is {type(x).__name__}, not a tensor")
    outputs, given = _outputs(output, gradient)
    seeds = [seed_of(each, start, "grad()") for each, start in zip(outputs, given, strict=True)]
    useful = _useful(outputs, {x for x in targets if x.requires_grad})
    record = create_graph or mode.now.witness.records
    if record:
        with enable_grad() if create_graph else no_grad():
            starts = [
                start if create_graph and type(start) is Tensor and start.dtype == each.dtype
                else start_of(each, start, seed)
                for each, start, seed in zip(outputs, given, seeds, strict=True)
            ]  # fmt: skip
            grads = sweep(outputs, starts, useful, record=True)
    else:
        grads = sweep(outputs, seeds, useful)
    found: list[Any] = []
    memories = {memory_of(seed) for seed in seeds}
    for i, x in enumerate(targets):
        g = grads.get(x)
        if g is None and not allow_unused:
            why = "" if x.requires_grad else " (it does not require a gradient)"
            raise GraphError(
                f"grad(): {_described(outputs)} does not depend on input {i}, {describe(x)}{why}: "
                "leave it out, or pass allow_unused=True to get None"
            )
        if g is not None and not record:
            if memory_of(g) in memories or memory_of(g) == memory_of(x._data) or 0 in g.strides:
                g = apart(g)
            memories.add(memory_of(g))
            g = Tensor(g, copy=False)
        found.append(g)
    if mode.now.witness is not SILENT:
        reached = [(x, None, g) for x, g in zip(targets, found, strict=True) if g is not None]
        mode.now.witness.passed(reached, False)
    return found[0] if single else found


def value_and_grad(f: Callable[..., Any], argnums: Any = 0, has_aux: bool = False) -> Callable[..., tuple[Any, Any]]:
    """The function that gives the value of `f`, which is a scalar, and its gradient at the arguments it is called with.

    The gradient is taken with respect to the argument `argnums` (a whole number; a tuple of them gives a tuple of
    gradients), which is an array or nested tuples, lists and dictionaries of arrays, and has its form; a list of
    numbers is an array, as everywhere. The other arguments and keywords reach `f` as they are. With `has_aux`, `f`
    returns `(value, anything else)`, and so does the function in the place of the value.

    The gradient is exact, and can be differentiated again where an argument, or a tensor that `f` reads, requires a
    gradient.

    Raises `ArgumentError` where `f` gives no scalar, `DtypeError` for an argument of whole numbers.

    >>> import autograd_lite as ag
    >>> value, slope = ag.value_and_grad(lambda p: (p["a"] * p["b"]).sum())({"a": [1.0, 2.0], "b": 3.0})
    >>> value.item(), slope["a"].numpy(), slope["b"].item()
    (9.0, array([3., 3.]), 3.0)
    """
    if not callable(f):
        raise ArgumentError(f"value_and_grad() takes a function, not {type(f).__name__}: for a result, ag.grad(it, x)")
    places = argnums if isinstance(argnums, tuple) else (argnums,)
    if not places or not all(type(i) is int for i in places):
        raise ArgumentError(f"value_and_grad(): argnums is a whole number or a tuple of them, not {argnums!r}")

    @functools.wraps(f, updated=())
    def function(*args: Any, **kwargs: Any) -> tuple[Any, Any]:
        if any(not -len(args) <= i < len(args) for i in places):
            raise ArgumentError(f"value_and_grad(): there is no argument {argnums}: f was given {len(args)} by place")
        chosen = [i % len(args) for i in places]
        aux: list[Any] = []

        def scalar(*some: Any) -> Any:
            every = list(args)
            for i, each in zip(chosen, some, strict=True):
                every[i] = each
            out = f(*every, **kwargs)
            if has_aux:
                if not isinstance(out, tuple) or len(out) != 2:
                    raise ArgumentError("value_and_grad(): with has_aux, f returns the value and one thing more")
                out, more = out
                aux.append(more)
            return out

        at = Point("value_and_grad()", scalar, [args[i] for i in chosen])
        value = at.scalar()
        slopes = at.split(at.pull([None]))
        return ((value, aux[0]) if has_aux else value), slopes if isinstance(argnums, tuple) else slopes[0]

    return function


def vjp(f: Callable[..., Any], *inputs: Any) -> tuple[Any, Callable[..., tuple[Any, ...]]]:
    """`f` at `inputs`, and the function that pulls gradients of its results back to them.

    Each input is an array, or nested tuples, lists and dictionaries of arrays, and `f` returns one tensor, or such
    containers of tensors. The second result is `pull(*gradients)`: called with a gradient for each result (`None` for
    one that has none), it gives a tuple with the gradient of each input, zeros where the results do not depend on it.
    It may be called as often as one likes. This is the vector-Jacobian product [Griewank & Walther, Evaluating
    Derivatives, 2008, section 3.2].

    Raises `ArgumentError` where `f` returns anything else, or `pull` is called with another number of gradients.

    >>> import autograd_lite as ag
    >>> (low, high), pull = ag.vjp(lambda x: (x.min(), x.max()), np.array([3.0, 1.0]))
    >>> pull(1.0, 10.0)[0].numpy()
    array([10.,  1.])
    """
    at = Point("vjp()", f, inputs)
    several = isinstance(at.out, tuple | list) and not hasattr(at.out, "_fields")
    forms = [tree.take_apart(each, _tensor)[1] for each in (at.out if several else [at.out])]

    def pull(*gradients: Any) -> tuple[Any, ...]:
        if not several and len(gradients) == len(getattr(at.out, "_fields", ())) != 1:
            gradients = (type(at.out)(*gradients),)  # one for each of the named results
        if len(gradients) != len(forms):
            raise ArgumentError(f"vjp(): f has {len(forms)} results, and {len(gradients)} gradients were given")
        given: list[Any] = []
        for i, (form, gradient) in enumerate(zip(forms, gradients, strict=True)):
            count = len(tree.paths(form))
            given += [None] * count if gradient is None else at.like(form, gradient, f"gradient {i}")
        for x, each in zip(at.results, given, strict=True):
            if each is not None and _shape_of(each) != x.shape:
                raise ShapeError(f"vjp(): a gradient has shape {_shape_of(each)}, and its result {describe(x)}")
        return tuple(at.split(at.pull(given)))

    return at.value(), pull


def jvp(f: Callable[..., Any], x: Any, v: Any) -> tuple[Any, Any]:
    """`f(x)`, and how it changes where `x` moves by `v`: the product of its Jacobian with `v`.

    `x` and `v` are arrays of the same shape, or nested tuples, lists and dictionaries of such, and the tangent has the
    form of `f(x)`. It comes from the same rules as every gradient: the reverse pass is linear in the gradient it starts
    from, so that a reverse pass of the reverse pass turns it round. It therefore costs `f` and two reverse passes, and
    the graphs of `f` and of its reverse pass are kept meanwhile: for layers of matrix products 3.2 times `f` alone,
    where `ag.vjp` costs 2.0 times, `ag.hvp` 3.4 times and a further `push` of `ag.linearize` 1.1 times.

    >>> import autograd_lite as ag
    >>> value, tangent = ag.jvp(lambda x: x * x, [1.0, 3.0], [1.0, 10.0])
    >>> value.numpy(), tangent.numpy()
    (array([1., 9.]), array([ 2., 60.]))
    """
    at = Point("jvp()", f, (x,), moving=v)
    return at.value(), at.pushed(v)


def linearize(f: Callable[..., Any], x: Any) -> tuple[Any, Callable[[Any], Any]]:
    """`f(x)`, and the linear function `push(v)` that gives the product of its Jacobian at `x` with any `v`.

    `f` and its reverse pass are run once and kept; each `push` costs one reverse pass of that pass. Containers are
    those of `ag.jvp`.

    >>> import autograd_lite as ag
    >>> value, push = ag.linearize(ag.exp, np.array([0.0, 1.0]))
    >>> push([2.0, 0.0]).numpy()
    array([2., 0.])
    """
    at = Point("linearize()", f, (x,))
    at.transposed()
    return at.value(), at.pushed


def jacobian(f: Callable[..., Any], x: Any) -> Any:
    """The derivative of every element of `f(x)` with respect to every element of `x`.

    For one array it has the shape of `f(x)` followed by that of `x`; where `x` or `f(x)` are nested tuples, lists and
    dictionaries it has the form of `f(x)`, and in the place of each of its tensors that of `x`.

    All rows go back together in one reverse pass: gradients carry an axis that counts the rows, and the rules run on
    them as they are. Only what an operation cannot do with all rows at once it does row by row. As many rows go
    together as fit into `BLOCK` elements for the largest tensor on the way. Where there are over `TALL` times as many
    rows as columns, the columns go together, each as in `ag.jvp`.

    >>> import autograd_lite as ag
    >>> ag.jacobian(lambda x: x[1:] * x[:-1], np.array([1.0, 2.0, 3.0])).numpy()
    array([[2., 1., 0.],
           [0., 3., 2.]])
    """
    at = Point("jacobian()", f, (x,))
    return tree.put_together(at.form, [at.split(at.jacobian(i))[0] for i in range(len(at.results))])


def hessian(f: Callable[..., Any], x: Any) -> Any:
    """The second derivatives of the scalar `f(x)`: the Jacobian of its gradient.

    For one array it has the shape of `x` twice; for containers, the form of `x` and in each of its places again that
    of `x`. Its product with one vector is much cheaper: `ag.hvp`.

    >>> import autograd_lite as ag
    >>> ag.hessian(lambda x: (x**3).sum() + x[0] * x[1], np.array([1.0, 2.0])).numpy()
    array([[ 6.,  1.],
           [ 1., 12.]])
    """
    return jacobian(_gradient_of("hessian()", f), x)


def hvp(f: Callable[..., Any], x: Any, v: Any) -> Any:
    """The product of the second derivatives of the scalar `f` at `x` with `v`, which has the form of `x`.

    The gradient is recorded and its product with `v` differentiated: two reverse passes, however large `x` is
    [Pearlmutter, Fast exact multiplication by the Hessian, 1994].

    >>> import autograd_lite as ag
    >>> ag.hvp(lambda x: (x**3).sum(), np.array([1.0, 2.0]), [1.0, 10.0]).numpy()
    array([  6., 120.])
    """
    at = Point("hvp()", _gradient_of("hvp()", f), (x,), moving=v)
    return at.split(at.pull(at.moves(v)))[0]


def _gradient_of(caller: str, f: Callable[..., Any]) -> Callable[[Any], Any]:
    """The gradient of a scalar function as a function that can be differentiated."""

    def gradient(x: Any) -> Any:
        at = Point(caller, f, (x,))
        at.scalar()
        return at.split(at.pull([None]))[0]

    return gradient


BLOCK = 2**23
"""How many elements the gradients of one tensor may have together, where a Jacobian has many rows."""

TALL = 3
"""How many times as many rows as columns a Jacobian has where it is computed by columns, which costs a pass more."""


class Point:
    """A function of containers at a point: its inputs, which are its own, and what it gave there.

    Nobody else's tensors are its inputs, so that a function which is differentiated inside another never takes one
    variable for the other. `moving` is what else the derivative depends on.
    """

    def __init__(self, caller: str, f: Callable[..., Any], inputs: Sequence[Any], moving: Any = None) -> None:
        if not callable(f):
            raise ArgumentError(f"{caller} takes a function, not {type(f).__name__}")
        self.caller = caller
        apart = [tree.take_apart(each, is_array) for each in inputs]
        self.forms = [form for _, form in apart]
        given = [leaf for leaves, _ in apart for leaf in leaves]
        self.inputs = [_variable(each) for each in given]
        self.own = set(self.inputs)
        self.recorded = mode.now.grad  # whether anybody may ask for derivatives of this
        with enable_grad():
            self.out = f(*(tree.put_together(form, own) for form, own in zip(self.forms, self._shares(), strict=True)))
        self.results, self.form = tree.take_apart(self.out, _tensor)
        if not self.results or not all(isinstance(each, Tensor) for each in self.results):
            wrong = next((each for each in self.results if not isinstance(each, Tensor)), self.out)
            said = type(self.out).__name__ + ("" if wrong is self.out else f" with {type(wrong).__name__} in it")
            raise ArgumentError(f"{caller}: f returned {said}, not a tensor or a tuple of tensors")
        self.reverse: tuple[list[Tensor | None], list[Any]] | None = None
        self.useful = _useful(self.results, self.own)
        if self.recorded:
            outside = [*given, *(tree.take_apart(moving)[0])]
            self.recorded = any(type(each) is Tensor and each._requires_grad for each in outside) or any(
                x.node is None and x._requires_grad and x not in self.own for x in ancestors(*self.results)
            )

    def _shares(self, leaves: Sequence[Any] | None = None) -> list[list[Any]]:
        """What belongs to each of the inputs of `f`."""
        rest = iter(self.inputs if leaves is None else leaves)
        return [[next(rest) for _ in tree.paths(form)] for form in self.forms]

    def split(self, leaves: Sequence[Any]) -> list[Any]:
        """One thing for each tensor of the inputs, in the form of the inputs."""
        return [tree.put_together(form, own) for form, own in zip(self.forms, self._shares(leaves), strict=True)]

    def like(self, form: Any, value: Any, name: str) -> list[Any]:
        """The leaves of what is to have a form."""
        try:
            return tree.leaves_like(form, value, name)
        except ArgumentError as error:
            raise ArgumentError(f"{self.caller}: {error}") from None

    def moves(self, v: Any) -> list[Any]:
        """What each input moves by, from `v` in the form of the inputs."""
        moves = self.like(self.forms[0], v, "v")
        for x, each, place in zip(self.inputs, moves, tree.paths(self.forms[0], "v"), strict=True):
            array = each._data if type(each) is Tensor else backend.as_array(each)
            if array.shape != x.shape:
                raise ShapeError(f"{self.caller}: {place} has shape {array.shape}, and what it moves has {x.shape}")
            if array.dtype.kind not in "biuf":
                raise DtypeError(f"{self.caller}: {place} is {describe(array)}, and what moves is made of real numbers")
        return moves

    def value(self) -> Any:
        """What `f` gave, with a graph only where anybody may ask for its derivatives."""
        return self.out if self.recorded else tree.put_together(self.form, [_cut(each) for each in self.results])

    def scalar(self) -> Any:
        """What `f` gave, which has to be one scalar."""
        if self.out is not self.results[0] or self.out.shape != ():
            said = describe(self.out) if isinstance(self.out, Tensor) else type(self.out).__name__
            raise ArgumentError(
                f"{self.caller}: f has to return a scalar, and returned {said}: reduce it, as in .sum()"
            )
        return self.value()

    def pull(self, gradients: Sequence[Any], record: bool | None = None) -> list[Any]:
        """The gradient of every input for a gradient of each result, None for none; of a scalar None is one."""
        alone = len(self.results) == 1 and self.results[0].shape == ()
        pairs = [
            (x, g)
            for x, g in zip(self.results, gradients, strict=True)
            if x in self.useful and x._requires_grad and (g is not None or alone)
        ]
        found: list[Any] = [None] * len(self.inputs)
        if pairs and self.inputs:
            found = grad(
                [x for x, _ in pairs], self.inputs, [g for _, g in pairs],
                create_graph=self.recorded if record is None else record, allow_unused=True,
            )  # fmt: skip
        return [_filled(shaping.zeros_like, x) if g is None else g for x, g in zip(self.inputs, found, strict=True)]

    def transposed(self) -> tuple[list[Tensor | None], list[Any]]:
        """Gradients of the results, and the recorded reverse pass that starts from them: linear in them."""
        if self.reverse is None:
            starts = [
                _variable(_filled(shaping.ones_like, x)) if x.dtype.kind == "f" else None for x in self.results
            ]  # fmt: skip
            with enable_grad():
                self.reverse = starts, self.pull(starts, record=True)
        return self.reverse

    def pushed(self, v: Any) -> Any:
        """The product of the Jacobian with `v`."""
        moves = self.moves(v)
        starts, pulled = self.transposed()
        pairs = [(x, g) for x, g in zip(pulled, moves, strict=True) if x._requires_grad]
        found: dict[Tensor, Any] = {}
        recorded = self.recorded or (mode.now.grad and any(type(g) is Tensor and g._requires_grad for _, g in pairs))
        if pairs:
            wanted = [x for x in starts if x is not None]
            slopes = grad([x for x, _ in pairs], wanted, [g for _, g in pairs], recorded, allow_unused=True)
            found = dict(zip(wanted, slopes, strict=True))
        pushed = [None if x is None else found.get(x) for x in starts]
        return tree.put_together(
            self.form,
            [_filled(shaping.zeros_like, x) if g is None else g for x, g in zip(self.results, pushed, strict=True)],
        )

    def jacobian(self, place: int) -> list[Any]:
        """The derivatives of the result at `place` with respect to every input."""
        out = self.results[place]
        useful = self.useful if len(self.results) == 1 else _useful([out], self.own)
        inputs = {x for x in self.inputs if x in useful}
        if not inputs or not out.size or not out._requires_grad:
            found: dict[Tensor, Any] = {}
        elif out.size > TALL * sum(x.size for x in inputs) and all(x.node is None or x.node.op.ours for x in useful):
            found = self._by_columns(place, inputs)
        else:
            found = self._by_rows(out, useful, self.own)
        lent = {memory_of(x._data) for x in useful}
        return [self._finished(found.get(x), (*out.shape, *x.shape), x, lent) for x in self.inputs]

    def _by_rows(self, out: Tensor, useful: set[Tensor], targets: set[Tensor]) -> dict[Tensor, Any]:
        """The gradients of every element of `out`, along a first axis that counts them."""
        count, xp = out.size, backend.namespace(out._data)
        size = max(1, BLOCK // max(x.size for x in useful))
        with enable_grad() if self.recorded else no_grad():
            if size >= count:
                return sweep_rows(out, Rows(_filled(shaping.ones_like, out), count, True), useful, targets)
            blocks = []
            for k in range(0, count, size):
                seed = xp.eye(min(size, count - k), count, k, dtype=out.dtype).reshape((-1, *out.shape))
                blocks.append(sweep_rows(out, Rows(Tensor(seed, copy=False), seed.shape[0]), useful, targets))
            return {x: apply(joining.concatenate, tuple(b[x] for b in blocks), {"axis": 0}) for x in blocks[0]}

    def _by_columns(self, place: int, inputs: set[Tensor]) -> dict[Tensor, Any]:
        """The same where inputs have fewer elements than the result: rows of the reverse pass, which is linear."""
        starts, pulled = self.transposed()
        start, found = starts[place], {}
        assert start is not None
        for x, g in zip(self.inputs, pulled, strict=True):
            useful = _useful([g], {start})
            if x in inputs and start in useful:
                columns = self._by_rows(g, useful, {start})[start].reshape((x.size, start.size))
                with enable_grad() if self.recorded else no_grad():
                    found[x] = columns.swapaxes(0, 1).astype(x.dtype)
        return found

    def _finished(self, whole: Any, shape: tuple[int, ...], x: Tensor, lent: set[int]) -> Any:
        """A Jacobian in its shape and in memory that is its own."""
        if whole is None:
            return asarray(backend.namespace(x._data).zeros(shape, dtype=x.dtype))
        with enable_grad() if self.recorded else no_grad():
            whole = whole if whole.shape == shape else apply(shaping.reshape, (whole,), {"shape": shape})
        return whole if whole.node is not None else Tensor(own(whole._data, lent), copy=False)


def _shape_of(value: Any) -> tuple[int, ...]:
    """The shape of a tensor or of what an array can be made of."""
    return value.shape if type(value) is Tensor else tuple(backend.as_array(value).shape)


def _tensor(value: Any) -> bool:
    return type(value) is Tensor


def is_array(value: Any) -> bool:
    """Whether it is what `ag.tensor` takes for one array: a list of numbers is, also where it is nested."""
    return type(value) is list and bool(value) and all(isinstance(e, backend.SCALARS) or is_array(e) for e in value)


def _variable(x: Any) -> Tensor:
    """A tensor of its own with the values of `x` that a gradient is wanted of, on the graph of `x` where it has one."""
    if type(x) is Tensor and (mode.now.witness.records or (x._requires_grad and mode.now.grad)):
        if x.dtype.kind != "f":
            return Tensor(x, requires_grad=True)  # which says what is wrong
        with enable_grad():
            own = apply(shaping.astype, (x,), {"dtype": x.dtype})
        own._requires_grad = True
        own.name = x.name
        return own
    return Tensor(x, requires_grad=True, name=getattr(x, "name", None), copy=False)


def _cut(x: Tensor) -> Tensor:
    """A result without the graph behind it, which nobody can reach any more."""
    if not x._requires_grad:
        return x
    alone = x.detach() if mode.now.witness.records else Tensor(apart(x._data), copy=False)
    alone.name = x.name
    return alone


def _filled(like: Operation, x: Tensor) -> Tensor:
    """Zeros or ones of the shape and dtype of `x`."""
    with no_grad():
        return apply(like, (x,))


def _outputs(output: Any, gradient: Any) -> tuple[tuple[Tensor, ...], tuple[Any, ...]]:
    """The outputs and as many gradients to start from."""
    if isinstance(output, Tensor):
        return (output,), (gradient,)
    if not isinstance(output, list | tuple):
        raise ArgumentError(f"grad(): the output is {type(output).__name__}, not a tensor")
    for i, each in enumerate(output):
        if not isinstance(each, Tensor):
            raise ArgumentError(f"grad(): output {i} is {type(each).__name__}, not a tensor")
    if not output:
        raise ArgumentError("grad(): there is no output")
    if gradient is None:
        return tuple(output), (None,) * len(output)
    if not isinstance(gradient, list | tuple) or len(gradient) != len(output):
        raise ArgumentError(f"grad(): there are {len(output)} outputs: pass gradient= as a list of as many")
    pairs = [(x, g) for x, g in zip(output, gradient, strict=True) if g is not None or x.shape == ()]
    if not pairs:
        raise ArgumentError("grad(): every gradient is None: there is nothing to start from")
    return tuple(x for x, _ in pairs), tuple(g for _, g in pairs)


def _described(outputs: Sequence[Tensor]) -> str:
    return " and ".join(describe(each, "the output") for each in outputs)


def _useful(outputs: Sequence[Tensor], wanted: set[Tensor]) -> set[Tensor]:
    """The tensors behind the outputs that are wanted, or were computed from one that is."""
    useful: set[Tensor] = set()
    for x in ancestors(*outputs):
        if x in wanted or (
            x.node is not None and any(type(each) is Tensor and each in useful for each in x.node.inputs or ())
        ):
            useful.add(x)
    return useful
