"""The equations of a graph: derived, numbered, and compared with those of a student."""
