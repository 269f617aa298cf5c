"""Makes an environment for each side of an upgrade, and runs the same suite in both. It judges nothing itself.

An environment is kept in the user's cache, and used again. It is whole where its last file is there; what is not whole
is made anew. One command at a time makes or uses it.
"""
