"""Files that are read within limits, and written whole or not at all."""

import errno
import fcntl
import os
import tempfile
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from fourfold.compare.errors import UsageError
from fourfold.compare.system import signals


def read_bytes(path, largest):
    """What is in a file of at most `largest` bytes. Raises UsageError."""
    try:
        with open(path, "rb") as file:
            content = file.read(largest + 1)
    except (OSError, ValueError) as error:
        raise UsageError(f"Cannot read {path}: {getattr(error, 'strerror', error)}.") from None
    if len(content) > largest:
        raise UsageError(f"{path} is larger than {largest:,} bytes, the most that is read of such a file.")
    return content


def check_writable(path):
    """Raises UsageError now, rather than after the work, where `write_whole` could not write."""
    path = _target(path)
    try:
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        if not _is_written_through(path):
            tempfile.TemporaryFile(dir=path.parent).close()
        elif not os.access(path, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    except OSError as error:
        raise UsageError(f"Cannot write {path}: {error.strerror}.") from None


def write_whole(path, content):
    """Write bytes to a file, whole or not at all; symlinks are followed, pipes and devices written through.

    Raises UsageError where it cannot be written.
    """
    path = _target(path)
    try:
        if _is_written_through(path):
            path.write_bytes(content)
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        with signals.held():
            _replace(path, content)
    except OSError as error:
        raise UsageError(f"Cannot write {path}: {error.strerror}.") from None


def _replace(path, content):
    handle, beside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:100]}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.chmod(beside, 0o644)
        os.replace(beside, path)
    finally:
        Path(beside).unlink(missing_ok=True)


@contextmanager
def alone(folder):
    """Of several runs that write into a folder one is in here, and the others wait; where its system has such locks."""
    with ExitStack() as until_the_end:
        with suppress(OSError):
            Path(folder).mkdir(parents=True, exist_ok=True)
            descriptor = os.open(folder, os.O_RDONLY)
            until_the_end.callback(os.close, descriptor)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield


def _target(path):
    path = Path(path)
    return path if str(path).startswith("/dev/") else Path(os.path.realpath(path))


def _is_written_through(path):
    """A pipe or a device, or one's own open file under a name in /dev: not to be replaced by another file."""
    return str(path).startswith("/dev/") or (path.exists() and not path.is_file() and not path.is_dir())
