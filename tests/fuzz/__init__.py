"""Random programs against the library: generated from a seed, run, and made small where one fails.

`python -m tests.fuzz --minutes 10 --seed 1` runs them for as long as one likes; test_fuzz.py runs a fixed lot.
"""
