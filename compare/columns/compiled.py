"""What TensorFlow's compiler makes is kept, so that the next run need not compile it again; JAX has a way of its own.

XLA tells computations apart by itself. What else matters is in the folder's name: the processor and the version.
TensorFlow raises where it cannot read a file or write one, and so it gets no chance to.
"""

import importlib.metadata
import os
import shutil
from contextlib import suppress

from fourfold.compare.system import files
from fourfold.compare.system.surroundings import JAX_CACHE

FLAGS = "TF_XLA_FLAGS"
MOST, ROOM = 2**27, 2**28  # bytes that are kept, and that have to be free for more


def keep():
    """Has the TensorFlow that this process will import keep what it compiles. Flags of the user's are left alone."""
    if {FLAGS, "XLA_FLAGS"} & os.environ.keys():
        return
    with suppress(OSError, importlib.metadata.PackageNotFoundError):
        version = importlib.metadata.version("tensorflow")
        folder = files.cache_folder() / "tensorflow" / f"{JAX_CACHE.name}-{version}"
        folder.mkdir(parents=True, exist_ok=True)
        together = 0
        for path in folder.glob("*.pb"):
            if whole(path):
                together += path.stat().st_size
            else:
                path.unlink()
        more = together < MOST and shutil.disk_usage(folder).free > ROOM and os.access(folder, os.W_OK)
        read_only = "" if more else " --tf_xla_persistent_cache_read_only=true"
        os.environ[FLAGS] = f"--tf_xla_persistent_cache_directory={folder}{read_only}"


def whole(path):
    """Whether a file was written to its end: it is a Protocol Buffer of fields that each say how long they are."""
    size = path.stat().st_size
    with open(path, "rb") as file:
        end = 0
        while end < size:
            file.seek(end + 1)  # behind the field's number
            end = _length(file) + file.tell()
    return end == size > 0


def _length(file):
    """A number of seven bits a byte, the last ones first; a very large one where it has no end."""
    number = shift = 0
    while byte := file.read(1):
        number |= (byte[0] & 127) << shift
        shift += 7
        if byte[0] < 128:
            return number
    return 2**63
