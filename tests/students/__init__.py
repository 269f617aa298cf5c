"""Backward passes as beginners post them, each with one mistake.

`corrections.py` says which it is, where, and what would be right.
"""
