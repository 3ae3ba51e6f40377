"""`compile`: a function that is recorded at its first call for a signature and replayed at the others.

Knows recording, programs and plans, and when a program no longer holds. Must not know passes.
"""

from __future__ import annotations

import functools
import inspect
import threading
import types
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy

from autograd_lite import backend
from autograd_lite.compile.bind import Bound, Layout, lay_out
from autograd_lite.compile.flat import flatten_updates
from autograd_lite.compile.memory import layout
from autograd_lite.compile.outline import Outline, outline
from autograd_lite.compile.source import clean_source
from autograd_lite.diagnosis import describe
from autograd_lite.engine.graph import Node, ancestors, history, mode, tick, touch
from autograd_lite.engine.tensor import Tensor
from autograd_lite.errors import ArgumentError, CheckError, CompileError, GraphError
from autograd_lite.op import Operation
from autograd_lite.program.lower import lower
from autograd_lite.program.passes import drop_dead, optimise
from autograd_lite.program.program import Program, Stats
from autograd_lite.program.record import Recorder

_MISSING = object()
_MOST_PROGRAMS = 64
_SMALL = 1024  # elements of an array that is compared as a whole, where the program does not hold it itself
# "cell", "item", "slot", "length" or "content"; its owner; the key; the value it must have
_Guard = tuple[str, Any, Any, Any]
_SCALARS = (bool, int, float, complex, str, bytes, type(None))


def _no_gradient(*args: Any, **kwargs: Any) -> Any:
    raise GraphError(
        "a result of a compiled function has no graph behind it: call backward() or grad() inside the function"
    )


def _compiled(xp: Any, x: Any) -> Any:
    return x


# What a result of a compiled function comes from, so that no gradient is silently lost behind it.
_RESULT = Operation(_compiled, r"{x}", "compiled", analytic=False)
_RESULT.name = "compiled"
_RESULT.rules(x=_no_gradient)


@dataclass(eq=False)
class _Entry:
    """One program, what it takes for fixed, and how its results are put together."""

    program: Program
    guards: list[_Guard]  # looked at before every replay
    watched: list[_Guard]  # of objects that tell of their changes
    conditions: list[tuple[Callable[[], Any], Any]]
    flags: list[tuple[Tensor, bool]]
    entry_grads: list[tuple[Tensor, bool]]
    form: Any
    wants: list[bool]
    drawn: Outline
    touched: list[Tensor]
    source: str
    layout: Layout | None = None  # made when it is first wanted
    match: Callable[[tuple[Any, ...]], tuple[Any, ...] | None] | None = None  # made when it is first wanted
    owner: Any = None  # whose method it is, which must not make way for another of the same id


@dataclass
class _Quick:
    """The program of the last call, and what makes the next one the same."""

    entry: _Entry
    plan: Bound
    grad: bool
    moment: int
    match: Callable[[tuple[Any, ...]], tuple[Any, ...] | None]  # the arrays of arguments that fit
    replay: Callable[..., Any]


class _Thread(threading.local):
    def __init__(self) -> None:
        self.plans: weakref.WeakKeyDictionary[_Entry, tuple[Bound, Callable[..., Any]]] = weakref.WeakKeyDictionary()
        self.quick: _Quick | None = None


class Compiled:
    """A compiled function; made by `ag.compile`."""

    __name__: str

    def __init__(self, function: Callable[..., Any], verify: bool = False) -> None:
        functools.update_wrapper(self, function)
        self.function = function
        self.verify = verify
        self._method = False
        self.records = 0  # how often the function has been recorded
        self._entries: dict[Any, list[_Entry]] = {}
        self._thread = _Thread()
        self._latest: _Entry | None = None
        self._lock = threading.RLock()
        parameters = inspect.signature(function).parameters.values()
        self._names = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]

    def __set_name__(self, owner: Any, name: str) -> None:
        self._method = True

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        return self if instance is None else types.MethodType(self, instance)

    # Calling.

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        now = mode.now
        if now.recorder is not None:
            return self.function(*args, **kwargs)
        if kwargs:
            bound = inspect.signature(self.function).bind(*args, **kwargs)
            if bound.kwargs:
                raise ArgumentError(f"{self.__name__}: a compiled function takes its arguments by position")
            args = bound.args
        # The way of the steady state: the same signature as before, nothing changed since.
        quick = self._thread.quick
        if quick is not None and quick.grad is now.grad and quick.moment == history.last:
            operands = quick.match(args)
            if operands is not None:
                quick.plan.at[0] = 0
                try:
                    return quick.replay(*operands)
                except BaseException as error:
                    self._explain(quick.entry, quick.plan, error)
                    raise
        arrays = []
        key: list[Any] = [now.grad]
        for arg in args:
            kind = type(arg)
            if kind is Tensor:
                array = arg._data
                key.append(
                    (array.shape, array.dtype, array.strides, type(array), arg._requires_grad and _first(arg, args))
                )
                arrays.append(array)
            elif kind is numpy.ndarray or backend.is_array(arg):
                key.append((arg.shape, arg.dtype, arg.strides, kind))
                arrays.append(arg)
            else:
                owner = self._method and len(key) == 1
                key.append(("self", id(arg)) if owner else _static(self.__name__, arg))
        signature = tuple(key)
        if self.verify:
            return self._verified(signature, args, arrays)
        for entry in self._entries.get(signature, ()):
            if self._holds(entry):
                current, replay = self._bound(entry)
                self._remember(entry, current, replay, now.grad, args)
                return self._replay(entry, current, replay, arrays)
        return self._record(signature, args)

    def _remember(self, entry: _Entry, current: Bound, replay: Any, grad: bool, args: tuple[Any, ...]) -> None:
        """Note what the next call must look like to be replayed without a look-up."""
        self._thread.quick = None
        if entry.entry_grads:
            return  # nobody tells of a gradient that was set or forgotten: look each time
        quick = (Tensor, numpy.ndarray, int, bool, str, type(None))
        if all(type(arg) in quick or arg is entry.owner for arg in args):
            if entry.match is None:
                entry.match = _match(args, entry.guards)
            self._thread.quick = _Quick(entry, current, grad, history.last, entry.match, replay)

    def _holds(self, entry: _Entry) -> bool:
        """Whether everything the program takes for fixed is as it was."""
        return (
            _hold(entry.guards)
            and _hold(entry.watched)
            and all(read() == answer for read, answer in entry.conditions)
            and all(tensor._requires_grad is flag for tensor, flag in entry.flags)
            and all((tensor._grad is not None) is present for tensor, present in entry.entry_grads)
            and all(
                t._data.shape == v.shape
                and t._data.dtype == v.dtype
                and type(t._data) is type(v.sample)
                and layout(t._data) == layout(v.sample)
                for v in entry.program.states
                if v.state is not None and v.state.what == "data"
                for t in (v.state.leaf(),)
            )
        )

    def _bound(self, entry: _Entry) -> tuple[Bound, Callable[..., Any]]:
        """The program in this thread's memory, with today's states in it, and what replays it."""
        with self._lock:
            known = self._thread.plans.get(entry)
            if known is None:
                current = self._layout(entry).bind()
            else:
                current = known[0]
                if any(state.array is not array for state, array in current.reads) or any(
                    state.array is not home for state, home in current.homes.items()
                ):
                    current = current.again()
            replay = known[1] if known is not None and known[0] is current else _replay(entry, current)
            for array, number in current.lives:
                array[...] = number.read()
            for state, home in current.homes.items():
                now = state.array
                if now is not None and now is not home:
                    home[...] = now
                    touch()  # for other programs that keep it elsewhere
                    tensor = state.leaf()
                    if state.what == "data":
                        tensor._data = home
                        tensor._changed = tick()
                    else:
                        tensor._grad = home
            self._thread.plans[entry] = current, replay
            self._latest = entry
            return current, replay

    def _replay(self, entry: _Entry, current: Bound, replay: Any, arrays: Any) -> Any:
        current.at[0] = 0
        try:
            return replay(*arrays)
        except BaseException as error:
            self._explain(entry, current, error)
            raise

    def _explain(self, entry: _Entry, current: Bound, error: BaseException) -> None:
        """Say which states a replay that broke off had updated already."""
        at, groups = current.at[0], current.groups
        if at > 0:
            done = "; ".join(groups[: at - 1]) or "none"
            begun = groups[at - 1] if at <= len(groups) else "none"
            error.add_note(
                f"{self.__name__} broke off while it updated its states: updated already: {done}; "
                f"perhaps in part: {begun}; restore them from a state_dict() saved before the call"
            )
        else:
            error.add_note(
                f"{self.__name__} broke off before any state was updated: all parameters are as before the call"
            )

    # Recording.

    def _record(self, signature: Any, args: tuple[Any, ...]) -> Any:
        with self._lock:
            owner = args[0] if self._method and args else None
            guards = _snapshot(self.function, owner)
            generators = _generators(guards)
            states = [(g, g.bit_generator.state) for g in generators]
            tensors: list[Tensor] = []
            tensors_given: dict[Tensor, Tensor] = {}
            names: dict[int, str] = {}
            call_args = []
            for i, arg in enumerate(args):
                if type(arg) is Tensor or backend.is_array(arg):
                    given = arg if type(arg) is Tensor else Tensor(arg, copy=False)
                    name = self._names[i] if i < len(self._names) else f"argument{i}"
                    if type(arg) is not Tensor:
                        given.name = name
                    if backend.namespace(given._data) is not numpy:
                        raise CompileError(
                            f"{self.__name__}: compiled steps run on NumPy arrays; call the function itself"
                        )
                    if given in tensors_given and arg._requires_grad:
                        given = tensors_given[given]  # one tensor in two places: its gradient is that of both
                        tensors.append(Tensor(given._data, name=name, copy=False))  # nobody reads this one
                        names[id(tensors[-1])] = name
                        call_args.append(given)
                        continue
                    if given in tensors_given:
                        given = Tensor(given._data, name=name, copy=False)
                    if type(arg) is Tensor:
                        tensors_given[arg] = given
                    if given.node is not None:
                        given = Tensor(given._data, name=given.name, copy=False)
                    tensors.append(given)
                    names[id(given)] = name
                    call_args.append(given)
                else:
                    call_args.append(arg)
            recorder = Recorder(states)
            recorder.plain.update(t for t, arg in zip(call_args, args, strict=True) if backend.is_array(arg))
            with recorder:
                returned = self.function(*call_args)
                recorder.check_randomness()
                outputs: list[Tensor] = []
                form = _disassemble(returned, outputs)
                held = [t._grad for t in recorder.before if type(t._grad) is Tensor]
                roots = [
                    *outputs,
                    *(v for _, _, v in recorder.assigned_values if isinstance(v, Tensor)),
                    *held,
                    *recorder.draws_made,
                ]
                nodes = [t for t in ancestors(*roots) if t.node is not None] if roots else []
                for t in nodes:
                    if t.node.number < recorder.began and t._requires_grad and mode.now.grad:
                        raise CompileError(
                            f"{self.__name__} uses {describe(t)}, which was computed outside and requires a gradient: "
                            "compute it inside, or detach() it"
                        )
                nodes = [t for t in nodes if t.node.number > recorder.began]
                own = {id(t) for t in tensors}
                if any(id(t) in own for t in recorder.before):
                    raise CompileError(f"{self.__name__} changes one of its arguments: return the new value instead")
                program = lower(recorder, nodes, [(t, names[id(t)]) for t in tensors], outputs)
                drawn = outline(recorder, outputs)
                results = [Tensor(t._data, copy=False) for t in outputs]
                wants = [t._requires_grad for t in outputs]
            program = optimise(program)
            source = clean_source(program, self.__name__)
            program = optimise(program, (flatten_updates, drop_dead))
            touched = {e.leaf(): None for e in program.effects if e.what == "data"}
            captured = {v.state.leaf(): None for v in program.states if v.state is not None}
            captured.update((e.leaf(), None) for e in program.effects)
            quick, watched = (_but(part, recorder.read_live, program) for part in guards)
            entry = _Entry(
                program, quick, watched, recorder.conditions,
                [(t, t._requires_grad) for t in captured],
                [(t, g is not None) for t, g in recorder.entry_grads.items()
                 if t in recorder.read_grads and t not in recorder.created],
                form, wants, drawn, list(touched), source,
            )  # fmt: skip
            entry.owner = owner
            entries = self._entries.setdefault(signature, [])
            entries.insert(0, entry)
            del entries[8:]
            while len(self._entries) > _MOST_PROGRAMS:
                self._entries.pop(next(iter(self._entries)))
            self._latest = entry
            self.records += 1
            touch()
            made = [_result(r._data.copy(), w) for r, w in zip(results, wants, strict=True)]
            return _assemble(form, made)

    def _verified(self, signature: Any, args: tuple[Any, ...], arrays: list[Any]) -> Any:
        """Replay and run the function itself from the same state; raise unless every bit is equal."""
        for entry in self._entries.get(signature, ()):
            if not self._holds(entry):
                continue
            current, replay = self._bound(entry)
            tensors = list({e.leaf(): None for e in entry.program.effects})
            generators = entry.program.generators()
            before = [(t._data.copy(), None if t._grad is None else t._grad.copy()) for t in tensors]
            streams = [g.bit_generator.state for g in generators]
            replayed = self._replay(entry, current, replay, arrays)
            ours = [(t._data.copy(), None if t._grad is None else t._grad.copy()) for t in tensors]
            for t, (data, grad) in zip(tensors, before, strict=True):
                t._data, t._grad = data, grad
            for g, state in zip(generators, streams, strict=True):
                g.bit_generator.state = state
            touch()
            eager = self.function(*args)
            theirs = [(t._data, t._grad) for t in tensors]
            pairs = [("a result", a._data, b._data) for a, b in zip(_leaves(replayed), _leaves(eager), strict=True)]
            for t, (d1, g1), (d2, g2) in zip(tensors, ours, theirs, strict=True):
                pairs.append((t.name or "a state", d1, d2))
                pairs.append((f"the gradient of {t.name or 'a state'}", g1, g2))
            for what, mine, other in pairs:
                if (mine is None) != (other is None) or (mine is not None and mine.tobytes() != other.tobytes()):
                    raise CheckError(f"{self.__name__}: {what} of the replay differs from the function itself")
            return replayed
        return self._record(signature, args)

    # What a user can look at.

    def _entry(self) -> _Entry:
        if self._latest is None:
            raise CompileError(f"{self.__name__} has not been recorded yet: call it once with its arguments")
        return self._latest

    def _layout(self, entry: _Entry) -> Layout:
        with self._lock:
            if entry.layout is None:
                entry.layout = lay_out(entry.program)
                entry.program.forget_samples()
            return entry.layout

    @property
    def source(self) -> str:
        """The latest program as plain NumPy, runnable with `numpy` alone."""
        return self._entry().source

    @property
    def planned_source(self) -> str:
        """The latest program as it runs: every result directed into a buffer."""
        return self._layout(self._entry()).text

    @property
    def signatures(self) -> list[str]:
        """What the function has been recorded for, a line each: shapes, dtypes and gradient mode."""
        return [
            ", ".join(f"{part[0]} {part[1]}" if isinstance(part, tuple) else repr(part) for part in key[1:])
            + ("" if key[0] else " (no_grad)")
            for key in self._entries
        ]

    @property
    def stats(self) -> dict[str, Stats]:
        """Calls, buffers, bytes and floating-point operations of the latest program after every pass."""
        entry = self._entry()
        self._layout(entry)
        return dict(entry.program.stats)

    def draw(self, depth: int | None = None) -> Any:
        """The picture of the latest recording: forward, reverse pass and the new values of states.

        Shown are the operations of the function itself, before the passes that `source` has gone through. `depth` is
        that of `ag.draw`: scopes more than so many levels down are one box each.
        """
        from autograd_lite.show.picture.draw import outlined

        return outlined(self._entry().drawn, depth)

    def __repr__(self) -> str:
        return f"<compiled {self.__name__}: {self.records} recorded>"


def compile(function: Callable[..., Any] | None = None, *, verify: bool = False) -> Any:
    """Compile a function of arrays and Tensors: record it at the first call, replay a flat program after.

    A training step is compiled whole: forward, reverse pass and update. The first call for a
    signature (shapes, dtypes, layouts, gradient mode) records; what the function relies on besides
    its arguments is watched, and a change is honoured or recorded anew. With `verify` every replay
    is compared with the function itself, bit by bit. Results have no graph behind them.

    States are updated in place: an array taken from `w.data` before changes with the next call, and
    `w.numpy()` is the copy to keep. A plain array of more than 1,024 elements that the function reads
    with NumPy's own functions counts as fixed: pass it as an argument, or use the library's functions.

    Raises `CompileError`, with everything put back, for what cannot be compiled: asking for a
    recorded value (`item()`, `if`), a shape that depends on data, random numbers from elsewhere.

    >>> import autograd_lite as ag
    >>> import numpy as np
    >>> w = ag.tensor([1.0, 2.0], requires_grad=True, name="w")
    >>> @ag.compile
    ... def step(x):
    ...     cost = ((x - w) ** 2).sum()
    ...     w.grad = None
    ...     cost.backward()
    ...     with ag.no_grad():
    ...         w.assign(w - 0.25 * w.grad)
    ...     return cost
    >>> step(np.zeros(2)).item(), step(np.zeros(2)).item()
    (5.0, 1.25)
    """
    if function is None:
        return lambda wrapped: Compiled(wrapped, verify)
    if isinstance(function, Compiled):
        return function
    return Compiled(function, verify)


def _static(name: str, value: Any) -> Any:
    """An argument that is no array: part of the signature by its value."""
    if isinstance(value, _SCALARS):
        return (type(value).__name__, repr(value))  # 1 and True, 0.0 and -0.0 are equal, but not the same
    if isinstance(value, tuple | list) and all(isinstance(each, _SCALARS) for each in value):
        return (type(value).__name__, *(f"{type(each).__name__} {each!r}" for each in value))
    raise ArgumentError(
        f"{name}: an argument of a compiled function is a tensor, an array or a number, not {type(value).__name__}"
    )


def _first(arg: Tensor, args: tuple[Any, ...]) -> int:
    """Where a tensor that requires a gradient stands first among the arguments, counted from 1."""
    return next(i for i, each in enumerate(args, start=1) if each is arg)


def _result(array: Any, wants: bool) -> Tensor:
    """A returned array as a tensor; where it would require a gradient, one that says that there is none."""
    result: Tensor = object.__new__(Tensor)
    result.__setstate__((array, None, wants, None))
    if wants:
        result.node = node = Node()
        node.op, node.inputs, node.params, node.scope, node.number = _RESULT, _BEHIND, _NOTHING, (), tick()
    return result


_BEHIND = (Tensor(0.0, requires_grad=True, name="inside a compiled function"),)
_NOTHING: dict[str, Any] = {}


def _disassemble(returned: Any, found: list[Tensor]) -> Any:
    """The form of what a function returned, with its tensors collected."""
    if type(returned) is Tensor:
        found.append(returned)
        return found.__len__() - 1
    if isinstance(returned, tuple | list):
        return (type(returned), [_disassemble(each, found) for each in returned])
    if isinstance(returned, dict):
        return (dict, {k: _disassemble(each, found) for k, each in returned.items()})
    if returned is None:
        return None
    raise CompileError(
        f"a compiled function returns tensors, or tuples, lists or dictionaries of them, not {returned!r:.60}"
    )


def _assemble(form: Any, results: list[Tensor]) -> Any:
    if isinstance(form, int):
        return results[form]
    if form is None:
        return None
    kind, parts = form
    if kind is dict:
        return {k: _assemble(each, results) for k, each in parts.items()}
    made = [_assemble(each, results) for each in parts]
    return made if kind is list else tuple(made) if kind is tuple else kind(*made)


def _leaves(returned: Any) -> list[Tensor]:
    found: list[Tensor] = []
    _disassemble(returned, found)
    return found


# What a function relies on besides its arguments: numbers and objects in its closure, in the globals
# it names, and in the attributes of what it reaches from there.


def _snapshot(function: Any, owner: Any = None) -> tuple[list[_Guard], list[_Guard]]:
    """Everything reachable that a recording would bake in, with its present value.

    The second list is of the attributes of watched objects, which call `touch` when one is set.
    """
    guards: list[_Guard] = []
    watched: list[_Guard] = []
    seen: set[int] = set()
    stack: list[Any] = [function, owner]
    while stack and len(guards) < 4096:
        thing = stack.pop()
        if id(thing) in seen:
            continue
        seen.add(id(thing))
        if isinstance(thing, types.MethodType):
            stack += [thing.__func__, thing.__self__]
        elif isinstance(thing, Compiled):
            stack.append(thing.function)
        elif isinstance(thing, functools.partial):
            stack += [thing.func, *thing.args, *thing.keywords.values()]
        elif isinstance(thing, types.FunctionType):
            if _foreign(thing.__module__) and thing is not function:
                continue
            names = _global_names(thing.__code__)
            for cell in thing.__closure__ or ():
                try:
                    value = cell.cell_contents
                except ValueError:
                    value = _MISSING
                guards.append(("cell", cell, None, value))
                stack.append(value)
                _look_into(value, names, guards, stack)
            for name in names:
                if name in thing.__globals__:
                    value = thing.__globals__[name]
                    if not isinstance(value, types.ModuleType | type):
                        guards.append(("item", thing.__globals__, name, value))
                        stack.append(value)
                    _look_into(value, names, guards, stack)
            stack += [*(thing.__defaults__ or ()), *(thing.__kwdefaults__ or {}).values()]
        elif isinstance(thing, dict):
            guards.append(("length", thing, None, len(thing)))
            for key, value in list(thing.items())[:256]:
                guards.append(("item", thing, key, value))
                stack.append(value)
        elif isinstance(thing, list):
            guards.append(("length", thing, None, len(thing)))
            for i, value in enumerate(thing[:1024]):
                guards.append(("item", thing, i, value))
                stack.append(value)
        elif isinstance(thing, tuple):
            stack += thing[:1024]
        elif isinstance(thing, numpy.ndarray):
            if thing.size <= _SMALL:
                guards.append(("content", thing, None, thing.tobytes()))
        elif not isinstance(thing, types.ModuleType | type | Tensor | Operation | int | float | str):
            if not hasattr(thing, "__dict__"):
                pass
            elif getattr(thing, "__watched__", False):
                seen.add(id(thing.__dict__))
                watched.append(("length", thing.__dict__, None, len(thing.__dict__)))
                for name, value in thing.__dict__.items():
                    watched.append(("item", thing.__dict__, name, value))
                    stack.append(value)
            elif not _foreign(type(thing).__module__):
                stack.append(thing.__dict__)
            for kind in type(thing).__mro__:
                if not _foreign(kind.__module__):
                    _look_at_class(thing, kind, guards, stack)
    return guards, watched


def _replay(entry: _Entry, current: Bound) -> Callable[..., Any]:
    """One replay as a function of the arguments' arrays: the program, what it tells its tensors, the results.

    It is written out for the tensors there are: in the steady state a loop over them costs as much as a call of NumPy.
    """
    names: dict[str, Any] = {"run": current.run, "result": _result, "assemble": _assemble}
    lines = ["found = run(*arrays)"]
    for i, (leaf, gradient) in enumerate(current.grads):
        names[f"p{i}"], names[f"g{i}"] = leaf.ref, gradient
        lines.append(f"p{i}()._grad = g{i}")
    results = [f"result(found[{i}], {wants})" for i, wants in enumerate(entry.wants)]
    names["form"] = entry.form
    lines.append(f"return {results[0]}" if entry.form == 0 else f"return assemble(form, [{', '.join(results)}])")
    exec("def replay(*arrays):\n" + "".join(f"    {line}\n" for line in lines), names)
    return names.pop("replay")  # type: ignore[no-any-return]


def _match(args: tuple[Any, ...], guards: list[_Guard]) -> Callable[[tuple[Any, ...]], tuple[Any, ...] | None]:
    """Whether arguments have the signature of `args` and all guards hold, as one expression.

    It returns the arguments' arrays, or `None`. What the expression cannot say is left to `_hold`.
    """
    names: dict[str, Any] = {"Tensor": Tensor, "ndarray": numpy.ndarray}
    parts, operands = [], []
    for i, arg in enumerate(args):
        if type(arg) is not Tensor and type(arg) is not numpy.ndarray:  # a number or a word, or a method's object
            names[f"k{i}"] = arg
            same = f"args[{i}] == k{i}" if isinstance(arg, _SCALARS) else f"args[{i}] is k{i}"
            parts.append(f"type(args[{i}]) is type(k{i}) and {same}")
            continue
        array: Any = arg._data if type(arg) is Tensor else arg
        names[f"s{i}"], names[f"d{i}"], names[f"t{i}"] = array.shape, array.dtype, array.strides
        operand = f"args[{i}]"
        if type(arg) is Tensor:
            parts.append(f"type(args[{i}]) is Tensor and args[{i}]._requires_grad is {arg._requires_grad}")
            operand = f"args[{i}]._data"
            parts += [f"args[{i}] is not args[{j}]" for j in range(i) if arg._requires_grad and args[j] is not arg]
            parts += [f"args[{i}] is args[{j}]" for j in range(i) if arg._requires_grad and args[j] is arg]
        parts.append(f"type(a{i} := {operand}) is ndarray")
        parts.append(f"a{i}.shape == s{i} and a{i}.dtype is d{i} and a{i}.strides == t{i}")
        operands.append(f"a{i}")
    left = []
    for i, guard in enumerate(guards):
        kind, owner, key, value = guard
        names[f"o{i}"], names[f"v{i}"] = owner, value
        if kind == "length":
            parts.append(f"len(o{i}) == {value}")
        elif (
            kind in ("content", "slot")
            or value is _MISSING
            or type(value) in (float, str)
            or (kind != "cell" and not isinstance(key, str | int))
        ):
            left.append(guard)
        else:
            parts.append(f"o{i}{'.cell_contents' if kind == 'cell' else f'[{key!r}]'} is v{i}")
    if left:
        names["hold"], names["left"] = _hold, left
        parts.append("hold(left)")
    arrays = f"({', '.join(operands)}{',' if operands else ''})"
    parts.insert(0, f"len(args) == {len(args)}")
    code = (
        f"def match(args):\n    try:\n        return {arrays} if {' and '.join(parts)} else None\n"
        "    except (ValueError, KeyError, IndexError):\n        return None\n"
    )
    exec(code, names)
    return names["match"]  # type: ignore[no-any-return]


def _but(guards: list[_Guard], live: set[tuple[int, str]], program: Program) -> list[_Guard]:
    """Guards without what the program reads anew at every call: live numbers and the arrays it holds itself."""
    held = {id(value.sample) for call in program.calls for value in call.values if value.kind == "constant"}
    return [
        guard for guard in guards
        if (id(guard[1]), guard[2]) not in live and not (guard[0] == "content" and id(guard[1]) in held)
    ]  # fmt: skip


def _foreign(module: str | None) -> bool:
    """Whether a module is the library's own or somebody else's package, whose insides do not change."""
    root = (module or "").partition(".")[0]
    return root in ("autograd_lite", "nn", "numpy", "tqdm", "builtins", "functools", "random", "threading")


def _global_names(code: types.CodeType) -> list[str]:
    names = list(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            names += _global_names(constant)
    return names


def _look_at_class(thing: Any, kind: type, guards: list[_Guard], stack: list[Any]) -> None:
    """Note what an object of the user's has from its class: slots, methods, and values it may read as its own."""
    slots = kind.__dict__.get("__slots__", ())
    for name in (slots,) if isinstance(slots, str) else slots:
        value = getattr(thing, name, _MISSING)
        guards.append(("slot", thing, name, value))
        stack.append(value)
    for name, part in vars(kind).items():
        if isinstance(part, types.FunctionType):
            stack.append(part)
        elif isinstance(part, staticmethod | classmethod):
            stack.append(part.__func__)
        elif isinstance(part, property):
            stack.append(part.fget)
        elif not name.startswith("__") and not isinstance(part, types.MemberDescriptorType):
            guards.append(("item", vars(kind), name, part))
            stack.append(part)


def _look_into(value: Any, names: list[str], guards: list[_Guard], stack: list[Any]) -> None:
    """Note what a function reads of a module or a class of the user's by the names in its code."""
    if isinstance(value, types.ModuleType) and not _foreign(value.__name__):
        holders: list[Any] = [vars(value)]
    elif isinstance(value, type) and not _foreign(value.__module__):
        holders = [vars(kind) for kind in value.__mro__ if not _foreign(kind.__module__)]
    else:
        return
    for holder in holders:
        for name in names:
            if name in holder and not isinstance(holder[name], types.ModuleType):
                guards.append(("item", holder, name, holder[name]))
                stack.append(holder[name])


def _generators(guards: tuple[list[_Guard], list[_Guard]]) -> list[numpy.random.Generator]:
    return [v for part in guards for _, _, _, v in part if isinstance(v, numpy.random.Generator)]


def _hold(guards: list[_Guard]) -> bool:
    """Whether everything noted still has its value."""
    for kind, owner, key, value in guards:
        if kind == "cell":
            try:
                now = owner.cell_contents
            except ValueError:
                now = _MISSING
        elif kind == "length":
            if len(owner) != value:
                return False
            continue
        elif kind == "content":
            if owner.tobytes() != value:
                return False
            continue
        elif kind == "slot":
            now = getattr(owner, key, _MISSING)
        else:
            try:
                now = owner[key]
            except (KeyError, IndexError):
                return False
        if now is value:
            continue
        if isinstance(value, _SCALARS) and type(now) is type(value) and repr(now) == repr(value):
            continue
        return False
    return True
