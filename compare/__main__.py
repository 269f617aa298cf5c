"""`fourfold`, and `python -m compare`. Only a door: worker processes import this module anew, and are to stay light."""

import os
import sys


def main():
    from fourfold.compare.system import signals

    for name, flag in (("stdin", os.O_RDONLY), ("stdout", os.O_RDONLY), ("stderr", os.O_WRONLY)):
        if getattr(sys, name) is None:  # closed: nothing else is to get its descriptor; what is written there fails
            descriptor = os.open(os.devnull, flag)
            os.set_inheritable(descriptor, True)
            setattr(sys, name, os.fdopen(descriptor, "w"))
    sys.stdout.reconfigure(errors="backslashreplace")  # pyright: ignore[reportAttributeAccessIssue]
    signals.handle(signals.at_once)  # importing the rest takes a while
    signals.watch()
    from fourfold.compare.commands.cli import main

    main()


if __name__ == "__main__":
    main()
