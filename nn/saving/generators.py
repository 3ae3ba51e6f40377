"""Where a generator of random numbers is, as plain data, and how it is put there again.

The state of a bit generator is a dictionary of whole numbers, some larger than 64 bits, and for some kinds of arrays.
How many children it has spawned belongs to it too, and is not in NumPy's state. Must not know modules or files.
"""

from __future__ import annotations

from typing import Any

import numpy as np


def described(rng: np.random.Generator) -> dict[str, Any]:
    """The state of a generator in plain values.

    >>> from nn.saving.generators import described
    >>> described(np.random.default_rng(0))["bit_generator"]
    'PCG64'
    """
    state = dict(rng.bit_generator.state)
    return {"bit_generator": state.pop("bit_generator"), "state": _plain(state), "spawned": _spawned(rng)}


def misfit(rng: np.random.Generator, saved: dict[str, Any]) -> str | None:
    """Why the generator cannot be put where the saved one was, in words; `None` where it can."""
    kind = type(rng.bit_generator).__name__
    if saved["bit_generator"] != kind:
        return f"it is a generator of {saved['bit_generator']} in the file and of {kind} here"
    if not _alike(described(rng)["state"], saved["state"]):
        return f"the file has no state of a generator of {kind}"
    if saved["spawned"] < _spawned(rng):
        return (
            f"it had spawned {saved['spawned']} generators when it was saved and has spawned {_spawned(rng)} here: "
            "give one that is new"
        )
    return None


def put(rng: np.random.Generator, saved: dict[str, Any]) -> None:
    """Move a generator that fits to where the saved one was."""
    bits = rng.bit_generator
    bits.state = {"bit_generator": saved["bit_generator"], **_arrays(saved["state"], bits.state)}
    missing = saved["spawned"] - _spawned(rng)
    if missing > 0:
        bits.seed_seq.spawn(missing)  # type: ignore[attr-defined]


def made(saved: dict[str, Any]) -> np.random.Generator:
    """A new generator where the saved one was. Raises `ValueError` for a kind that NumPy has not."""
    kind = getattr(np.random, saved["bit_generator"], None)
    if not (isinstance(kind, type) and issubclass(kind, np.random.BitGenerator)):
        raise ValueError(f"NumPy has no bit generator {saved['bit_generator']!r:.40}")
    rng = np.random.Generator(kind(0))
    reason = misfit(rng, saved)
    if reason is not None:
        raise ValueError(reason)
    put(rng, saved)
    return rng


def _spawned(rng: np.random.Generator) -> int:
    return int(getattr(getattr(rng.bit_generator, "seed_seq", None), "n_children_spawned", 0))


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return value.tolist() if isinstance(value, np.ndarray | np.generic) else value


def _arrays(saved: Any, own: Any) -> Any:
    """Saved values with arrays where NumPy has them."""
    if isinstance(own, dict):
        return {key: _arrays(saved[key], item) for key, item in own.items() if key != "bit_generator"}
    return np.array(saved, own.dtype) if isinstance(own, np.ndarray) else saved


def _alike(own: Any, saved: Any) -> bool:
    """Whether plain values have the same form: keys, lengths, and whole numbers from 0 at the ends."""
    if isinstance(own, dict):
        return isinstance(saved, dict) and own.keys() == saved.keys() and all(_alike(own[k], saved[k]) for k in own)
    if isinstance(own, list):
        return isinstance(saved, list) and len(own) == len(saved) and all(map(_alike, own, saved))
    return type(saved) is int and 0 <= saved < 2**128
