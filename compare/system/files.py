"""Files that are read within limits, and written whole or not at all."""

import errno
import fcntl
import os
import tempfile
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import msgspec

from fourfold.compare.errors import UsageError
from fourfold.compare.system import signals


def cache_folder():
    """Where what takes long to make is kept from run to run; it may be removed at any time."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(base) if os.path.isabs(base) else Path.home() / ".cache") / "fourfold"


def tidy(folder, most):
    """Removes the oldest files of a folder until the others have at most so many bytes together.

    Empty ones go too: whoever was to write them was killed.
    """
    by_age = []
    with suppress(OSError):
        for entry in os.scandir(folder):
            about = entry.stat()
            by_age.append((about.st_mtime, about.st_size, entry.path))
    together = 0
    for _, size, path in sorted(by_age, reverse=True):
        together += size
        if size == 0 or together > most:
            with suppress(OSError):
                os.remove(path)


def read_bytes(path, largest):
    """The bytes of a file. Raises UsageError where it cannot be read, or has more than `largest`."""
    try:
        with open(path, "rb") as file:
            content = file.read(largest + 1)
    except (OSError, ValueError) as error:
        raise UsageError(f"Cannot read {path}: {getattr(error, 'strerror', error)}.") from None
    if len(content) > largest:
        raise UsageError(f"{path} is larger than {largest:,} bytes, the most that is read of such a file.")
    return content


def decode(path, kind, largest, what, version=None):
    """What a JSON file holds, as a type of msgspec's. Raises UsageError where it is missing, too large or not `what`.

    With `version`, another schema version is refused by its number.
    """
    content = read_bytes(path, largest)
    try:
        if version is not None:
            other = msgspec.json.decode(content).get("schema_version")
            if other != version:
                raise UsageError(f"{path} has schema version {other}; this fourfold reads version {version}.")
        return msgspec.json.decode(content, type=kind)
    except (msgspec.DecodeError, AttributeError, UnicodeDecodeError, RecursionError) as error:
        raise UsageError(f"{path} is not {what}: {error}.") from None


def check_writable(path):
    """Tries, before the work is done, whether `write_whole` could write there. Raises UsageError where it could not."""
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
    """Writes bytes to a file, whole or not at all, and makes the folders above it.

    What a symbolic link points to is replaced, not the link; a pipe or a device is written to as it is. Raises
    UsageError where that fails.
    """
    path = _target(path)
    try:
        if _is_written_through(path):
            path.write_bytes(content)
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        with signals.held():  # or an interrupted command would leave the file beside it behind
            _replace(path, content)
    except OSError as error:
        raise UsageError(f"Cannot write {path}: {error.strerror}.") from None


def _replace(path, content):
    """Writes a new file in the same folder and renames it: whoever reads sees the old content or the new."""
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
    """Waits until no other run is in here with the same folder, and keeps others out until the end.

    The lock is on the folder itself, so that no lock file is left in it. The system lets go of it when this process
    dies. Where the file system has no locks, or the folder cannot be made, nobody waits: a later write says why.
    """
    with ExitStack() as at_the_end:
        with suppress(OSError):
            Path(folder).mkdir(parents=True, exist_ok=True)
            descriptor = os.open(folder, os.O_RDONLY)
            at_the_end.callback(os.close, descriptor)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield


def _target(path):
    """The file that is meant, behind symbolic links; not behind those in /dev, which lead to open files of our own."""
    path = Path(path)
    return path if str(path).startswith("/dev/") else Path(os.path.realpath(path))


def _is_written_through(path):
    """Whether it is a pipe, a device, or an open file of our own such as /dev/stdout: it cannot be replaced."""
    return str(path).startswith("/dev/") or (path.exists() and not path.is_file() and not path.is_dir())
