"""Limits this process and becomes another program: python launch.py GIGABYTES PROGRAM ARGUMENT...

It is a program of its own, since nothing of Python may run between fork and exec in a process that has threads. It
imports the standard library alone. Where the program cannot be started it answers in its place, as check/protocol.py
has it.
"""

import ctypes
import json
import os
import resource
import signal
import sys

GIGABYTE = 1024**3
DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG


def limit(memory):
    """Has this process leave no core file behind and, on Linux, hold at most so many GB of data; None: any number."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if memory:
        most = int(memory * GIGABYTE)
        resource.setrlimit(resource.RLIMIT_DATA, (most, most))


def main():
    memory, *argv = sys.argv[1:]
    parent = os.getppid()
    libc = ctypes.CDLL(None)
    if hasattr(libc, "prctl"):  # Linux
        libc.prctl(DIE_WITH_PARENT, signal.SIGKILL)
    if os.getppid() != parent:
        sys.exit()  # the parent had died before that was set
    limit(float(memory))
    try:
        os.execv(argv[0], argv)
    except OSError as error:
        print(json.dumps({"error": f"{argv[0]} cannot be started: {error.strerror}", "kind": "usage"}))


if __name__ == "__main__":
    main()
