"""Measurements: every contestant computes the same thing, alternately in one process."""
