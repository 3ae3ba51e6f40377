"""Saving and loading: what a checkpoint holds, how it stands in a file, how it is put back."""

from __future__ import annotations

from nn.saving.checkpoint import load, save

__all__ = ["load", "save"]
