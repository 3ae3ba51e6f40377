"""What a compiled function reads besides its arguments: found, compared before every replay, put back, printed.

Knows Python's own objects: where a function can read from, and of each kind of thing how it is noted, compared and put
back. Must not know programs, memory, or how a function is recorded.
"""

from __future__ import annotations

import array
import collections
import contextvars
import dis
import functools
import sys
import sysconfig
import types
import weakref
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy

from autograd_lite.engine.inside import gradient_of, put_required
from autograd_lite.engine.streams import STREAMS
from autograd_lite.engine.tensor import Tensor
from autograd_lite.errors import CompileError
from autograd_lite.op import Operation

MOST_VALUES = 2**16
"""Values that are looked at before a replay, at most; more are refused."""
MOST_BYTES = 2**20
"""Bytes of one array that are compared before a replay, at most; a larger array is refused."""

SCALARS = (bool, int, float, complex, str, bytes, type(None), type(Ellipsis), numpy.generic)


class _Word:
    """A value that stands for something that is no value."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text


ABSENT = _Word("nothing")
FREE = _Word("read anew at every call")


class _Weak(weakref.ref):  # type: ignore[type-arg]
    """What was seen in a place, without keeping it alive; its identity is good as long as it lives."""

    __slots__ = ("number",)

    number: int


def alike(now: Any, then: Any) -> bool:
    """Whether a value is exactly what was noted: the same object, or a number or text of the same type and bits."""
    if now is then or then is FREE:
        return True
    if type(then) is _Weak:
        return then() is now
    if type(now) is not type(then):
        return False
    if isinstance(then, tuple):
        return len(now) == len(then) and all(map(alike, now, then))
    if isinstance(then, range | slice | numpy.dtype):
        return bool(now == then)
    return isinstance(then, SCALARS) and bool(bits(now) == bits(then))


def bits(scalar: Any) -> Any:
    """A number or a text so that equal means the same: 0.0 is not -0.0, and nan is nan."""
    if isinstance(scalar, float | complex | numpy.generic):
        return numpy.asarray(scalar).tobytes()
    return scalar


# How each kind of place is noted, as a list of values (or as bytes), and given its content again.


def _same(now: Any, then: Any) -> bool:
    if then is None:
        return False
    if isinstance(then, list):
        return len(now) == len(then) and all(map(alike, now, then))
    return bool(now == then)


def _cell(cell: Any, _: Any) -> list[Any]:
    try:
        return [cell.cell_contents]
    except ValueError:
        return [ABSENT]


def _put_cell(cell: Any, _: Any, seen: list[Any]) -> None:
    if seen[0] is ABSENT:
        del cell.cell_contents
    else:
        cell.cell_contents = seen[0]


def _put_names(space: Any, names: Any, seen: list[Any]) -> None:
    for name, value in zip(names, seen, strict=True):
        if value is not ABSENT:
            space[name] = value
        else:
            space.pop(name, None)


def _put_dict(owner: Any, _: Any, seen: list[Any]) -> None:
    half = len(seen) // 2
    # Past what a subclass may do when an item is set; an ordered dictionary keeps its order apart from the items.
    kind = collections.OrderedDict if isinstance(owner, collections.OrderedDict) else dict
    kind.clear(owner)
    for key, value in zip(seen[:half], seen[half:], strict=True):
        kind.__setitem__(owner, key, value)


def _attributes(owner: Any, names: Any) -> list[Any]:
    """Of an object's own dictionary: all names it has, and the values that are read."""
    return [*owner, *(owner.get(name, ABSENT) for name in names)]


def _put_attributes(owner: Any, names: Any, seen: list[Any]) -> None:
    there = seen[: len(seen) - len(names)]
    for name in [name for name in owner if name not in there]:
        del owner[name]
    _put_names(owner, names, seen[len(there) :])


def _slots(owner: Any, names: Any) -> list[Any]:
    return [getattr(owner, name, ABSENT) for name in names]


def _put_slots(owner: Any, names: Any, seen: list[Any]) -> None:
    for name, value in zip(names, seen, strict=True):
        if value is not ABSENT:
            setattr(owner, name, value)
        elif hasattr(owner, name):
            delattr(owner, name)


def _put_class(owner: Any, names: Any, seen: list[Any]) -> None:
    there, now = seen[: len(seen) - len(names)], vars(owner)
    for name in [name for name in now if name not in there]:
        delattr(owner, name)
    for name, value in zip(names, seen[len(there) :], strict=True):
        if now.get(name, ABSENT) is not value:
            setattr(owner, name, value)


def _put_elements(owner: Any, _: Any, seen: list[Any]) -> None:
    owner.clear()
    (owner.update if isinstance(owner, set) else owner.extend)(seen)


def _content(owner: Any, _: Any) -> tuple[Any, ...]:
    return (owner.shape, owner.strides, owner.dtype, owner.tobytes())


def _form(owner: Any, _: Any) -> tuple[Any, ...]:
    return (owner.shape, owner.strides, owner.dtype)


def _put_content(owner: Any, _: Any, seen: tuple[Any, ...]) -> None:
    shape, _, dtype, data = seen
    if owner.flags.writeable and owner.shape == shape and not owner.dtype.hasobject:
        owner[...] = numpy.frombuffer(data, dtype).reshape(shape)


def _put_bytes(owner: Any, _: Any, seen: bytes) -> None:
    if isinstance(owner, array.array):
        owner[:] = array.array(owner.typecode, seen)
    elif not (isinstance(owner, memoryview) and owner.readonly):
        owner[:] = seen if isinstance(owner, bytearray) else memoryview(seen).cast("B").cast(owner.format)


def _function(owner: Any, _: Any) -> list[Any]:
    return [owner.__code__, owner.__defaults__, owner.__kwdefaults__]


def _put_function(owner: Any, _: Any, seen: list[Any]) -> None:
    owner.__code__, owner.__defaults__, owner.__kwdefaults__ = seen


def _put_context(owner: Any, _: Any, seen: list[Any]) -> None:
    if seen[0] is not ABSENT:
        owner.set(seen[0])
        return
    try:
        owner.set(contextvars.Context().run(owner.get))  # it had no value: its default is what was read of it
    except LookupError as error:
        raise CompileError(
            f"the context variable {owner.name} had no value, and is given one while a step is recorded: set it outside"
        ) from error


def _tensor(owner: Tensor, names: Any) -> list[Any]:
    # The gradient of a result is a value that nobody tells of; that of a leaf is the recording's business.
    return [owner.requires_grad, owner.name if names else None, None if owner.node is None else gradient_of(owner)]


def _put_tensor(owner: Tensor, names: Any, seen: list[Any]) -> None:
    put_required(owner, seen[0])
    if names:
        owner.name = seen[1]


@dataclass(frozen=True)
class Kind:
    """How a place is noted and given back its content: a row of the table below."""

    word: str
    look: Callable[[Any, Any], Any]
    put: Callable[[Any, Any, Any], None]


CELL = Kind("variable", _cell, _put_cell)
NAMES = Kind("names", lambda space, names: [space.get(name, ABSENT) for name in names], _put_names)
ATTRIBUTES = Kind("attributes", _attributes, _put_attributes)
SLOTS = Kind("slots", _slots, _put_slots)
CLASS = Kind("class", lambda owner, names: _attributes(vars(owner), names), _put_class)
FUNCTION = Kind("function", _function, _put_function)
TENSOR = Kind("tensor", _tensor, _put_tensor)
DICT = Kind("dictionary", lambda owner, _: [*owner, *owner.values()], _put_dict)
PROXY = Kind("dictionary", DICT.look, lambda owner, _, seen: None)
LIST = Kind("list", lambda owner, _: list(owner), lambda owner, _, seen: owner.__setitem__(slice(None), seen))
ELEMENTS = Kind("elements", lambda owner, _: list(owner), _put_elements)
BYTES = Kind("bytes", lambda owner, _: owner.tobytes() if hasattr(owner, "tobytes") else bytes(owner), _put_bytes)
ARRAY = Kind("array", _content, _put_content)
FORM = Kind("form of an array", _form, lambda owner, _, seen: None)
CONTEXT = Kind("context", lambda owner, _: [owner.get(ABSENT)], _put_context)


class Guard:
    """One place, what was in it, and how one would write it."""

    __slots__ = ("kind", "owner", "names", "seen", "where")

    def __init__(self, kind: Kind, owner: Any, where: str, names: tuple[str, ...] = ()) -> None:
        self.kind = kind
        self.owner = owner
        self.names = names
        self.where = where
        self.seen = kind.look(owner, names)

    def now(self) -> Any:
        """What is in the place at this moment; where the thing itself is gone, nothing."""
        owner = self.owner() if type(self.owner) is _Weak else self.owner
        return [] if owner is None else self.kind.look(owner, self.names)

    @property
    def holds(self) -> bool:
        """Whether everything in the place is exactly as it was noted."""
        return _same(self.now(), self.seen)

    def put_back(self) -> None:
        """Give the place the content that was noted, where that is possible at all."""
        self.kind.put(self.owner, self.names, self.seen)

    def parts(self, values: Any) -> Iterator[tuple[str, Any]]:
        """Each value of a look with the way one would write where it is."""
        if not isinstance(self.seen, list):
            yield self.where, values
            return
        kind, where = self.kind, self.where
        if kind in (DICT, PROXY):
            half = len(values) // 2
            labels = [f"{where}[{key!r}]" for key in values[:half]]
            yield from zip(labels, values[half:], strict=True)
        elif kind in (NAMES, ATTRIBUTES, SLOTS, CLASS):
            values = values[len(values) - len(self.names) :]
            yield from zip((f"{where}.{n}" if where else n for n in self.names), values, strict=True)
        elif kind is FUNCTION or kind is TENSOR:
            words = ("code", "defaults", "keyword defaults") if kind is FUNCTION else ("requires_grad", "name", "grad")
            yield from zip((f"{word} of {where}" for word in words), values, strict=True)
        elif kind is CELL or kind is CONTEXT:
            yield where, values[0]
        else:
            yield from ((f"{where}[{i}]", value) for i, value in enumerate(values))

    def changes(self) -> list[tuple[str, Any, Any]]:
        """What is different now: where, then, now."""
        now = self.now()
        if not isinstance(self.seen, list):
            return [] if _same(now, self.seen) else [(self.where, "another content", "its content")]
        then, there = dict(self.parts(self.seen)), dict(self.parts(now))
        found = [
            (where, then.get(where, ABSENT), there.get(where, ABSENT))
            for where in {**then, **there}
            if not alike(there.get(where, ABSENT), then.get(where, ABSENT))
        ]
        return found or ([] if _same(now, self.seen) else [(self.where, "the order of its elements", "another")])

    def let_go(self, gone: Callable[[Any], None]) -> None:
        """Keep nothing alive that can tell of its end, which then calls `gone`."""
        if isinstance(self.seen, list):
            self.seen = [_weakly(value, gone) for value in self.seen]
        if self.kind is TENSOR or self.kind is SLOTS:
            self.owner = _weakly(self.owner, gone)

    def free(self, name: str) -> None:
        """Look no longer at an attribute that is read anew at every call."""
        if name in self.names and isinstance(self.seen, list):
            self.seen[len(self.seen) - len(self.names) + self.names.index(name)] = FREE


def _weakly(value: Any, gone: Callable[[Any], None]) -> Any:
    if isinstance(value, _STAY):
        return value
    try:
        found = _Weak(value, gone)
    except TypeError:
        return value
    found.number = id(value)
    return found


# What has no end of its own, or none that can be told of.
_STAY = (*SCALARS, type, types.ModuleType, types.FunctionType, types.BuiltinFunctionType, types.CodeType,
         tuple, dict, list, _Weak, _Word)  # fmt: skip


# Finding what can be read.

_LIBRARY = ("autograd_lite", "nn")
_INSTALLED = tuple({sysconfig.get_paths()[name] for name in ("stdlib", "platstdlib", "purelib", "platlib")})
# By these a function can read what it does not name.
_ANYTHING = {"vars", "__dict__", "getattr", "globals", "locals", "eval", "exec", "attrgetter", "asdict", "astuple",
             "replace", "copy", "deepcopy", "dumps"}  # fmt: skip
_EVERYWHERE = {"globals", "eval", "exec"}
# What a class has by itself and nobody reads.
_FORMAL = {"__doc__", "__module__", "__dict__", "__weakref__", "__qualname__", "__annotations__",
           "__firstlineno__", "__static_attributes__", "__abstractmethods__", "_abc_impl"}  # fmt: skip


def _cells(function: types.FunctionType) -> Iterable[tuple[str, types.CellType]]:
    return zip(function.__code__.co_freevars, function.__closure__ or (), strict=False)


@functools.lru_cache(4096)
def _names_of(code: types.CodeType) -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
    """The global names a function's code uses, those of attributes, and the modules it imports."""
    here: set[str] = set()
    attributes: set[str] = set()
    imported: set[str] = set()
    for step in dis.get_instructions(code):
        if step.opname in ("LOAD_GLOBAL", "STORE_GLOBAL", "DELETE_GLOBAL", "LOAD_NAME", "STORE_NAME"):
            here.add(step.argval)
        elif step.opname == "IMPORT_NAME":
            imported.add(step.argval)
        elif step.opname == "LOAD_CONST" and isinstance(step.argval, str | tuple):
            words = (step.argval,) if isinstance(step.argval, str) else step.argval
            attributes.update(word for word in words if isinstance(word, str) and word.isidentifier())
    made = code.co_name in ("__init__", "__new__", "__post_init__")  # what these set is of an object that is new
    for step in dis.get_instructions(code):
        stored = step.opname in ("STORE_ATTR", "DELETE_ATTR")
        if ("ATTR" in step.opname or "METHOD" in step.opname or step.opname == "IMPORT_FROM") and not (stored and made):
            attributes.add(step.argval)
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            for all_names, more in zip((here, attributes, imported), _names_of(constant), strict=True):
                all_names.update(more)
    return frozenset(here), frozenset(attributes), frozenset(imported)


class Scan:
    """Everything that a function can read besides its arguments, noted as it is now.

    `guards` are the places, `tensors` the tensors in them, `streams` the generators of random numbers, and `used_up`
    what gives another value each time it is asked: iterators, files. Raises `CompileError` for what is too much.
    """

    def __init__(self, function: Any, owner: Any = None) -> None:
        self.guards: list[Guard] = []
        self.tensors: dict[Tensor, str] = {}
        self.streams: list[tuple[Any, str]] = []
        self.used_up: list[str] = []
        self.large: list[numpy.ndarray] = []  # too large to be compared: their values must not be read
        self._covered: dict[Guard, list[Any]] = {}
        self._fixed: set[int] = set()  # identities of arrays that stand where nothing can be put in their place
        self._root = function
        self._home = _package(getattr(function, "__globals__", {}).get("__name__", ""))
        self._seen: set[int] = set()
        self._keep: list[Any] = []  # so that no identity is used twice
        self._stack: list[tuple[Any, str]] = []
        self._attributes: set[str] = set()
        self._globals: dict[int, tuple[dict[str, Any], set[str]]] = {}
        self._spaces: dict[int, tuple[dict[str, Any], str, Kind]] = {}  # looked into by the names that are read
        self._waiting: list[tuple[str, Any, str]] = []  # attributes that nobody has been seen to read
        self._classes: dict[type, set[str]] = {}
        self._count = 0
        if owner is not None:
            self._reach(owner, "self")
        self._reach(function, getattr(function, "__name__", "the function"))
        self._everything()

    def where(self, array: numpy.ndarray) -> str:
        """How one would write an array."""
        return next(guard.where for guard in self.guards if guard.owner is array)

    def cover(self, arrays: list[numpy.ndarray]) -> list[Tensor]:
        """Put tensors in the places of arrays, so that nobody can read their values; the guards put them back.

        Raises `CompileError` for an array that also stands where nothing can be put, as in a tuple.
        """
        stand_ins = {id(each): Tensor(each, copy=False) for each in arrays}
        for each in arrays:
            if id(each) in self._fixed:
                raise CompileError(
                    f"{_called(self._root)} relies on {self.where(each)}, an array of {each.nbytes / 2**20:.1f} MiB, "
                    f"and no more than {MOST_BYTES / 2**20:g} MiB are compared at every call: pass it as an argument"
                )
        for guard in self.guards:
            if isinstance(guard.seen, list) and any(id(value) in stand_ins for value in guard.seen):
                put = self._covered[guard] = [stand_ins.get(id(value), value) for value in guard.seen]
                guard.kind.put(guard.owner, guard.names, put)
        return list(stand_ins.values())

    def put_back(self) -> list[tuple[str, Any, Any]]:
        """Give every place what was noted; returns what the function had changed: where, then, now."""
        changes = []
        for guard in self.guards:
            if not guard.holds:
                if not _same(guard.now(), self._covered.pop(guard, None)):
                    changes += guard.changes()
                guard.put_back()
        return changes

    def _everything(self) -> None:
        """Go on until no name that is read leads anywhere new."""
        known = -1
        while known != (known := self._drain()):
            for space, names in list(self._globals.values()):
                for name in sorted(names & space.keys()):
                    self._reach(space[name], name)
            for space, where, _ in list(self._spaces.values()):
                for name in self._read(space):
                    self._reach(space[name], f"{where}.{name}")
            for name, thing, where in self._waiting:
                if name in self._attributes or self._attributes & _ANYTHING:
                    self._reach(thing, where)
        for space, names in self._globals.values():
            if names & _EVERYWHERE:
                self._note(DICT, space, "globals()")
            else:
                self._note(NAMES, space, "", tuple(sorted(names)))
                self._builtins(space, names)
        for space, where, kind in self._spaces.values():
            self._note(kind, space, where, tuple(self._read(space)))
        for tensor, where in self.tensors.items():
            self._note(TENSOR, tensor, where, ("name",) if "name" in self._attributes else ())
        for each, names in self._classes.items():
            read = {name for name in vars(each) if name in self._attributes}
            self._note(CLASS, each, each.__name__, tuple(sorted(names | read)))

    def _drain(self) -> int:
        """Look at everything that has been reached; returns how much is known then."""
        while self._stack:
            thing, where = self._stack.pop()
            if id(thing) not in self._seen:
                self._seen.add(id(thing))
                self._keep.append(thing)
                self._look_at(thing, where)
        return len(self._seen) + len(self._attributes) + sum(len(names) for _, names in self._globals.values())

    def _builtins(self, space: dict[str, Any], names: set[str]) -> None:
        there = space.get("__builtins__")
        built_in = vars(there) if isinstance(there, types.ModuleType) else there
        if isinstance(built_in, dict):
            used = tuple(sorted(name for name in names if name not in space and name in built_in))
            self._note(NAMES, built_in, "", used)

    def _read(self, space: Any) -> list[str]:
        if self._attributes & _ANYTHING:
            return list(space)
        return [name for name in space if name in self._attributes]

    def _reach(self, thing: Any, where: str, fixed: bool = False) -> None:
        """Look at a thing later; `fixed` where it is in no place that is noted."""
        if not isinstance(thing, SCALARS):
            self._stack.append((thing, where))
            if fixed:
                self._fixed.add(id(thing))

    def _note(self, kind: Kind, owner: Any, where: str, names: tuple[str, ...] = ()) -> Guard:
        guard = Guard(kind, owner, where, names)
        self.guards.append(guard)
        size = len(guard.seen) if isinstance(guard.seen, list) else 1
        self._count += size
        if self._count > MOST_VALUES:
            what = f"{where} of {size:,} values" if size > 1000 else f"more than {MOST_VALUES:,} values"
            raise CompileError(
                f"{_called(self._root)} relies on {what}, and no more than {MOST_VALUES:,} can be looked at before "
                "every replay: pass what it needs of them as an argument, as an array"
            )
        return guard

    def _own(self, module: str | None) -> bool:
        """Whether a module is the user's: of the function's own package, or installed nowhere."""
        root = _package(module)
        if root in _LIBRARY:
            return False
        return root == self._home or not _installed(root)

    def _look_at(self, thing: Any, where: str) -> None:
        for kinds, look in _LOOKS:
            if isinstance(thing, kinds):
                look(self, thing, where)
                return
        if isinstance(thing, collections.abc.Iterator) and not self._own(type(thing).__module__):
            self.used_up.append(where)
            return
        self._object(thing, where)

    # One method for each kind of thing; the table is below.

    def _tensors(self, thing: Tensor, where: str) -> None:
        self.tensors[thing] = where

    def _operation(self, thing: Operation, where: str) -> None:
        for part in vars(thing).values():
            several = part.values() if isinstance(part, dict) else part if isinstance(part, tuple | list) else (part,)
            for each in several:
                if callable(each):
                    self._reach(each, f"operation {thing.name}")

    def _random(self, thing: Any, where: str) -> None:
        self.streams.append((thing, where))

    def _array(self, thing: numpy.ndarray, where: str) -> None:
        large = thing.nbytes > MOST_BYTES
        if large:
            self.large.append(thing)
        self._note(FORM if large else ARRAY, thing, where)
        if thing.dtype.hasobject:
            self._reach(thing.ravel().tolist(), where)
        if isinstance(thing, numpy.ma.MaskedArray):
            self._reach(thing.mask, f"{where}.mask", fixed=True)

    def _method(self, thing: types.MethodType, where: str) -> None:
        self._reach(thing.__func__, where)
        self._reach(thing.__self__, where.rpartition(".")[0] or where)

    def _built_in(self, thing: Any, where: str) -> None:
        if not isinstance(thing.__self__, types.ModuleType):  # a method of a list, a dictionary, …
            self._reach(thing.__self__, where.rpartition(".")[0] or where)

    def _partial(self, thing: Any, where: str) -> None:
        self._reach(thing.func, where)
        for i, each in enumerate(thing.args):
            self._reach(each, f"{where}.args[{i}]", fixed=True)
        self._reach(thing.keywords, f"{where}.keywords")

    def _wrapped(self, thing: Any, where: str) -> None:
        parts = ("__func__", "__wrapped__", "fget", "fset", "fdel", "func")
        for part in parts:
            self._reach(getattr(thing, part, None), where)

    def _functions(self, thing: types.FunctionType, where: str) -> None:
        if not self._own(thing.__globals__.get("__name__")) and thing is not self._root:
            self._reach(getattr(thing, "__wrapped__", None), where)
            if _package(thing.__globals__.get("__name__")) in _LIBRARY:
                self._held_by(thing)
            return
        self._note(FUNCTION, thing, where)
        if thing.__dict__:
            self._note(DICT, thing.__dict__, where)
            for key, value in thing.__dict__.items():
                self._reach(value, f"{where}.{key}")
        here, attributes, imported = _names_of(thing.__code__)
        self._attributes |= attributes | (here & _ANYTHING)
        self._globals.setdefault(id(thing.__globals__), (thing.__globals__, set()))[1].update(here)
        for name in imported:
            self._reach(sys.modules.get(name), name)
        for name, cell in _cells(thing):
            self._cell(name, cell)
        for each in thing.__defaults__ or ():
            self._reach(each, f"a default of {where}", fixed=True)
        for key, each in (thing.__kwdefaults__ or {}).items():
            self._reach(each, f"the default {key} of {where}")
        if thing.__kwdefaults__:
            self._note(DICT, thing.__kwdefaults__, f"keyword defaults of {where}")

    def _held_by(self, thing: types.FunctionType) -> None:
        """Look at what a function of the library was given to work with: a model, a cost, a function of the user's."""
        for name, cell in _cells(thing):
            try:
                value = cell.cell_contents
            except ValueError:  # nothing in it yet
                continue
            if not isinstance(value, (*SCALARS, Operation)):
                self._cell(name, cell)

    def _cell(self, name: str, cell: types.CellType) -> None:
        if id(cell) not in self._seen:
            self._seen.add(id(cell))
            self._keep.append(cell)
            value = self._note(CELL, cell, name).seen[0]
            self._reach(value, name)

    def _module(self, thing: types.ModuleType, where: str) -> None:
        if self._own(thing.__name__):
            self._spaces.setdefault(id(vars(thing)), (vars(thing), where, NAMES))

    def _class(self, thing: type, where: str) -> None:
        for kind in thing.__mro__:
            if self._own(kind.__module__) and kind not in self._classes:
                self._seen.add(id(kind))
                names = self._classes[kind] = set()
                for name, part in vars(kind).items():
                    if self._attribute(name, part, f"{kind.__name__}.{name}"):
                        names.add(name)
        if type(thing) is not type:
            self._reach(type(thing), f"the class of {where}")

    def _attribute(self, name: str, value: Any, where: str) -> bool:
        """Look into an attribute where its name is read, and at once where it may be read without: then `True`."""
        functions = (types.FunctionType, staticmethod, classmethod, property, functools.cached_property)
        if isinstance(value, functions) or (name.startswith("__") and name not in _FORMAL):
            self._reach(value, where)
            return True
        if not isinstance(value, SCALARS) and name not in _FORMAL:
            self._waiting.append((name, value, where))
        return False

    def _dict(self, thing: Any, where: str) -> None:
        self._note(DICT if isinstance(thing, dict) else PROXY, thing, where)
        for key, value in thing.items():
            self._reach(key, f"a key of {where}")
            self._reach(value, f"{where}[{key!r:.40}]")
        if isinstance(thing, collections.defaultdict):
            self._reach(thing.default_factory, f"the default of {where}")
        self._instance(thing, where, dict)

    def _sequence(self, thing: Any, where: str) -> None:
        if isinstance(thing, list):
            self._note(LIST, thing, where)
        elif isinstance(thing, set | collections.deque):
            self._note(ELEMENTS, thing, where)
        elif len(thing) > MOST_VALUES:
            self._count += len(thing)
            self._note(LIST, [], where)
        if any(not isinstance(value, SCALARS) for value in thing):
            for i, value in enumerate(thing):
                self._reach(value, f"{where}[{i}]", fixed=not isinstance(thing, list))
        self._instance(thing, where, type(thing))

    def _bytes(self, thing: Any, where: str) -> None:
        if len(thing) > MOST_BYTES:
            raise CompileError(f"{_called(self._root)} relies on {where}, which is too long to be compared: pass it")
        self._note(BYTES, thing, where)

    def _context(self, thing: Any, where: str) -> None:
        self._reach(self._note(CONTEXT, thing, where).seen[0], where)

    def _reference(self, thing: Any, where: str) -> None:
        self._reach(thing(), where, fixed=True)

    def _view(self, thing: Any, where: str) -> None:
        self._reach(thing.mapping, where)

    def _nothing(self, thing: Any, where: str) -> None:
        pass

    def _object(self, thing: Any, where: str) -> None:
        if getattr(type(thing), "__watched__", True) is False:  # whoever reads of it reads live numbers
            return
        inner = getattr(thing, "__dict__", {}).get("__wrapped__")
        if _package(type(thing).__module__) == "autograd_lite":  # the library's own, as a compiled function
            self._reach(inner, where)
            return
        self._instance(thing, where, object)
        self._reach(inner, where)

    def _instance(self, thing: Any, where: str, below: type) -> None:
        """The attributes of an object, its slots and its classes."""
        kind = type(thing)
        if kind is below and below is not object:
            return
        own = any(self._own(each.__module__) for each in kind.__mro__)
        # Its class reads all of it, by names that are not looked for; so does a container of the standard library.
        standard = not own and _package(kind.__module__) in sys.stdlib_module_names
        watched = getattr(kind, "__watched__", False) or (standard and isinstance(thing, collections.abc.Collection))
        space = getattr(thing, "__dict__", None)
        if type(space) is dict and id(space) not in self._seen:
            self._seen.add(id(space))
            self._keep.append(space)
            self._spaces[id(space)] = (space, where, ATTRIBUTES if own or watched else NAMES)
            if watched:
                self._attributes.update(name for name, v in space.items() if not (own and isinstance(v, numpy.ndarray)))
        if own:
            for each in kind.__mro__:
                slots = each.__dict__.get("__slots__", ())
                names = (slots,) if isinstance(slots, str) else tuple(slots)
                names = tuple(name for name in names if name not in ("__dict__", "__weakref__"))
                if names and self._own(each.__module__):
                    guard = self._note(SLOTS, thing, where, names)
                    for name, value in zip(names, guard.seen, strict=True):
                        self._attribute(name, value, f"{where}.{name}")
            self._reach(kind, kind.__qualname__)


_LOOKS: list[tuple[Any, Callable[[Scan, Any, str], None]]] = [
    (Tensor, Scan._tensors),
    (Operation, Scan._operation),
    (STREAMS, Scan._random),
    (numpy.ndarray, Scan._array),
    (types.FunctionType, Scan._functions),
    (types.MethodType, Scan._method),
    ((functools.partial, functools.partialmethod), Scan._partial),
    ((staticmethod, classmethod, property, functools.cached_property, type(functools.lru_cache(len))), Scan._wrapped),
    (types.ModuleType, Scan._module),
    (type, Scan._class),
    ((dict, types.MappingProxyType), Scan._dict),
    ((list, tuple, set, frozenset, collections.deque), Scan._sequence),
    ((bytearray, array.array, memoryview), Scan._bytes),
    (contextvars.ContextVar, Scan._context),
    (weakref.ref, Scan._reference),
    ((type({}.keys()), type({}.values()), type({}.items())), Scan._view),
    (types.BuiltinFunctionType, Scan._built_in),
    ((numpy.ufunc, numpy.dtype, types.CodeType, range, slice, _Word), Scan._nothing),
]  # fmt: skip


def _package(module: str | None) -> str:
    return (module or "").partition(".")[0]


@functools.lru_cache(1024)
def _installed(root: str) -> bool:
    """Whether a package comes with Python or was installed: its insides are taken not to change."""
    if root in sys.builtin_module_names or root in sys.stdlib_module_names:
        return root != "__main__"
    file = getattr(sys.modules.get(root), "__file__", None) or ""
    return file.startswith(_INSTALLED)


def _called(function: Any) -> str:
    return str(getattr(function, "__name__", "the function"))


# Looking again.


def hold(guards: list[Guard]) -> bool:
    """Whether everything noted is as it was."""
    return all(guard.holds for guard in guards)


def expression(guards: list[Guard], names: dict[str, Any]) -> list[str]:
    """Conditions that say the same as `hold` and are quicker where nothing has changed; `names` is what they use.

    One may be false where `hold` is true: then `hold` decides.
    """
    parts: list[str] = []
    names["fresh"] = []  # numbers that are read anew: their names here, and where they are
    for number, guard in enumerate(guards):
        owner = f"o{number}"
        names[owner] = guard.owner
        _CONDITIONS.get(guard.kind.look, _by_look)(guard, owner, parts, names)
    return parts


def _is(place: str, value: Any, names: dict[str, Any]) -> str:
    if type(value) is _Weak:
        return f"id({place}) == {value.number}"
    if value is None or value is True or value is False:
        return f"{place} is {value}"
    name = f"v{len(names)}"
    names[name] = value
    if isinstance(value, SCALARS):
        names["alike"] = alike
        return f"({place} is {name} or alike({place}, {name}))"
    return f"{place} is {name}"


def _by_look(guard: Guard, owner: str, parts: list[str], names: dict[str, Any]) -> None:
    names[f"{owner}_"] = guard
    parts.append(f"{owner}_.holds")


def _by_cell(guard: Guard, owner: str, parts: list[str], names: dict[str, Any]) -> None:
    if guard.seen[0] is ABSENT:
        _by_look(guard, owner, parts, names)
    else:
        parts.append(_is(f"{owner}.cell_contents", guard.seen[0], names))


def _by_names(guard: Guard, owner: str, parts: list[str], names: dict[str, Any]) -> None:
    absent = tuple(name for name, value in zip(guard.names, guard.seen, strict=True) if value is ABSENT)
    if absent:
        names[f"{owner}_absent"] = absent
        parts.append(f"{owner}.keys().isdisjoint({owner}_absent)")
    _values(guard, guard.seen, owner, parts, names)


def _by_attributes(guard: Guard, owner: str, parts: list[str], names: dict[str, Any]) -> None:
    there = guard.seen[: len(guard.seen) - len(guard.names)]
    if set(there) == set(guard.names):  # each of them is looked at
        parts.append(f"len({owner}) == {len(there)}")
    else:
        names[f"{owner}_keys"] = there
        parts.append(f"[*{owner}] == {owner}_keys")
    _values(guard, guard.seen[len(there) :], owner, parts, names)


def _values(guard: Guard, seen: list[Any], owner: str, parts: list[str], names: dict[str, Any]) -> None:
    for name, value in zip(guard.names, seen, strict=True):
        if value is FREE:  # who sets it tells; who goes round that is found by the value
            fresh = f"v{len(names)}"
            names[fresh] = guard.owner.get(name)
            names["fresh"].append((fresh, guard.owner, name))
            parts.append(f"{owner}[{name!r}] is {fresh}")
        elif value is not ABSENT:
            parts.append(_is(f"{owner}[{name!r}]", value, names))


def _by_class(guard: Guard, owner: str, parts: list[str], names: dict[str, Any]) -> None:
    names[owner] = vars(guard.owner)
    _by_attributes(guard, owner, parts, names)


def _by_list(guard: Guard, owner: str, parts: list[str], names: dict[str, Any]) -> None:
    seen = guard.seen
    parts.append(f"len({owner}) == {len(seen)}")
    if len(seen) > 2 and all(type(value) is _Weak for value in seen):
        names[f"{owner}_ids"] = [value.number for value in seen]
        parts.append(f"[*map(id, {owner})] == {owner}_ids")
    elif len(seen) <= 16:
        parts.extend(_is(f"{owner}[{i}]", value, names) for i, value in enumerate(seen))
    else:
        _by_look(guard, owner, parts, names)


def _by_dict(guard: Guard, owner: str, parts: list[str], names: dict[str, Any]) -> None:
    half = len(guard.seen) // 2
    plain = all(type(key) in (str, int) for key in guard.seen[:half])
    if half > 16 or not plain or not isinstance(guard.owner, dict):
        _by_look(guard, owner, parts, names)
        return
    names[f"{owner}_keys"] = guard.seen[:half]
    parts.append(f"[*{owner}] == {owner}_keys")
    for key, value in zip(guard.seen[:half], guard.seen[half:], strict=True):
        parts.append(_is(f"{owner}[{key!r}]", value, names))


def _by_function(guard: Guard, owner: str, parts: list[str], names: dict[str, Any]) -> None:
    words = ("__code__", "__defaults__", "__kwdefaults__")
    parts.extend(_is(f"{owner}.{word}", value, names) for word, value in zip(words, guard.seen, strict=True))


def _by_tensor(guard: Guard, owner: str, parts: list[str], names: dict[str, Any]) -> None:
    # A switched requires_grad is told of; a name and the gradient of a result are not.
    tensor = guard.owner() if type(guard.owner) is _Weak else guard.owner
    if guard.names or tensor is None or tensor.node is not None:
        _by_look(guard, owner, parts, names)
    else:
        names[owner] = None


_CONDITIONS: dict[Any, Callable[[Guard, str, list[str], dict[str, Any]], None]] = {
    CELL.look: _by_cell, NAMES.look: _by_names, ATTRIBUTES.look: _by_attributes, LIST.look: _by_list,
    DICT.look: _by_dict, FUNCTION.look: _by_function, TENSOR.look: _by_tensor, CLASS.look: _by_class,
}  # fmt: skip


def explained(guards: list[Guard]) -> str:
    """What is watched, a line each, as one would write it."""
    lines = []
    for guard in guards:
        for where, value in guard.parts(guard.seen):
            then = value() if type(value) is _Weak else value
            if guard.kind is ARRAY or guard.kind is FORM:
                how = "by its content" if guard.kind is ARRAY else "read anew at every call"
                lines.append(f"{where}: an array of shape {guard.seen[0]}, {how}")
            elif guard.kind is BYTES:
                lines.append(f"{where}: its {len(guard.seen)} bytes")
            elif then is not ABSENT and not isinstance(then, types.ModuleType | types.BuiltinFunctionType):
                lines.append(f"{where}: {_shown(then)}")
    return "\n".join(dict.fromkeys(lines))


def _shown(value: Any) -> str:
    if isinstance(value, Tensor):
        return f"the tensor {value.name or ''}{value.shape}".replace("tensor (", "tensor of shape (")
    if isinstance(value, SCALARS):
        return f"{value!r:.60}"
    if isinstance(value, _Word):
        return value.text
    if isinstance(value, type | types.FunctionType):
        return f"{'class' if isinstance(value, type) else 'function'} {value.__qualname__}"
    return f"this {type(value).__name__}"
