"""Hyper-parameters × seeds × columns, in chunks that any worker can compute and that are kept as they are done."""
