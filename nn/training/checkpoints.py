"""A run in a file: saved after steps or epochs, and gone on with.

Knows when; what is saved stands in `Run`, and how in `nn.save`. Must not know how training is done.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import autograd_lite as ag
from autograd_lite import files
from nn import saving
from nn.arguments import whole
from nn.module import Module
from nn.optim import Optimizer
from nn.training.callbacks import Told
from nn.training.endings import path_of
from nn.training.run import Run


def keeping(run: Run, path: Any, every: Any) -> dict[str, list[Told]]:
    """What saves the run after every epoch, or after every so many steps. Nothing is written yet.

    Raises `ArgumentError` for a run that cannot be saved, `FileError` for a path that cannot be written.
    """
    if path is None:
        if every is not None:
            raise ag.ArgumentError("fit: checkpoint_every needs a file, as in checkpoint='run.npz'")
        return {"on_step": [], "on_epoch": []}
    _refuse_unsaved(run)
    files.writable(path_of("fit", path, "run.npz"))
    number = None if every is None else whole("fit: checkpoint_every", every, 1)

    def save(run: Run) -> None:
        saving.save(path, model=run.model, optimizer=run.optimizer, run=run)

    def save_at_times(run: Run) -> None:
        if number is not None and run.updates % number == 0:
            save(run)

    # The last epoch's end is saved in any case: a run that is over is then known to be.
    return {"on_step": [] if number is None else [save_at_times], "on_epoch": [save]}


def resumed(run: Run, path: Any, resume: Any) -> None:
    """Go on where a file says, all of it or nothing. With `True` a file that is not there yet is no mistake."""
    if resume is False or resume is None:
        return
    if resume is True and path is None:
        raise ag.ArgumentError("fit: resume=True goes on from checkpoint='run.npz': name it, or give resume its path")
    if resume is True and not Path(path).exists():
        return
    _refuse_unsaved(run)
    source: str | os.PathLike[str] = path if resume is True else resume
    saving.load(source, model=run.model, optimizer=run.optimizer, run=run)


def _refuse_unsaved(run: Run) -> None:
    if not isinstance(run.model, Module) or not isinstance(run.optimizer, Optimizer):
        raise ag.ArgumentError(
            "fit: a checkpoint has the state of an nn.Module and of an nn.Optimizer, not of "
            f"{type(run.model).__name__} and {type(run.optimizer).__name__}"
        )
