"""Compiled steps: record a function once, plan its memory, replay it as a flat list of array calls."""

from autograd_lite.compile.compiled import Compiled, compile

__all__ = ["Compiled", "compile"]
