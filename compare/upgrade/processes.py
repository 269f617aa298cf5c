"""Runs a program to its end, line by line. It ends with this process, however that ends."""

import os
import signal
import subprocess
import sys
from contextlib import suppress

from fourfold.compare.system import launch

LONGEST = 5000  # lines that are kept, the last ones


def run(argv, environment, show=None, errors_apart=False):
    """(exit code, what the program printed); `show` is given every line as it comes.

    argv[0] is an absolute path. errors_apart: standard error is not kept, and goes where ours goes.
    """
    limited = [sys.executable, launch.__file__, "0", *map(str, argv)]
    lines = []
    with subprocess.Popen(
        limited,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=None if errors_apart else subprocess.STDOUT,
        env=environment,
        text=True,
        errors="replace",
        start_new_session=True,  # a terminal's signals are for us, and one signal of ours ends it and its children
    ) as process:
        try:
            for line in process.stdout or ():
                lines.append(line)
                del lines[:-LONGEST]
                if show:
                    show(line.strip())
            process.wait()
        except BaseException:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            process.kill()
            raise
    return process.returncode, "".join(lines)
