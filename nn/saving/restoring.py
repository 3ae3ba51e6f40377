"""Putting back what a checkpoint holds: everything or nothing, with every problem in one list.

What can be compared is compared before anything changes; what only an object's own `load_state_dict` can tell is tried,
and undone where anything does not fit. Must not know files.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

import autograd_lite as ag
from autograd_lite import Tensor, backend
from nn.errors import CheckpointError
from nn.module import Module
from nn.saving import generators, packing
from nn.saving.packing import Arrays, unpacked


class _Change(NamedTuple):
    """A change that is to be made at a place, and how it is undone."""

    place: str
    make: Callable[[], None]
    undo: Callable[[], None]


def restore(name: str, nodes: Mapping[str, Any], arrays: Arrays, targets: Mapping[str, Any]) -> None:
    """Put what `nodes` stand for into `targets`. Raises `CheckpointError` with every problem; then nothing is changed.

    `None` as a target leaves what the file has of that name alone.
    """
    problems: list[str] = []
    changes: list[_Change] = []
    for thing, target in targets.items():
        if target is None:
            continue
        if thing not in nodes:
            there = ", ".join(nodes) or "nothing"
            problems.append(f"missing: {thing}: the file has {there}")
        else:
            _plan(nodes[thing], target, thing, arrays, problems, changes)
    _make(changes, problems)
    if problems:
        raise CheckpointError(f"{name} does not fit, and nothing was changed:\n  " + "\n  ".join(problems), problems)


def _make(changes: list[_Change], problems: list[str]) -> None:
    """Make the changes; undo them all where there are problems, those known before among them, or one fails."""
    made: list[_Change] = []
    try:
        for change in changes:
            made.append(change)
            try:
                change.make()
            except (KeyboardInterrupt, SystemExit, MemoryError):
                raise
            except Exception as error:  # noqa: BLE001 - an object's own load_state_dict may raise anything
                problems.append(f"{change.place}: {_words(error)}")
    except BaseException:
        _undo(made)
        raise
    if problems:
        _undo(made)


def _undo(made: list[_Change]) -> None:
    for change in reversed(made):
        change.undo()


def _plan(node: Any, target: Any, place: str, arrays: Arrays, problems: list[str], changes: list[_Change]) -> None:
    """Compare a node with what it is to be put into; add what is to be changed, or why it cannot be."""
    kind = node.get("$") if isinstance(node, dict) else None
    if isinstance(target, Module):
        if kind == "module":
            _plan_module(node, target, place, arrays, problems, changes)
        else:
            problems.append(f"{place}: a {type(target).__name__} is given, and the file has {_called(node)}")
    elif isinstance(target, np.random.Generator):
        if kind == "generator":
            _plan_generator(node, target, place, problems, changes)
        else:
            problems.append(f"{place}: a generator is given, and the file has {_called(node)}")
    elif isinstance(target, Tensor | np.ndarray) or backend.is_array(target):
        _plan_array(node, target, place, arrays, problems, changes)
    elif packing.keeps_state(target):
        if kind != "object" or node["class"] != type(target).__name__:
            problems.append(f"{place}: {_a(type(target).__name__)} is given, and the file has {_called(node)}")
        else:
            state = unpacked(node["state"], arrays)
            changes.append(_Change(place, lambda: target.load_state_dict(state), _taken(target)))
    elif isinstance(target, Mapping | list | tuple):
        _plan_items(node, target, place, arrays, problems, changes)
    else:
        problems.append(
            f"{place}: {target!r:.40} cannot be filled: leave it out of the call, and nn.load returns what the file has"
        )


def _plan_items(
    node: Any, target: Any, place: str, arrays: Arrays, problems: list[str], changes: list[_Change]
) -> None:
    saved = _items(node)
    own = dict(target) if isinstance(target, Mapping) else dict(enumerate(target))
    if saved is None or isinstance(saved, Mapping) != isinstance(target, Mapping):
        problems.append(f"{place}: {_a(type(target).__name__)} is given, and the file has {_called(node)}")
        return
    there = dict(saved) if isinstance(saved, Mapping) else dict(enumerate(saved))
    problems += [f"missing: {place}[{key!r}]" for key in own if key not in there]
    problems += [f"unexpected: {place}[{key!r}]" for key in there if key not in own]
    for key, item in own.items():
        if key in there and item is not None:
            _plan(there[key], item, f"{place}[{key!r}]", arrays, problems, changes)


def _items(node: Any) -> Any:
    """The nodes in a list, tuple or dictionary; `None` for every other node."""
    if isinstance(node, list) or not isinstance(node, dict):
        return node if isinstance(node, list) else None
    kind = node.get("$")
    if kind == "dict":
        return {key: item for key, item in node["items"]}  # noqa: C416 - pairs are lists
    return node["items"] if kind == "tuple" else node if kind is None else None


def _plan_module(
    node: dict[str, Any], module: Module, place: str, arrays: Arrays, problems: list[str], changes: list[_Change]
) -> None:
    before = len(problems)
    _compare_architecture(node["modules"], packing.architecture(module), place, problems)
    own = module.state_dict()
    saved = unpacked(node["state"], arrays)
    problems += misfits(place, own, saved)
    _plan_generators(node["generators"], module, place, problems, changes)
    if len(problems) == before:
        changes.append(_Change(place, lambda: module.load_state_dict(saved), lambda: module.load_state_dict(own)))


def misfits(place: str, own: Mapping[str, Any], saved: Mapping[str, Any]) -> list[str]:
    """What differs between the arrays of a model and those of a file: keys, shapes, dtypes.

    >>> from nn.saving.restoring import misfits
    >>> misfits("model", {"b": np.zeros(2)}, {"b": np.zeros(3)})
    ['wrong shape: model: b is (2,) in the model and (3,) in the file']
    """
    found = [f"missing: {place}: {path} {np.shape(mine)}" for path, mine in own.items() if path not in saved]
    found += [f"unexpected: {place}: {path} {np.shape(each)}" for path, each in saved.items() if path not in own]
    for path, mine in own.items():
        each = saved.get(path)
        if not isinstance(mine, np.ndarray) or not isinstance(each, np.ndarray):
            continue  # a state of a class's own: its load_state_dict sees to that
        if mine.shape != each.shape:
            found.append(f"wrong shape: {place}: {path} is {mine.shape} in the model and {each.shape} in the file")
        elif mine.dtype != each.dtype:
            found.append(f"wrong dtype: {place}: {path} is {mine.dtype} in the model and {each.dtype} in the file")
    return found


def _compare_architecture(saved: list[list[str]], own: list[list[str]], place: str, problems: list[str]) -> None:
    there, here = ({path: _said(kind, arguments) for path, kind, arguments in each} for each in (saved, own))
    for path in {**here, **there}:
        if here.get(path) != there.get(path):
            which = f"{place}.{path}" if path else place
            problems.append(
                f"another architecture: {which} is {here.get(path, 'not there')} here and "
                f"{there.get(path, 'not there')} in the file"
            )


def _said(kind: str, arguments: str) -> str:
    return kind if " " in kind else f"{kind}({arguments})"


def _plan_generators(
    saved: dict[str, Any], module: Module, place: str, problems: list[str], changes: list[_Change]
) -> None:
    own = {path: rng for path, _, rng in packing.random_places(module)}
    shared = {path: each for path, each in packing.generators_of(module).items() if isinstance(each, str)}
    for path in {**own, **saved}:
        full = f"{place}.{path}"
        if path not in saved or path not in own:
            problems.append(f"{'missing' if path in own else 'unexpected'}: the generator {full}")
        elif isinstance(saved[path], str) or path in shared:
            if saved[path] != shared.get(path):
                problems.append(f"{full}: here and in the file it is not shared with the same other generator")
        else:
            _plan_generator(saved[path], own[path], full, problems, changes)


def _plan_generator(
    saved: dict[str, Any], rng: np.random.Generator, place: str, problems: list[str], changes: list[_Change]
) -> None:
    reason = generators.misfit(rng, saved)
    if reason is not None:
        problems.append(f"{place}: {reason}")
        return
    state = rng.bit_generator.state

    def undo() -> None:
        rng.bit_generator.state = state

    changes.append(_Change(place, lambda: generators.put(rng, saved), undo))


def _plan_array(
    node: Any, target: Any, place: str, arrays: Arrays, problems: list[str], changes: list[_Change]
) -> None:
    saved = arrays[node["key"]] if isinstance(node, dict) and node.get("$") == "array" else None
    if saved is None:
        problems.append(f"{place}: an array is given, and the file has {_called(node)}")
    elif (target.shape, target.dtype) != (saved.shape, saved.dtype):
        problems.append(
            f"{place}: {target.dtype} {target.shape} is given, and the file has {saved.dtype} {saved.shape}"
        )
    elif isinstance(target, Tensor):
        old = target.data

        def undo() -> None:
            if target.data is not old:
                target.assign(old)

        def assign() -> None:
            target.assign(backend.namespace(old).asarray(saved))

        changes.append(_Change(place, assign, undo))
    elif not getattr(getattr(target, "flags", None), "writeable", True):
        problems.append(f"{place}: the array that is given must not be written")
    else:
        old = target.copy()

        def write(values: Any) -> None:
            target[...] = backend.namespace(target).asarray(values)

        changes.append(_Change(place, lambda: write(saved), lambda: write(old)))


def _taken(target: Any) -> Callable[[], None]:
    """The state of an object as it is now, to be put back."""
    state = target.state_dict()
    return lambda: target.load_state_dict(state)


def _called(node: Any) -> str:
    if not isinstance(node, dict) or "$" not in node:
        return "a list" if isinstance(node, list) else "a dictionary" if isinstance(node, dict) else f"{node!r:.40}"
    kind = node["$"]
    if kind in ("module", "object"):
        return f"the state of {_a(node['class'])}"
    return {"array": "an array", "dict": "a dictionary", "generator": "a generator"}.get(kind, f"a {kind}")


def _a(name: str) -> str:
    return f"{'an' if name[:1] in 'AEIOUaeio' or name.startswith(('LST', 'RNN', 'SGD', 'MLP')) else 'a'} {name}"


def _words(error: Exception) -> str:
    text = str(error).replace("\n", "\n  ")
    return text if isinstance(error, ag.AutogradError) else f"{type(error).__name__}: {text}"
