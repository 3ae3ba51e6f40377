"""Schedules: how the learning rate goes while a model is trained, and when training has gone on for long enough.

A schedule multiplies the rate that its optimiser had when it was made by a factor: of the epochs or steps so far, or
of the figures that were measured. It does so between steps, and a compiled step reads the rate at every call.
"""

from __future__ import annotations

from nn.schedules.counted import (
    ConstantSchedule,
    CosineSchedule,
    ExponentialSchedule,
    OneCycleSchedule,
    StepSchedule,
    WarmUpSchedule,
)
from nn.schedules.measured import EarlyStopping, HalvingSchedule, PlateauSchedule, larger_or_smaller
from nn.schedules.schedule import Schedule

__all__ = [
    "ConstantSchedule",
    "CosineSchedule",
    "EarlyStopping",
    "ExponentialSchedule",
    "HalvingSchedule",
    "OneCycleSchedule",
    "PlateauSchedule",
    "Schedule",
    "StepSchedule",
    "WarmUpSchedule",
    "larger_or_smaller",
]
