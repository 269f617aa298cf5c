"""Proves somebody's NumPy code: runs it on exact numbers, and names the line. Knows no network and no column."""
