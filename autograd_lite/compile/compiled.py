"""`compile`: a function that is recorded at its first call for a signature and replayed at the others.

Recording is a dry run: the function is run with the recorder looking on, everything is put back, and only when there
is a program is the call done, by the function itself. Knows recordings, programs bound to memory, what they rely on,
and when to look again whether they are right. Must not know passes, nor how memory is laid out.
"""

from __future__ import annotations

import builtins
import functools
import inspect
import sys
import threading
import types
import warnings
import weakref
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

import numpy

from autograd_lite import backend
from autograd_lite.compile.bind import Bound, Layout, lay_out
from autograd_lite.compile.emit import FILENAME
from autograd_lite.compile.flat import flatten_updates
from autograd_lite.compile.guards import ARRAY, FORM, Guard, Scan, alike, explained, expression, hold
from autograd_lite.compile.held import held, unseen, watched
from autograd_lite.compile.outline import Outline, outline
from autograd_lite.compile.source import clean_source
from autograd_lite.compile.tree import assemble, disassemble, result
from autograd_lite.compile.verify import Before, after, began, difference, programs_differ
from autograd_lite.diagnosis import describe
from autograd_lite.engine.graph import ancestors, history, mode, tick, touch
from autograd_lite.engine.inside import gradient_of, put_changed, put_gradient, put_required, put_value, value_of
from autograd_lite.engine.streams import EVERYBODYS, put_stream, stream_state
from autograd_lite.engine.tensor import Tensor
from autograd_lite.errors import ArgumentError, CheckError, CompileError, CompileWarning
from autograd_lite.program.lower import lower
from autograd_lite.program.passes import drop_dead, optimise
from autograd_lite.program.program import Leaf, Program, State, Stats, layout
from autograd_lite.program.record import Recorder
from autograd_lite.watch import marks

MOST_PROGRAMS = 64
MOST_ALIKE = 16
"""Programs that are kept of one signature: for other values of what the function reads besides its arguments."""
PATIENCE = 4
"""Recordings in a row for other numbers that were never replayed, after which the function runs as it is.

Where it is no number that was another, but a whole number, a word or an object, of which there may be a few, four times
as many.
"""
MISS: Any = object()
_AS_BEFORE = "{} broke off before any state was updated: all parameters are as before the call"


@dataclass(eq=False)
class _Entry:
    """One program, what it takes for fixed, and how its results are put together."""

    program: Program
    guards: list[Guard]
    conditions: list[tuple[Callable[[], Any], Any]]
    flags: list[tuple[Callable[[], Tensor | None], bool]]  # tensors, and whether they required a gradient
    entry_grads: list[tuple[Callable[[], Tensor | None], bool]]  # whose gradient was read, and whether there was one
    form: Any
    wants: list[bool]
    drawn: Outline
    source: str
    streams: list[Any]
    given: dict[int, Callable[[], Tensor | None]]  # arguments that are tensors of the function's own
    own: frozenset[int]  # identities of the tensors that no other argument may be
    kind: Any  # the signature without its numbers
    layouts: list[tuple[State, Any]]  # of its states, gradients that are found among them: shape, dtype, memory order
    layout: Layout | None = None  # made when it is first wanted
    owner: int | None = None  # the identity of whose method it is
    due: int = 1  # the call, of those of this program, at which it is audited next
    left: int = 1  # calls until then
    codes: dict[Any, tuple[types.CodeType, dict[str, Any]]] = field(default_factory=dict)

    @property
    def changed(self) -> list[Tensor]:
        """The tensors whose data or gradient the program changes."""
        return list({id(tensor): tensor for tensor, _ in self.written}.values())

    @property
    def written(self) -> list[tuple[Tensor, str]]:
        """What the program changes: tensors, and whether it is their "data" or their "grad"."""
        effects = [(effect.leaf(), effect.what) for effect in self.program.effects]
        return [(tensor, what) for tensor, what in effects if tensor is not None]

    def turned(self) -> list[tuple[str, Any, Any]]:
        """The states that a call leaves in another order of memory than it finds them in, with both."""
        read = {value.state: value.sample for value in self.program.states}
        found = []
        for effect in self.program.effects:
            state, value = effect.state, effect.value
            if value is not None and (effect.what == "data" or state in read):
                then, now = layout(read.get(state, state.array)), layout(value.sample)
                if then != now:
                    found.append((f"the order of memory of {state.label}", then, now))
        return found


@dataclass
class _Quick:
    """The program of the last call, and what makes the next one the same."""

    entry: _Entry
    bound: Bound
    grad: bool
    moment: int
    step: Callable[[tuple[Any, ...]], Any]


@dataclass
class _Dry:
    """A call of the function that was looked at and taken back."""

    recorder: Recorder
    given: list[Any]  # the arguments as the function got them
    arguments: list[tuple[Tensor, str]]
    outputs: list[Tensor]
    form: Any
    nodes: list[Tensor]
    changes: list[tuple[str, Any, Any]] = field(default_factory=list)


class _Plain(threading.local):
    """Whether a compiled function is being run as it is in this thread: then those it calls are too."""

    on = False

    def run(self, function: Callable[..., Any], args: Sequence[Any]) -> Any:
        before, now = self.on, mode.now
        kept = now.grad, now.scope, now.outside
        try:  # from here on, since an interrupt in between would leave all compiled functions as they are
            self.on = True
            touch()  # nobody takes the quick way meanwhile
            return function(*args)
        finally:  # by assignments alone, since an interrupt may come wherever a function is entered
            self.on = before
            now.grad, now.scope, now.outside = kept


_plain = _Plain()


class _Thread(threading.local):
    def __init__(self) -> None:
        self.bounds: weakref.WeakKeyDictionary[_Entry, Bound] = weakref.WeakKeyDictionary()
        self.quick: _Quick | None = None


class Compiled:
    """A compiled function; made by `ag.compile`."""

    __name__: str

    def __init__(self, function: Callable[..., Any], verify: bool | None = None) -> None:
        functools.update_wrapper(self, function)
        self.__name__ = getattr(function, "__name__", type(function).__name__)
        self.function = function
        self.verify = verify
        self._method = False
        self.records = 0  # how often the function has been recorded
        self._entries: dict[Any, list[_Entry]] = {}
        self._given_up: dict[Any, str] = {}  # kinds of calls that run as they are, and why
        self._fruitless: dict[Any, int] = {}  # of kinds of calls: recordings in a row that were never replayed
        self._restless: dict[Any, int] = {}  # of signatures: calls in a row that changed what they read
        self._thread = _Thread()
        self._latest: _Entry | None = None
        self._lock = threading.RLock()
        self._signature = inspect.signature(function)
        parameters = self._signature.parameters.values()
        self._names = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]

    def __set_name__(self, owner: Any, name: str) -> None:
        self._method = True

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        return self if instance is None else types.MethodType(self, instance)

    def __reduce__(self) -> Any:
        # By its function: a copy records for itself. What is pickled by name finds the compiled one there.
        return (Compiled, (self.function, self.verify))

    def __deepcopy__(self, memo: dict[int, Any]) -> Compiled:
        return Compiled(self.function, self.verify)

    # Calling.

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        now = mode.now
        if now.witness.records:
            return self.function(*args, **kwargs)
        if kwargs:
            args = self._positional(args, kwargs)
        # The way of the steady state: the same signature as before, nothing changed since.
        quick = self._thread.quick
        if quick is not None and quick.grad is now.grad and quick.moment == history.last:
            found = quick.step(args)
            if found is not MISS:
                return found
        return self._call(args)

    def _positional(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, ...]:
        bound = self._signature.bind(*args, **kwargs)
        if bound.kwargs:
            raise ArgumentError(f"{self.__name__}: a compiled function takes its arguments by position")
        return bound.args

    def _call(self, args: tuple[Any, ...]) -> Any:
        """A call that is not known to be like the last one."""
        if _plain.on:
            return self.function(*args)
        args = tuple(map(_in_order, args))
        signature = self._signature_of(args)
        known = self._entries.get(signature, ())
        for entry in known:
            if self._holds(entry, args):
                return self._again(entry, args)
        kind = self._kind(signature)
        why = self._given_up.get(kind) or self._given_up.get(None)
        if why is not None:
            return self._plainly(args)
        return self._record(signature, kind, args)

    def _signature_of(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        """What a program is made for: gradient mode, shapes, dtypes and layouts, numbers, which arguments are one."""
        key: list[Any] = [mode.now.grad]
        for i, arg in enumerate(args):
            kind = type(arg)
            if kind is Tensor:
                array = value_of(arg)
                first = next(j for j, each in enumerate(args) if each is arg)
                key.append((array.shape, array.dtype, array.strides, type(array), arg.requires_grad, first))
            elif kind is numpy.ndarray or backend.is_array(arg):
                key.append((arg.shape, arg.dtype, arg.strides, kind))
            elif self._method and i == 0:
                key.append(("self", id(arg)))
            else:
                key.append(_static(self.__name__, arg))
        return tuple(key)

    @staticmethod
    def _kind(signature: tuple[Any, ...]) -> Any:
        """A signature without the values of its numbers."""
        return tuple(
            part[:1] if isinstance(part, tuple) and part and part[0] in _COUNTED else part for part in signature
        )

    def _again(self, entry: _Entry, args: tuple[Any, ...]) -> Any:
        """Replay a program that holds; from time to time with the function itself beside it."""
        self._fruitless.pop(entry.kind, None)
        self._fruitless.pop(None, None)
        self._restless.clear()
        entry.left -= 1
        if entry.left < 1:
            return self._audit(entry, args)
        bound = self._bound(entry)
        self._remember(entry, bound, args)
        arrays = self._arrays(entry, args)
        states = [stream_state(stream) for stream in entry.streams]
        bound.at[0] = 0
        try:
            found = bound.run(*arrays)
            return self._returned(entry, bound, found)
        except BaseException as error:  # noqa: BLE001 - an interrupt too leaves everything as before, or is told of
            return self._broke_off(entry, bound, args, error, states)

    def _arrays(self, entry: _Entry, args: tuple[Any, ...]) -> list[Any]:
        """The arrays of the arguments that a program takes."""
        return [
            value_of(arg) if type(arg) is Tensor else arg
            for i, arg in enumerate(args)
            if (type(arg) is Tensor and i not in entry.given) or backend.is_array(arg)
        ]

    def _returned(self, entry: _Entry, bound: Bound, found: Sequence[Any]) -> Any:
        for leaf, gradient in bound.grads:
            put_gradient(leaf(), gradient)
        made = [result(array, wants) for array, wants in zip(found, entry.wants, strict=True)]
        return assemble(entry.form, made)

    def _holds(self, entry: _Entry, args: tuple[Any, ...]) -> bool:
        """Whether everything the program takes for fixed is as it was."""
        return self._fits(entry, args) and hold(entry.guards)

    def _fits(self, entry: _Entry, args: tuple[Any, ...]) -> bool:
        """Whether arguments and states are those of a program, but for what is watched."""
        return (
            all(args[i] is tensor() for i, tensor in entry.given.items())
            and not any(type(a) is Tensor and i not in entry.given and id(a) in entry.own for i, a in enumerate(args))
            and all(read() == answer for read, answer in entry.conditions)
            and all((t := tensor()) is not None and t.requires_grad is flag for tensor, flag in entry.flags)
            and all(
                (t := tensor()) is not None and (gradient_of(t) is not None) is present
                for tensor, present in entry.entry_grads
            )
            and all(
                type(array := state.array) is numpy.ndarray and (array.shape, array.dtype, layout(array)) == form
                for state, form in entry.layouts
            )
        )

    def _bound(self, entry: _Entry) -> Bound:
        """The program in this thread's memory, with today's states in it, and nothing in it that somebody holds."""
        with self._lock:
            bound = self._thread.bounds.get(entry)
            if bound is None:
                bound = self._layout(entry).bind()
            elif any(state.array is not array for state, array in bound.reads) or any(
                state.array is not home for state, home in bound.homes.items()
            ):
                bound = bound.again()
            states = held(bound)
            if states:
                bound = bound.moved(states)
            for array, number in bound.lives:
                array[...] = number.read()
            for state, home in bound.homes.items():
                now = state.array
                if now is not None and now is not home:
                    home[...] = now
                    touch()  # for other programs that keep it elsewhere
                    tensor = state.leaf()
                    if state.what == "data":
                        put_value(tensor, home, tick())
                    else:
                        put_gradient(tensor, home)
            self._thread.bounds[entry] = bound
            self._latest = entry
            return bound

    def _remember(self, entry: _Entry, bound: Bound, args: tuple[Any, ...]) -> None:
        """Note what the next call must look like to be replayed without a look-up."""
        self._thread.quick = None
        if entry.entry_grads:
            return  # nobody tells of a gradient that was set or forgotten: look each time
        quick = (Tensor, numpy.ndarray, int, float, bool, str, type(None))
        if all(type(arg) in quick or id(arg) == entry.owner for arg in args):
            self._thread.quick = _Quick(entry, bound, mode.now.grad, history.last, _step(self, entry, bound, args))

    def _broke_off(
        self, entry: _Entry, bound: Bound, args: tuple[Any, ...], error: BaseException, states: list[Any]
    ) -> Any:
        """Say which states a replay that broke off had updated; where none was, an error is the eager call's own."""
        self._thread.quick = None
        at, groups = bound.at[0], bound.groups
        if at > 0:
            moment = tick()
            for tensor in entry.changed:  # the run may have come no further than to say that it begins
                put_changed(tensor, moment)
            done = "; ".join(groups[: at - 1]) or "none"
            begun = groups[at - 1] if at <= len(groups) else "none"
            error.add_note(
                f"{self.__name__} broke off while it updated its states: updated already: {done}; "
                f"perhaps in part: {begun}; restore them from a state_dict() saved before the call"
            )
            raise error
        for stream, state in zip(entry.streams, states, strict=True):
            put_stream(stream, state)
        lost = _forget_written(bound)
        if not (isinstance(error, Exception) and _of_the_program(error)):
            error.add_note(_AS_BEFORE.format(self.__name__) + lost)
            raise error
        try:
            return self._plainly(args)
        except BaseException as own:
            if lost:
                own.add_note(_AS_BEFORE.format(self.__name__) + lost)
            raise

    # The function itself.

    def _plainly(self, args: tuple[Any, ...]) -> Any:
        """The function itself, with results as a replay gives them."""
        found: list[Tensor] = []
        themselves = {id(arg) for arg in args}  # a stand-in for a tensor of the function's own is another one
        form = disassemble(_plain.run(self.function, self._stand_ins(args, themselves)), found)
        return assemble(form, [result(value_of(t).copy("K"), t.requires_grad) for t in found])

    def _give_up(self, kind: Any, why: str) -> None:
        """Run calls of this kind as they are from now on, and say so."""
        self._given_up[kind] = why
        warnings.warn(f"{self.__name__} runs as it is, not compiled: {why}", CompileWarning, stacklevel=5)

    def _stand_ins(self, args: tuple[Any, ...], themselves: Any) -> list[Any]:
        """The arguments as the function gets them: tensors, and those of its own `themselves`."""
        found: list[Any] = []
        of: dict[int, Tensor] = {}
        for i, arg in enumerate(args):
            tensor = type(arg) is Tensor
            if (not tensor and not backend.is_array(arg)) or (tensor and id(arg) in themselves):
                found.append(arg)
            elif tensor and id(arg) in of:
                found.append(of[id(arg)])
            else:
                name = self._names[i] if i < len(self._names) else f"argument{i}"
                array = value_of(arg) if tensor else arg
                if backend.namespace(array) is not backend.NUMPY:
                    raise CompileError(f"{self.__name__}: compiled steps run on NumPy arrays; call the function itself")
                of[id(arg)] = given = Tensor(array, name=arg.name if tensor else name, copy=False)
                put_required(given, tensor and arg.requires_grad)
                found.append(given)
        return found

    # Recording.

    def _record(self, signature: Any, kind: Any, args: tuple[Any, ...]) -> Any:
        """A call for which there is no program: try it, take it back, make a program, and then do it."""
        with self._lock:
            owner = args[0] if self._method and args else None
            scan = Scan(self.function, owner)
            if scan.used_up:
                self._give_up(None, f"it reads {scan.used_up[0]}, of which each item is there once: pass the item")
                return self._plainly(args)
            dry = self._dry_run(scan, args)
            count = self._fruitless[kind] = self._fruitless.get(kind, 0) + 1
            total = self._fruitless[None] = self._fruitless.get(None, 0) + 1
            if dry.changes:
                return self._changing(signature, dry.changes[0], args)
            entry = self._program(scan, dry, kind, args)
            if turned := entry.turned():
                return self._changing(signature, turned[0], args)
            if self.verify is not False:
                self._compiling(lambda: self._bound(entry))
            known = self._entries.setdefault(signature, [])
            contents: list[str] = []
            for earlier in known:
                if self._same(earlier, entry, args):
                    changed = [guard.owner for guard in earlier.guards if not guard.holds]
                    contents = [guard.where for guard in earlier.guards if not guard.holds]
                    earlier.guards, earlier.codes = entry.guards, {}
                    entry = earlier
                    if self._only_operands(entry, changed, args):
                        self._fruitless[kind] = count = 0
                    break
            found = self._plain_and_audited(entry, args, first=True)
            if entry not in known:
                self.records += 1
                known.insert(0, entry)
                del known[MOST_ALIKE:]
                while len(self._entries) > MOST_PROGRAMS:
                    self._entries.pop(next(iter(self._entries)))
            self._latest = entry
            touch()
            if count >= PATIENCE:
                self._weary(signature, kind, count, contents)
            elif total >= MOST_PROGRAMS:
                self._give_up(None, f"no two of its last {MOST_PROGRAMS} calls had the same shapes and numbers")
            return found

    def _changing(self, signature: Any, change: tuple[str, Any, Any], args: tuple[Any, ...]) -> Any:
        """A call that changed what it reads: it is done as it is, and recorded the next time."""
        where, then, now = change
        count = self._restless[signature] = self._restless.get(signature, 0) + 1
        if count >= PATIENCE:
            kind = self._kind(signature)
            self._give_up(kind, f"it changes {where}, which it reads, at every call ({then!r:.40}, then {now!r:.40})")
        return self._plainly(args)

    def _weary(self, signature: Any, kind: Any, count: int, contents: list[str]) -> None:
        """Record no more of what is another number at every call, or has another content."""
        many = [each for each in self._entries if self._kind(each) == kind]
        if contents:
            numbers, what = True, contents[0]
        elif len(many) > 1:
            varying = [i for i in range(1, len(signature)) if len({repr(each[i]) for each in many}) > 1]
            names = [self._names[i - 1] if i <= len(self._names) else f"argument {i}" for i in varying]
            numbers = any(signature[i][0] in ("float", "complex") for i in varying)
            what = f"its argument {' and '.join(names)}"
        else:
            earlier = self._entries.get(signature, [])[1:2]
            changes = [change for entry in earlier for guard in entry.guards for change in guard.changes()]
            numbers = any(isinstance(now, int | float | numpy.generic) for _, _, now in changes)
            what = changes[0][0] if changes else "something that it reads"
        if count >= (PATIENCE if numbers else 4 * PATIENCE):
            self._give_up(kind, f"{what} is another at every call: pass it as an argument, as an array")

    def _same(self, earlier: _Entry, entry: _Entry, args: tuple[Any, ...]) -> bool:
        """Whether a recording made nothing new: another content of an array that does not decide anything."""
        return (
            self._fits(earlier, args)
            and all(guard.kind is ARRAY for guard in earlier.guards if not guard.holds)
            and earlier.form == entry.form
            and earlier.wants == entry.wants
            and programs_differ(earlier.program, entry.program) is None
        )

    def _only_operands(self, entry: _Entry, arrays: list[numpy.ndarray], args: tuple[Any, ...]) -> bool:
        """Whether the function does nothing with these arrays that a replay does not do anew: then none is compared.

        It is recorded once more with tensors in the places of the arrays, whose values nobody can read.
        """
        scan = Scan(self.function, args[0] if self._method and args else None)
        try:
            dry = self._dry_run(scan, args, operands=arrays)
            found = not dry.changes and programs_differ(
                entry.program, self._program(scan, dry, entry.kind, args).program
            ) is None  # fmt: skip
        except Exception:  # noqa: BLE001 - it needs the values, in one way or another
            return False
        if found:
            for guard in entry.guards:
                if guard.kind is ARRAY and any(guard.owner is array for array in arrays):
                    guard.kind, guard.seen = FORM, FORM.look(guard.owner, ())
        return found

    def _dry_run(
        self,
        scan: Scan,
        args: tuple[Any, ...],
        themselves: frozenset[int] = frozenset(),
        operands: Sequence[numpy.ndarray] = (),
        marked: dict[tuple[int, str], Any] | None = None,
    ) -> _Dry:
        """The function run with the recorder looking on, and everything put back.

        `themselves` are tensors that it gets as arguments and has of its own; `operands` arrays of its own whose values
        it must not see; `marked` the places of numbers that are put by twins, to see whether the function writes there.
        """
        themselves |= {id(t) for t in scan.tensors}
        given = self._stand_ins(args, themselves)
        recorder = Recorder(stream for stream, _ in scan.streams)
        recorder.plain.update(t for t, arg in zip(given, args, strict=True) if backend.is_array(arg))
        outputs: list[Tensor] = []
        now = mode.now
        kept = now.grad, now.scope, now.outside, now.witness
        try:
            if operands or scan.large:
                stand_ins = scan.cover([*operands, *scan.large])
                recorder.plain.update(stand_ins)
                recorder.created.update(stand_ins)
            with recorder, marks(marked or {}) as written:
                returned = self.function(*given)
                recorder.check_randomness()
                form = disassemble(returned, outputs)
        except CompileError as error:
            scan.put_back()
            if scan.large:
                where = ", ".join(scan.where(array) for array in scan.large)
                error.add_note(f"{where} is too large to be compared, so that only operations may use it: pass it")
            raise
        except Exception as error:
            scan.put_back()
            raise self._whose(error, recorder, scan, args) from error
        except BaseException:
            now.grad, now.scope, now.outside, now.witness = kept
            recorder.put_back()  # again: an interrupt may come before the recording ends by itself, or while it does
            scan.put_back()
            raise
        changes = [*written, *scan.put_back()]
        nodes = self._nodes(recorder, outputs)
        own = {id(t) for t in given if type(t) is Tensor and id(t) not in themselves}
        if any(id(t) in own for t in recorder.before):
            raise CompileError(f"{self.__name__} changes one of its arguments: return the new value instead")
        arguments: list[tuple[Tensor, str]] = []
        for i, (tensor, arg) in enumerate(zip(given, args, strict=True)):
            if type(tensor) is not Tensor or id(arg) in themselves:
                continue
            name = self._names[i] if i < len(self._names) else f"argument{i}"
            if any(tensor is earlier for earlier, _ in arguments):
                tensor = Tensor(value_of(tensor), name=name, copy=False)  # nobody reads this one
            arguments.append((tensor, name))
        inputs = [x for t in nodes if t.node is not None for x in t.node.inputs]
        used = {id(x) for x in (*inputs, *recorder.before)}
        missed = {id(arg) for arg in args if type(arg) is Tensor and id(arg) in used} - themselves
        if missed and not changes:
            return self._dry_run(scan, args, themselves | missed, operands, marked)
        if marked is None and not changes:
            # A number that is read anew is not held to what it was, so that writing it must be seen by itself.
            mine = {place: space for place, space in recorder.read_live.items() if space is not None}
            changes = self._dry_run(scan, args, themselves, operands, mine).changes if mine else changes
        return _Dry(recorder, given, arguments, outputs, form, nodes, changes)

    def _nodes(self, recorder: Recorder, outputs: list[Tensor]) -> list[Tensor]:
        """The results that a recording has made, in order."""
        roots = [
            *outputs,
            *(v for _, _, v in recorder.assigned_values if isinstance(v, Tensor)),
            *(g for g in recorder.grads.values() if type(g) is Tensor),
            *recorder.draws_made,
        ]
        nodes = [t for t in ancestors(*roots) if t.node is not None] if roots else []
        for t in nodes:
            if t.node.number < recorder.began and t.requires_grad and mode.now.grad:
                raise CompileError(
                    f"{self.__name__} uses {describe(t)}, which was computed outside and requires a gradient: "
                    "compute it inside, or detach() it"
                )
        return [t for t in nodes if t.node.number > recorder.began]

    def _whose(self, error: Exception, recorder: Recorder, scan: Scan, args: tuple[Any, ...]) -> Exception:
        """Whether an error is the function's own, or comes from its being recorded: the function itself tells."""
        streams = [*(stream for stream, _ in scan.streams), *EVERYBODYS]
        before = Before([*recorder.before, *scan.tensors], streams)
        try:
            self._plainly(args)
        except Exception as own:  # noqa: BLE001 - it is raised by who asks
            found: Exception = own
        else:
            found = CompileError(f"{self.__name__} fails while it is recorded, {_line(error)}: {_said(error)}")
        finally:
            before.put_back()
            scan.put_back()
        return found

    def _program(self, scan: Scan, dry: _Dry, kind: Any, args: tuple[Any, ...]) -> _Entry:
        """The program of a recording with everything that it relies on."""
        recorder = dry.recorder

        def make() -> tuple[Program, Outline, str]:
            program = lower(recorder, dry.nodes, dry.arguments, dry.outputs)
            drawn = outline(recorder, dry.outputs)
            program = optimise(program)
            source = clean_source(program, self.__name__)
            return optimise(program, (flatten_updates, drop_dead)), drawn, source

        program, drawn, source = self._compiling(make)
        captured = {v.state.leaf(): None for v in program.states if v.state is not None}
        captured.update((e.leaf(), None) for e in program.effects)
        gone = _Gone(self)

        def weak(tensor: Tensor) -> Any:
            return weakref.ref(tensor, gone)

        entry = _Entry(
            program, scan.guards, recorder.conditions,
            [(weak(t), t.requires_grad) for t in {**captured, **dict.fromkeys(scan.tensors)}],
            [(weak(t), g is not None) for t, g in recorder.entry_grads.items()
             if t in recorder.read_grads and t not in recorder.created],
            dry.form, [t.requires_grad for t in dry.outputs], drawn, source,
            list({id(g): g for g, _ in recorder.generators.values()}.values()),
            {i: weak(arg) for i, (arg, tensor) in enumerate(zip(args, dry.given, strict=True))
             if type(arg) is Tensor and tensor is arg},
            frozenset(id(t) for t in (*captured, *scan.tensors)), kind,
            [(v.state, (v.shape, v.dtype, layout(v.sample))) for v in program.states if v.state is not None],
        )  # fmt: skip
        gone.entry = weakref.ref(entry)
        entry.owner = id(args[0]) if self._method and args else None
        for guard in entry.guards:
            for owner, name in recorder.read_live:
                if id(guard.owner) == owner:
                    guard.free(name)
            guard.let_go(gone)
        return entry

    def _compiling(self, make: Callable[[], Any]) -> Any:
        """What comes of a part of the compiler; a failure in it is told as what it means to the user."""
        try:
            return make()
        except CompileError:
            raise
        except Exception as error:
            where = _line(error)
            raise CompileError(f"{self.__name__} cannot be compiled{where and ', '}{where}: {_said(error)}") from error

    def _drop(self, entry: _Entry) -> None:
        """Forget a program that can never hold again, since something it relies on is no more."""
        for signature, entries in list(self._entries.items()):
            if entry in entries:
                entries.remove(entry)
                if not entries:
                    self._entries.pop(signature, None)
        if self._thread.quick is not None and self._thread.quick.entry is entry:
            self._thread.quick = None
        if self._latest is entry:
            self._latest = None
        self._thread.bounds.pop(entry, None)

    # Audits.

    def _audit(self, entry: _Entry, args: tuple[Any, ...]) -> Any:
        entry.left = 1 if self.verify else entry.due
        entry.due *= 2
        return self._plain_and_audited(entry, args, first=False)

    def _plain_and_audited(self, entry: _Entry, args: tuple[Any, ...], first: bool) -> Any:
        """The function itself, and before it a replay from the same state, which must do the same to the last bit."""
        themselves = {id(args[i]) for i in entry.given}
        reached = [t for tensor, _ in entry.flags if (t := tensor()) is not None]
        before = Before(reached, entry.streams, entry.written)
        ours, replayed = None, self.verify is False
        try:
            if self.verify is not False:
                ours = self._replayed(entry, args, reached)
                before.put_back()
                replayed = True
            returned = _plain.run(self.function, self._stand_ins(args, themselves))
        except BaseException as error:
            before.put_back()
            if not (replayed and isinstance(error, Exception)):
                error.add_note(_AS_BEFORE.format(self.__name__))
            raise
        found: list[Tensor] = []
        form = disassemble(returned, found)
        what = None
        if ours is not None:
            what = "the form of the result" if form != entry.form else difference(
                ours, after(reached, entry.streams, found)
            )  # fmt: skip
        if what is not None:
            self._drop(entry)
            raise self._caught(entry, args, before, what, first)
        if first:
            entry.due, entry.left = 2, sys.maxsize if self.verify is False else 1
        return assemble(form, [result(value_of(t).copy("K"), t.requires_grad) for t in found])

    def _replayed(self, entry: _Entry, args: tuple[Any, ...], reached: list[Tensor]) -> Any:
        """What a replay leaves behind; `None` where it breaks off, as the function itself will then show."""
        bound = self._bound(entry)
        arrays = self._arrays(entry, args)
        bound.at[0] = 0
        try:
            found = bound.run(*arrays)
        except Exception as error:
            if not _of_the_program(error):
                raise
            return None
        for leaf, gradient in bound.grads:
            put_gradient(leaf(), gradient)
        return after(reached, entry.streams, [result(array, False) for array in found])

    def _caught(
        self, entry: _Entry, args: tuple[Any, ...], before: Before, what: str, first: bool
    ) -> CompileError | CheckError:
        """The error of a replay that is not what the function does: what differs, and where that began."""
        eager = Before([t for t, _, _, _ in before.tensors], entry.streams)
        before.put_back()
        try:
            where = self._where(entry, args)
        except Exception:  # noqa: BLE001 - it is a help, and must not hide what was found
            where = None
        (before if first else eager).put_back()  # looking for it has drawn random numbers once more
        began_at = f"; it begins at {where}" if where else ""
        if first:
            return CompileError(
                f"{self.__name__} cannot be compiled: replayed from the same state it gives {what} other than the "
                f"function itself{began_at}. It reads something that changes by itself and cannot be seen, such as "
                "random numbers of a generator made inside or the time: pass that as an argument"
            )
        return CheckError(
            f"{self.__name__}: {what} of the replay differs from the function itself{began_at}. The function's own "
            "result is what stands in the states now; it reads something that cannot be watched: pass it as an argument"
        )

    def _where(self, entry: _Entry, args: tuple[Any, ...]) -> str | None:
        owner = args[0] if self._method and args else None
        scan = Scan(self.function, owner)
        states = {v.state.key: v.state.array.copy() for v in entry.program.states if v.state}
        dry = self._dry_run(scan, args)
        now = self._program(scan, dry, entry.kind, args)
        found = programs_differ(entry.program, now.program)
        return found or began(entry.program, self._arrays(entry, args), states, dry.nodes)

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

    def explain_guards(self) -> str:
        """What the latest program relies on besides its arguments, a line each; `print` it.

        Where calls run as they are, not compiled, it says why.

        >>> import autograd_lite as ag
        >>> import numpy as np
        >>> settings = {"factor": 2.0}
        >>> scaled = ag.compile(lambda x: ag.multiply(x, settings["factor"]))
        >>> _ = scaled(np.ones(2))
        >>> print(scaled.explain_guards())
        code of <lambda>: this code
        defaults of <lambda>: None
        keyword defaults of <lambda>: None
        settings['factor']: 2.0
        settings: this dict
        """
        lines = [f"runs as it is, not compiled: {why}" for why in self._given_up.values()]
        if self._latest is None and lines:
            return "\n".join(lines)
        entry = self._entry()
        lines += [explained(entry.guards)]
        lines += [f"an answer of a number read anew: {answer!r}" for _, answer in entry.conditions]
        return "\n".join(line for line in lines if line)

    def draw(self, depth: int | None = None) -> Any:
        """The picture of the latest recording: forward, reverse pass and the new values of states.

        Shown are the operations of the function itself, before the passes that `source` has gone through. `depth` is
        that of `ag.draw`: scopes more than so many levels down are one box each.
        """
        from autograd_lite.show.picture.draw import outlined

        return outlined(self._entry().drawn, depth)

    def __repr__(self) -> str:
        why = next(iter(self._given_up.values()), None)
        return f"<compiled {self.__name__}: {self.records} recorded{f'; runs as it is: {why}' if why else ''}>"


def _in_order(arg: Any) -> Any:
    """An array in the machine's byte order, as tensors are."""
    if type(arg) is numpy.ndarray and not arg.dtype.isnative:
        return arg.astype(arg.dtype.newbyteorder("="))
    return arg


def _broke_off(compiled: Compiled) -> Callable[..., Any]:
    """What to do with a replay that broke off, without keeping the compiled function alive."""
    ref = weakref.ref(compiled)

    def broke_off(entry: _Entry, bound: Bound, args: Any, error: BaseException, states: Any) -> Any:
        alive = ref()
        if alive is None:
            raise error
        return alive._broke_off(entry, bound, args, error, states)

    return broke_off


class _Gone:
    """What is called when a thing is no more that a program relies on: it drops the program."""

    __slots__ = ("compiled", "entry")

    def __init__(self, compiled: Compiled) -> None:
        self.compiled = weakref.ref(compiled)
        self.entry: Callable[[], _Entry | None] = lambda: None

    def __call__(self, _: Any) -> None:
        compiled, entry = self.compiled(), self.entry()
        if compiled is not None and entry is not None:
            compiled._drop(entry)


def _forget_written(bound: Bound) -> str:
    """Forget the gradients that a run that broke off may have written over in part; returns what to say of it."""
    names = []
    for leaf, gradient in bound.grads:
        tensor = leaf()
        shown = gradient is not None and tensor is not None and gradient_of(tensor) is gradient
        if shown and all(state.array is not gradient for state in bound.homes):
            put_gradient(tensor, None)
            names.append(leaf.name or "a state")
    return f"; the gradients of {', '.join(names)} are forgotten (None)" if names else ""


def _line(error: BaseException) -> str:
    """The line of the user's, and the operation, in which an error was raised."""
    trace, found, op = error.__traceback__, "", ""
    while trace is not None:
        frame = trace.tb_frame
        node: Any = frame.f_locals.get("node")
        if getattr(node, "op", None) is not None:
            op = f"in {node.op.name}, "
        if frame.f_globals.get("__name__", "").partition(".")[0] != "autograd_lite":
            found = f"in line {trace.tb_lineno} of {frame.f_code.co_filename.rpartition('/')[2]}"
        trace = trace.tb_next
    return op + found


def _said(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"


def _of_the_program(error: BaseException) -> bool:
    """Whether an error was raised by a call of a replay, not by somebody who broke in."""
    trace, last = error.__traceback__, None
    while trace is not None:
        last = trace.tb_frame
        trace = trace.tb_next
    if last is None:
        return False
    package = last.f_globals.get("__name__", "").partition(".")[0]
    return last.f_code.co_filename == FILENAME or package in ("autograd_lite", "numpy")


def _static(name: str, value: Any) -> Any:
    """An argument that is no array: part of the signature by its value."""
    if isinstance(value, _NUMBERS):
        return (type(value).__name__, repr(value))  # 1 and True, 0.0 and -0.0 are equal, but not the same
    if isinstance(value, tuple | list) and all(isinstance(each, _NUMBERS) for each in value):
        return (type(value).__name__, f"{[type(each).__name__ for each in value]} {value!r}")
    raise ArgumentError(
        f"{name}: an argument of a compiled function is a tensor, an array or a number, not {type(value).__name__}"
    )


_COUNTED = ("int", "float", "complex", "tuple", "list")
_NUMBERS = (bool, int, float, complex, str, bytes, type(None))


# The steady state: the look at everything that a program takes for fixed, its replay, and what it tells its tensors, as
# one function that is written out for the things there are: a loop over them costs as much as a call of NumPy.


def _step(compiled: Compiled, entry: _Entry, bound: Bound, args: tuple[Any, ...]) -> Callable[[tuple[Any, ...]], Any]:
    """A call that is like the last one, or `MISS`: one function for each program in each memory."""
    shown = _shown(bound)
    form = (tuple(place for place, _ in shown), len(bound.held))
    if form not in entry.codes:
        names: dict[str, Any] = {}
        text = _step_text(entry, shown, len(bound.held), args, names)
        exec(builtins.compile(text, "<look before a compiled step>", "exec"), names)
        entry.codes[form] = names.pop("step").__code__, names
    code, shared = entry.codes[form]
    for name, owner, key in shared["fresh"]:
        shared[name] = owner.get(key)
    names = {
        **shared, "run": bound.run, "at": bound.at, "entry": entry, "broke_off": _broke_off(compiled), "bound": bound,
    }  # fmt: skip
    homes = [home for home, _ in bound.held]
    names["watched"], names["unseen"] = [*map(watched, homes)], [*chain.from_iterable(map(unseen, homes))]
    return types.FunctionType(code, names)


def _shown(bound: Bound) -> list[tuple[str, Leaf]]:
    """How the gradients are called that a run leaves, and whose they are."""
    grads = bound.grads
    where = {
        id(array): f"watched[{i}][{k}]"
        for i, (home, _) in enumerate(bound.held)
        for k, array in enumerate(watched(home))
    }
    return [("None" if array is None else where[id(array)], leaf) for leaf, array in grads]


def _step_text(
    entry: _Entry, shown: list[tuple[str, Leaf]], homes: int, args: tuple[Any, ...], names: dict[str, Any]
) -> str:
    conditions, operands = _arguments(entry, args, names)
    conditions += expression(entry.guards, names)
    names.update(
        Tensor=Tensor, ndarray=numpy.ndarray, MISS=MISS, result=result, assemble=assemble, form=entry.form,
        streams=entry.streams, stream_state=stream_state, getrefcount=sys.getrefcount,
        chained=chain.from_iterable, held=held,
    )  # fmt: skip
    looks = [f"p{i}._grad is {place}" for i, (place, _) in enumerate(shown)]
    if homes:  # in one go, and through the lists of the homes, since another list would count as somebody who holds
        looks.append("[*map(getrefcount, chained(watched))] == unseen")
    names.update((f"r{i}", leaf.ref) for i, (_, leaf) in enumerate(shown))
    lines = [
        "def step(args):",
        "    try:",
        f"        if not ({' and '.join(conditions)}):",
        "            return MISS",
        "    except (ValueError, KeyError, IndexError, AttributeError):",
        "        return MISS",
        *(f"    p{i} = r{i}()" for i in range(len(shown))),
        f"    if not ({' and '.join(looks) or True}) and held(bound):",
        "        return MISS",
        "    entry.left -= 1",
        "    if entry.left < 1:",
        "        entry.left += 1",
        "        return MISS",
        f"    states = {'[stream_state(stream) for stream in streams]' if entry.streams else '()'}",
        "    at[0] = 0",
        "    try:",
        f"        found = run({', '.join(operands)})",
    ]
    lines += [f"        p{i}._grad = {place}" for i, (place, _) in enumerate(shown)]
    results = [f"result(found[{i}], {wants})" for i, wants in enumerate(entry.wants)]
    lines += [
        f"        return {results[0]}" if entry.form == 0 else f"        return assemble(form, [{', '.join(results)}])",
        "    except BaseException as error:",
        "        return broke_off(entry, bound, args, error, states)",
    ]
    return "\n".join(lines) + "\n"


def _arguments(entry: _Entry, args: tuple[Any, ...], names: dict[str, Any]) -> tuple[list[str], list[str]]:
    """The conditions that arguments are as the program takes them, and how the arrays among them are called."""
    conditions, operands = [f"len(args) == {len(args)}"], []
    names["own"] = entry.own
    for i, arg in enumerate(args):
        here = f"args[{i}]"
        if i in entry.given or id(arg) == entry.owner:
            conditions.append(f"id({here}) == {id(arg)}")
        elif type(arg) is Tensor or type(arg) is numpy.ndarray:
            array: Any = arg
            operand = here
            if type(arg) is Tensor:
                array, operand = value_of(arg), f"{here}._data"
                conditions.append(f"type({here}) is Tensor and {here}._requires_grad is {arg.requires_grad}")
                if entry.own:
                    conditions.append(f"id({here}) not in own")
                for j, other in enumerate(args[:i]):
                    if type(other) is Tensor:
                        conditions.append(f"{here} {'is' if other is arg else 'is not'} args[{j}]")
            names[f"s{i}"], names[f"d{i}"], names[f"t{i}"] = array.shape, array.dtype, array.strides
            conditions.append(f"type(a{i} := {operand}) is ndarray")
            conditions.append(f"a{i}.shape == s{i} and a{i}.dtype is d{i} and a{i}.strides == t{i}")
            operands.append(f"a{i}")
        else:  # a number or a word
            names[f"k{i}"], names["alike"] = arg, alike
            conditions.append(f"({here} is k{i} or alike({here}, k{i}))")
    return conditions, operands


def compile(function: Callable[..., Any] | None = None, *, verify: bool | None = None) -> Any:
    """Compile a function of arrays and Tensors: record it at the first call, replay a flat program after.

    A training step is compiled whole: forward, reverse pass and update. The first call for a signature (shapes,
    dtypes, layouts, numbers, gradient mode) is done by the function itself, after it was recorded in a dry run; the
    others replay the program, with the same bits. What the function reads besides its arguments is watched, and a
    change is honoured or recorded anew: `print(step.explain_guards())` shows it. Results have no graph behind them.

    A replay audits itself: at calls 1, 2, 4, 8, … of a program the function also runs eagerly from the same state, and
    the two must agree to the last bit. `verify=True` does so at every call, `verify=False` at none.

    Arrays, views and gradients that were handed out keep their values. A held plain array of more than 1 MiB is
    refused: pass it as an argument. A function that reads another number at each call, or changes what it reads, runs
    as it is, which a `CompileWarning` says once. How it works, and what it cannot see: `docs/compiled-steps.md`.

    Raises `CompileError`, with everything put back, for what cannot be compiled: asking for a recorded value (`item()`,
    `if`), a shape that depends on data, random numbers from elsewhere; `CheckError` where an audit finds a difference,
    with the function's own result in the states.

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
    if not callable(function):
        raise ArgumentError(
            f"compile: {function!r:.60} is no function: write step = ag.compile(function), or @ag.compile"
        )
    return Compiled(function, verify)
