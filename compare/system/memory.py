"""How much memory there is."""

from contextlib import suppress
from pathlib import Path

GIGABYTE = 1e9


def free(root="/"):
    """Bytes that can still be had, by this process and its children; None where the system does not say."""
    least = []
    with suppress(OSError, ValueError, KeyError):
        least.append(1024 * int(_table(Path(root, "proc/meminfo"))["MemAvailable:"]))
    group = Path(root, "sys/fs/cgroup")
    with suppress(OSError, ValueError, KeyError):  # a container's; "max" where it has no limit
        held = int(_table(group / "memory.stat")["anon"])  # what is cached is given back
        least.append(max(0, int((group / "memory.max").read_text()) - held))
    return min(least, default=None)


def _table(file):
    """{first word: second word} of the lines of a file."""
    words = {}
    for line in file.read_text().splitlines():
        name, value, *_ = line.split()
        words[name] = value
    return words
