"""Limits this process and becomes another program: python launch.py GIGABYTES PROGRAM ARGUMENT...

A step of its own, since nothing of Python may run between fork and exec in a process that has threads. It imports the
standard library alone, and answers in the words of protocol.py where the program cannot be started.
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
    """Limits this process to GB of data (on Linux; None: no limit), and has it leave no core file behind."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if memory:
        most = int(memory * GIGABYTE)
        resource.setrlimit(resource.RLIMIT_DATA, (most, most))


def main():
    memory, *argv = sys.argv[1:]
    parent, libc = os.getppid(), ctypes.CDLL(None)
    if hasattr(libc, "prctl"):  # Linux
        libc.prctl(DIE_WITH_PARENT, signal.SIGKILL)
    if os.getppid() != parent:
        sys.exit()
    limit(float(memory))
    try:
        os.execv(argv[0], argv)
    except OSError as error:
        print(json.dumps({"error": f"{argv[0]} cannot be started: {error.strerror}", "kind": "usage"}))


if __name__ == "__main__":
    main()
