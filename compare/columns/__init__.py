"""Asks columns, each in a worker process, and any module in this process. Judges nothing.

`workers` keeps the processes and asks; `calls` answers there; `questions` is what both speak, and what everything that
can be examined answers: a column, a process of the user's (compare/check/peer.py), a function in this process.
"""
