"""Temporary folders: removed with the block that needs them, or by the next command where this one is killed.

In each lies a file that its process keeps locked; the system lets go of it when the process dies. A folder whose lock
is free is of nobody any more. One without such a file is none of ours.
"""

import fcntl
import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

PREFIX, LOCK = "fourfold-", ".fourfold-lock"

_locks: dict[str, int] = {}  # {folder of this process: the descriptor that holds its lock}
_looked_in: set[str] = set()  # for what others have left there


def new():
    """The path of a new folder. What killed commands have left beside it is removed, the first time."""
    beside = tempfile.gettempdir()
    if beside not in _looked_in:
        _looked_in.add(beside)
        remove_left(beside)
    folder = tempfile.mkdtemp(prefix=PREFIX)
    unready = os.path.join(folder, f"{LOCK}-unready")  # it is locked before anybody sees it
    descriptor = os.open(unready, os.O_CREAT | os.O_RDWR, 0o600)
    _locks[folder] = descriptor
    with suppress(OSError):  # where the file system has no locks, nobody else gets one either
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        os.rename(unready, os.path.join(folder, LOCK))
    return folder


def remove(folder):
    """Removes a folder of this process, as far as the system lets it."""
    shutil.rmtree(folder, ignore_errors=True)
    descriptor = _locks.pop(folder, None)
    if descriptor is not None:
        os.close(descriptor)


def remove_all():
    """Removes all that are left of this process, in whatever state it is."""
    for folder in [*_locks]:
        shutil.rmtree(folder, ignore_errors=True)


def remove_left(beside):
    """Removes our own folders in the folder `beside` that are of no process any more."""
    with suppress(OSError):
        for folder in sorted(Path(beside).glob(f"{PREFIX}*")):
            _remove_left(folder)


def _remove_left(folder):
    with suppress(OSError):  # somebody else's, or just being removed
        if folder.is_symlink() or folder.stat().st_uid != os.getuid():
            return
        descriptor = os.open(folder / LOCK, os.O_RDWR | os.O_NOFOLLOW)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
        finally:
            os.close(descriptor)
