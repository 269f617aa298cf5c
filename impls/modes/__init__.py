"""Other ways to run a column: compiled or not, mapped or not. A file a framework, a function a mode.

A mode takes a module, a copy of a column, and changes how its functions are run, or sets the framework up. It has a
process of its own, so that nothing else is changed. Files repeat each other, as columns do.
"""
