"""Has pip install into an environment: what is named as it is named, everything else as it is here, where that goes."""

import importlib.metadata
import os
import platform
import re
import sys
from importlib.util import find_spec
from pathlib import Path

from fourfold.compare.errors import ColumnError, UsageError
from fourfold.compare.system import signals
from fourfold.compare.upgrade import processes, requirements

UNREACHABLE = re.compile(
    "NewConnectionError|NameResolutionError|Failed to establish|Temporary failure in name resolution|ProxyError"
    "|ConnectTimeout|Read timed out|Network is unreachable|Max retries exceeded"
)
NO_VERSION = re.compile(r"Could not find a version that satisfies the requirement (.+?) \(from versions: (.*)\)")
CONSTRAINT = re.compile(r"The user requested \(constraint\) ([\w.-]+)")
OFF = {"", "0", "false", "no", "off", "n", "f"}  # as pip reads a variable
CONFLICT = re.compile(r"^ {4}(?:The user requested ([^(\n].*)|(\S.* depends on .*))$", re.MULTILINE)


def venv(folder):
    """Makes an environment without packages, with the Python that is here. Raises ColumnError."""
    without = ["--without-pip"] if _runner() else []
    code, output = processes.run([sys.executable, "-P", "-m", "venv", *without, folder], surroundings())
    if code:
        reason = "there is no room on the disk" if _no_room(output) else _last(output)
        raise ColumnError(f"Python cannot make an environment in {folder}: {reason}.")


def install(python, wanted, named, show):
    """Installs requirements for the Python of an environment: {distribution: version} of what is as it is here.

    named: the distributions whose versions the user has asked for. What pip names as a reason for a conflict need not
    be as it is here. Raises UsageError where there is no such version, ColumnError where pip cannot work.
    """
    as_here = versions_here(named)
    while True:
        failure = _try(python, wanted, as_here, show)
        if failure is None:
            return as_here
        in_the_way = not UNREACHABLE.search(failure) and _in_the_way(failure, as_here, named)
        if not in_the_way:
            raise _error(failure, wanted, named)
        as_here = {name: version for name, version in as_here.items() if name not in in_the_way}


def freeze(python):
    """["name==version", ...] of all that is in an environment. Raises ColumnError."""
    code, output = processes.run([*_pip(python), "freeze", "--all"], surroundings())
    if code:
        raise ColumnError(f"pip cannot list what it has installed: {_last(output)}.")
    return [line for line in output.splitlines() if "==" in line or " @ " in line]


def surroundings():
    """The environment variables for pip and for venv: what is installed elsewhere is not in the way."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | {"PIP_USER": "0"}


def _pip(python):
    """The pip that is here works for other environments too; where there is none, each has its own.

    It is started as pip --python starts it, but without a process between, which could end alone.
    """
    return [python, _runner()] if _runner() else [python, "-P", "-m", "pip"]


def _runner():
    """The file of the pip that is here which any Python can run; or None."""
    here = find_spec("pip")
    file = here and here.origin and Path(here.origin).with_name("__pip-runner__.py")
    return file if file and file.is_file() else None


def versions_here(named):
    versions = {}
    for distribution in importlib.metadata.distributions():
        name = requirements.canonical(distribution.metadata["Name"] or "")
        if name and name not in {"fourfold", "pip", *named}:
            versions.setdefault(name, distribution.version)
    return versions


def _try(python, wanted, as_here, show):
    """What pip said where it could not install; None where it could. Nothing is compiled ahead: that takes longest."""
    with signals.temporary_folder() as folder:
        constraints = folder / "constraints.txt"
        constraints.write_text("".join(f"{name}=={version}\n" for name, version in as_here.items()))
        argv = [*_pip(python), "install", "--no-compile", "--progress-bar", "off", "--constraint", constraints, *wanted]
        code, output = processes.run(argv, surroundings(), show)
    return output if code else None


def _in_the_way(failure, as_here, named):
    """Which of the distributions that were to be as here pip names; all where it only says that there is a conflict."""
    blamed = {requirements.canonical(name) for name in CONSTRAINT.findall(failure)}
    for requirement, _ in NO_VERSION.findall(failure):
        blamed.add(requirements.distribution(requirement.partition(" ")[0]))
    blamed &= as_here.keys() - named
    if not blamed and "ResolutionImpossible" in failure:
        return {*as_here}
    return blamed


def _error(failure, wanted, named):
    """The exception that says in one sentence why pip could not install."""
    what = ", ".join(wanted[: len(named)]) or ", ".join(wanted)
    if UNREACHABLE.search(failure):
        return ColumnError("pip reaches no package index: see to the network, or name a folder with PIP_FIND_LINKS.")
    if _no_room(failure):
        return ColumnError(
            f"There is no room on the disk for {what}: make some, or set XDG_CACHE_HOME to another disk."
        )
    missing = NO_VERSION.search(failure)
    if missing:
        versions = missing[2].split(", ")
        newest = f"; the newest is {versions[-1]}" if versions[-1] not in {"none", ""} else ""
        requirement = missing[1].partition(" (")[0]
        if os.environ.get("PIP_NO_INDEX", "").lower() not in OFF:
            return UsageError(
                "pip may not ask an index (PIP_NO_INDEX): unset it, or name a folder with PIP_FIND_LINKS that has "
                f"{requirement} for Python {platform.python_version()}{newest}."
            )
        return UsageError(f"pip finds no {requirement} for Python {platform.python_version()}{newest}.")
    if "ResolutionImpossible" in failure:
        reasons = dict.fromkeys(asked or depending for asked, depending in CONFLICT.findall(failure))
        return UsageError(f"pip cannot install {what}: these do not go together: {'; '.join(reasons)}.")
    return ColumnError(f"pip cannot install {what}: {_last(failure)}.")


def _no_room(output):
    return "No space left on device" in output or "Disk quota exceeded" in output


def _last(output):
    """The last line in which a program says what is wrong."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if line.lower().startswith("error")]
    return (errors or lines or ["it says nothing"])[-1].rstrip(".")
