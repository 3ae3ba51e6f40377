"""The formats that data sets come in, a file each: what a file declares is checked before anything is made of it.

Nothing that stands in a file is ever run. What is read is at most as large as a stated limit. Must not know data sets.
"""
