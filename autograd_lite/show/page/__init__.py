"""The page that steps through the forward and the reverse pass."""
