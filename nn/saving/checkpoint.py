"""`save` and `load`: a checkpoint in one file, whole or not at all, and back.

Knows what a call looks like and which ending means which file. What is in the file stands in the files beside this one.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import autograd_lite as ag
from autograd_lite import files
from nn.exporting import export_onnx
from nn.module import Module
from nn.saving import archive, foreign, manifest, safe
from nn.saving.packing import Arrays, packed, unpacked
from nn.saving.restoring import restore

_NAMES = "names"
ENDINGS = (".npz", ".safetensors")


def save(path: str | os.PathLike[str], /, **things: Any) -> Path:
    """Write a checkpoint: `nn.save("run.npz", model=model, optimizer=optimizer, epoch=3)`. Returns its path.

    Each thing, under a name of yours, is a `Module` (parameters, buffers, and the state of every generator of random
    numbers in it), an object with `state_dict()` and `load_state_dict()` such as an optimiser, a schedule or a history,
    a `numpy.random.Generator`, an array or a tensor, a plain value, or lists, tuples and dictionaries of these.

    An `.npz` file has the arrays as NumPy reads them (no pickles, not packed), a manifest in JSON with the shape, dtype
    and SHA-256 of each, and at its end a SHA-256 of all that is before. It is written beside `path` first, and takes
    its place at one stroke once it is on the disk: whenever the process ends, the old file or the new one is there. A
    `.safetensors` file has the same under the same keys, and needs the package safetensors. An `.onnx` file is no
    checkpoint but a model for other programs: `nn.save("model.onnx", model=model, input=x[:1])` is `nn.export_onnx`.

    Not in the file is what the program itself says: classes, which parameters are frozen, training or evaluation.
    Raises `FileError` where the file cannot be written, and `ArgumentError` for what has no place in one.

    >>> import tempfile
    >>> model = nn.MLP([4, 3, 2], rng=0)
    >>> path = nn.save(Path(tempfile.mkdtemp(), "run.npz"), model=model, epoch=3)
    >>> other = nn.MLP([4, 3, 2], rng=1)
    >>> nn.load(path, model=other)
    {'epoch': 3}
    >>> bool((other.layers[0].weight == model.layers[0].weight).all())
    True
    """
    target = _path("save", path, (*ENDINGS, ".onnx"))
    if target.suffix.lower() == ".onnx":
        return _exported(target, things)
    if not things:
        raise ag.ArgumentError(
            "save: there is nothing to save: give things by name, as in nn.save(path, model=model, optimizer=optimizer)"
        )
    if _NAMES in things:
        raise ag.ArgumentError("save: nn.load takes names= for a purpose of its own: give this thing another name")
    files.writable(target)
    arrays: Arrays = {}
    try:
        nodes = packed(things, arrays)
    except RecursionError:
        raise ag.ArgumentError("save: lists and dictionaries lie in each other too deep for a file") from None
    text = manifest.written(nodes, arrays)
    manifest.read(target.name, text)  # what could not be read back is not written
    form = _form(target)
    form.refuse(arrays)
    with files.writing(target) as file:
        form.write(file, text, arrays)
    return target


def load(path: str | os.PathLike[str], /, *, names: Mapping[str, str] | None = None, **things: Any) -> dict[str, Any]:
    """Put back what `nn.save` has written: `nn.load("run.npz", model=model, optimizer=optimizer)`.

    Each thing is filled with what the file has under its name, all of them or none: classes and arguments of modules,
    keys, shapes, dtypes, generators are compared before anything changes. Returns, by name, everything that no place
    was given for: plain values as they were, arrays, new generators, the states of modules and objects as dictionaries.

    Raises `FileError` where the file cannot be read, and `CheckpointError`: where it is damaged, cut short or no
    checkpoint; and where it does not fit, with every problem in one list. To take the values of a model that differs
    in its arguments alone: `model.load_state_dict(nn.load(path)["model"])`.

    From a `.safetensors` file of PyTorch or another library one model takes its arrays by name, in its own dtypes:
    `nn.load("weights.safetensors", model=model)`; without a model the arrays are returned. Where names differ, `names`
    says which, of single arrays or of whole modules: `names={"features.0": "layers.0"}`, `names={"": "layers"}`.

    >>> import tempfile
    >>> path = nn.save(Path(tempfile.mkdtemp(), "run.npz"), model=nn.MLP([4, 3, 2]))
    >>> nn.load(path, model=nn.MLP([4, 5, 2]))  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    nn.errors.CheckpointError: ...run.npz does not fit, and nothing was changed:
      another architecture: model is MLP([4, 5, 2]) here and MLP([4, 3, 2]) in the file
      another architecture: model.layers.0 is Linear(4, 5, dtype=float32) here and Linear(4, 3, dtype=float32) in ...
    """
    target = _path("load", path)
    with files.reading(target) as file:
        known, arrays = _form(target).read(target.name, file)
    if known is None:
        return _taken(target.name, arrays, names or {}, things)
    if names is not None:
        raise ag.ArgumentError(f"load: names= is for files of other libraries, and nn.save has written {target.name}")
    # What is returned is made first: should it fail, nothing has been changed.
    returned = {name: unpacked(node, arrays) for name, node in known.things.items() if things.get(name) is None}
    restore(target.name, known.things, arrays, things)
    return returned


def _taken(name: str, arrays: Arrays, names: Mapping[str, str], things: Mapping[str, Any]) -> dict[str, Any]:
    """What a file of another library gives to a model, or without one gives back."""
    if not things and not names:
        return dict(arrays)
    (model,) = things.values() if len(things) == 1 else (None,)
    if not isinstance(model, Module):
        raise ag.ArgumentError(
            f"load: {name} is a file of another library, arrays by name: give one model for them, as in "
            f"nn.load({name!r}, model=model)"
        )
    foreign.take(name, arrays, model, names)
    return {}


def _exported(target: Path, things: dict[str, Any]) -> Path:
    if things.keys() != {"model", "input"}:
        raise ag.ArgumentError(
            f"save: an .onnx file is made of a model and an input for it, not of {', '.join(things) or 'nothing'}: "
            f"nn.save({target.name!r}, model=model, input=x[:1])"
        )
    return export_onnx(things["model"], target, things["input"])


def _form(target: Path) -> Any:
    """The format of a file by its ending: what refuses, writes and reads."""
    return safe if target.suffix.lower() == ".safetensors" else archive


def _path(what: str, path: Any, endings: tuple[str, ...] = ENDINGS) -> Path:
    try:
        target = Path(path)
    except TypeError:
        raise ag.ArgumentError(
            f"{what}: the path is {type(path).__name__}, not a path: write nn.{what}('run.npz', model=model)"
        ) from None
    if what == "load" and target.suffix.lower() == ".onnx":
        raise ag.ArgumentError(
            f"load: {target.name} is a model for other programs, such as onnxruntime, and no checkpoint: save .npz too"
        )
    if target.suffix.lower() not in endings:
        if what == "load" and target.suffix.lower() in (".pt", ".pth", ".pkl", ".bin", ".h5"):
            raise ag.ArgumentError(
                f"load: {target.name} is a file of another library, which could run code when it is opened: save the "
                "weights there as .safetensors, in PyTorch by safetensors.torch.save_file(model.state_dict(), path)"
            )
        raise ag.ArgumentError(
            f"{what}: {str(target)!r} ends in {target.suffix or 'no suffix'!r}: a checkpoint is one of "
            f"{', '.join(endings)}, as in nn.{what}({target.with_suffix('.npz').name!r}, …)"
        )
    return target
