"""Processes, signals, and files that are written whole: what has nothing to do with networks."""
