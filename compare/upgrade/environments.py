"""Environments in the user's cache: made, found again, listed, removed."""

import datetime
import fcntl
import os
import platform
import re
import shutil
import sys
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

import msgspec

from fourfold.compare.errors import UsageError
from fourfold.compare.system import files
from fourfold.compare.upgrade import installing, processes, requirements

MARK = "environment.json"  # written last: without it an environment is not whole
LARGEST_MARK = 2**20  # bytes
OURS = re.compile(r"[\w.+-]+-[0-9a-f]{10}")


class Ready(NamedTuple):
    """An environment that can be used."""

    python: Path
    versions: dict  # {distribution: version} of all that is in it


class Kept(msgspec.Struct, frozen=True):
    """What is in an environment, and how it was made."""

    requirements: list[str]  # as the user named them
    python: str
    made: str  # the day
    seconds: float
    size: int  # bytes
    as_here: dict[str, str]  # {distribution: version} that were chosen since the maker's environment had them
    frozen: list[str]  # name==version of all


def folder():
    return files.cache_folder() / "environments"


def folder_of(side, needs):
    """The folder of a side's environment. needs: what fourfold needs beside what is named."""
    return folder() / f"{side.label()}-{requirements.fingerprint(side, needs)}"


@contextmanager
def environment(side, needs, say, show):
    """The Ready environment of a side, made where it is not there. Nobody else uses it meanwhile.

    needs: what fourfold needs beside; say: is given sentences; show: is given what pip is doing. Raises UsageError and
    ColumnError where it cannot be made.
    """
    place = folder_of(side, needs)
    with _alone(place, say):
        python = place / "bin" / "python"
        kept = _kept(place)
        reason = kept and _why_not(python, kept, side)
        if kept and not reason:
            say(f"{side.text}: reusing {place}, {size(kept.size)}, made {kept.made}.")
        else:
            again = f" anew, since {reason}" if reason else ""
            say(f"{side.text}: making an environment{again} in {place}.")
            kept = _made(place, python, side, needs, show)
            say(f"{side.text}: made in {kept.seconds:.0f} s, {size(kept.size)}. It is kept for the next time.")
        yield Ready(python, dict(map(_split, kept.frozen)))


def at_hand():
    """The Ready environment that this Python runs in."""
    return Ready(Path(sys.executable), installing.versions_here(set()))


def _split(frozen):
    """("numpy", "2.4.6") of "numpy==2.4.6" """
    name, _, version = frozen.replace(" @ ", "==").partition("==")
    return requirements.canonical(name), version


def _why_not(python, kept, side):
    """Why an environment that is there is not used again; or ""."""
    if processes.run([python, "-I", "-c", "print('ready')"], installing.surroundings()) != (0, "ready\n"):
        return "its Python does not start any more"
    here = installing.versions_here(side.names())
    for name, version in kept.as_here.items():
        if name in here and here[name] != version:
            return f"{name} here is now {here[name]}"
    return ""


def _made(place, python, side, needs, show):
    """Makes an environment, and gives what is Kept of it; the mark comes last."""
    start = time.monotonic()
    try:
        _empty(place)
        installing.venv(place)
        wanted = [*map(requirements.as_given_to_pip, side.requirements), *needs]
        as_here = installing.install(python, wanted, side.names(), show)
        frozen = installing.freeze(python)
    except BaseException as error:  # what is there is not whole
        with suppress(OSError):
            _remove(place)
        if isinstance(error, OSError):
            raise UsageError(f"Cannot write {place}: {error.strerror}.") from None
        raise
    names = {requirements.distribution(line) for line in frozen}
    kept = Kept(
        requirements=[*side.requirements],
        python=platform.python_version(),
        made=datetime.datetime.now(datetime.UTC).date().isoformat(),
        seconds=round(time.monotonic() - start, 1),
        size=_size(place),
        as_here={name: version for name, version in sorted(as_here.items()) if name in names},
        frozen=frozen,
    )
    files.write_whole(place / MARK, msgspec.json.format(msgspec.json.encode(kept)) + b"\n")
    return kept


def _kept(place):
    """What an environment that is whole says of itself; or None."""
    with suppress(UsageError):
        return files.decode(place / MARK, Kept, LARGEST_MARK, "the mark of an environment")
    return None


def _empty(place):
    """Removes all that is in a folder; the mark first, so that no half of it looks whole."""
    (place / MARK).unlink(missing_ok=True)
    for path in [*place.iterdir()]:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


def _remove(place):
    _empty(place)
    place.rmdir()


def all_kept():
    """[(folder, Kept or None where it is not whole)], in the order of their names."""
    return [(place, _kept(place)) for place in _places()]


def remove_all():
    """([folders that were removed], [those that are in use])"""
    removed, used = [], []
    for place in _places():
        descriptor = os.open(place, os.O_RDONLY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _remove(place)
            removed.append(place)
        except BlockingIOError:
            used.append(place)
        except OSError as error:
            raise UsageError(f"Cannot remove {place}: {error.strerror}.") from None
        finally:
            os.close(descriptor)
    return removed, used


def _places():
    """Folders of ours."""
    try:
        there = sorted(folder().iterdir())
    except OSError:
        return []
    return [place for place in there if OURS.fullmatch(place.name) and place.is_dir() and not place.is_symlink()]


@contextmanager
def _alone(place, say):
    """Waits until nobody else makes, uses or removes an environment, and makes its folder. Raises UsageError.

    The system lets go of the lock when this process dies.
    """
    descriptor = None
    while descriptor is None:
        try:
            place.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(place, os.O_RDONLY)
        except OSError as error:
            raise UsageError(f"Cannot write {place}: {error.strerror}.") from None
        try:
            _wait(descriptor, place, say)
            if not _is_still(descriptor, place):  # it was removed while we waited
                os.close(descriptor)
                descriptor = None
        except BaseException:
            os.close(descriptor)
            raise
    try:
        yield
    finally:
        os.close(descriptor)


def _wait(descriptor, place, say):
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        say(f"Another fourfold makes or uses {place.name}: this one goes on after it.")
        fcntl.flock(descriptor, fcntl.LOCK_EX)
    except OSError:
        pass  # the file system has no locks


def _is_still(descriptor, place):
    with suppress(OSError):
        return os.path.samestat(os.fstat(descriptor), place.stat())
    return False


def _size(place):
    """Bytes on the disk."""
    total = 0
    for where, _, names in os.walk(place):
        for name in names:
            total += os.lstat(os.path.join(where, name)).st_blocks * 512
    return total


def size(bytes_):
    return f"{bytes_ / 1e9:.1f} GB" if bytes_ >= 1e9 else f"{bytes_ / 1e6:.0f} MB"
