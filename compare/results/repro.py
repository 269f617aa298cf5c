"""What is wrong, once more, as a script that anybody can run."""

from fourfold.compare.results.words import rejection

HEAD = """# Shows what is wrong once more: each wrong column's number beside the exact value.
import os
import sys

sys.path.append(os.getcwd())  # a column of your own is found where you are
"""


def script(rejections):
    """A Python script that shows the first rejection of every column again; "" where no script can."""
    parts = {}
    for r in rejections:
        if r.reproduce and r.column not in parts:
            parts[r.column] = f"# {rejection(r).splitlines()[0]}\n{r.reproduce}"
    return "\n".join([HEAD, *parts.values()]) if parts else ""
