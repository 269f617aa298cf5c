"""Judges somebody's own code: recognises it, asks it in a process of its own, says what is wrong with it."""
