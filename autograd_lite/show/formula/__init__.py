"""The world of formulas: the same rules as mathematics, tidied and set."""
