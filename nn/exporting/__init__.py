"""Exporting models to other programs: the recorded graph as an ONNX file."""

from __future__ import annotations

from nn.exporting.export import export_onnx

__all__ = ["export_onnx"]
