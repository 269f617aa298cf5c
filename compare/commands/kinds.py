"""Kinds of options that most commands have. It is imported fast."""

import math
from typing import Annotated

from cyclopts import Group, Parameter

from fourfold.compare.errors import UsageError
from fourfold.compare.system import files

LARGEST_MEMORY = 2**20  # GB: the system takes it in bytes

FILES = Group("Output", sort_key=5)


def _check_json(type_, target):
    if target == "":
        raise UsageError("--json takes the name of a file, or - for standard output.")
    if target not in {None, "-"}:
        files.check_writable(target)


def _check_junitxml(type_, target):
    if target == "":
        raise UsageError("--junitxml takes the name of a file.")
    if target is not None:
        files.check_writable(target)


def _check_timeout(type_, seconds):
    if not (math.isfinite(seconds) and seconds > 0):
        raise UsageError(f"--timeout must be a positive number of seconds, not {seconds}.")


def _check_memory(type_, gigabytes):
    if gigabytes is not None and not 0 < gigabytes <= LARGEST_MEMORY:
        raise UsageError(f"--memory must be a positive number of gigabytes, at most 2**20, not {gigabytes}.")


Json = Annotated[str | None, Parameter(allow_leading_hyphen=True, validator=_check_json, group=FILES)]
JunitXml = Annotated[str | None, Parameter(validator=_check_junitxml, group=FILES)]
Timeout = Annotated[float, Parameter(validator=_check_timeout)]
Memory = Annotated[float | None, Parameter(validator=_check_memory)]
