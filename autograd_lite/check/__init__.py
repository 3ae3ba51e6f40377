"""Checks of derivative rules against differences and the complex step."""
