"""The book's own chapter: its network, its four equations written out, and the check of one against the other."""

from __future__ import annotations

from nn.chapter import closed_form
from nn.chapter.checking import ClosedFormReport, Difference, check_closed_form
from nn.chapter.mlp import MLP

__all__ = ["MLP", "ClosedFormReport", "Difference", "check_closed_form", "closed_form"]
