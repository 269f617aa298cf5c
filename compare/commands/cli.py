"""The command line: which commands there are, and how a command may end."""

import os
import signal
import sys
from importlib.metadata import version

from cyclopts import App, CycloptsError

from fourfold.compare.commands.terminal import STYLE, Terminal, err, plain, saying, unsaid
from fourfold.compare.errors import ColumnError, JudgeError, UsageError
from fourfold.compare.system import signals

# Each is a function in the file of its name.
COMMANDS = ["agree", "report", "lesson", "exercise", "check", "train", "sweep", "doctor", "bench", "diff", "mistakes"]
EXIT_CODES = "Exit codes: 0 agreed, 1 disagreed, 2 wrong usage or bad input, 3 something could not be judged."

app = App(
    name="fourfold",
    version=lambda: version("fourfold"),
    help="One network, four frameworks, the same gradients.",
    help_epilogue=EXIT_CODES,
    help_format="plaintext",
    console=Terminal(**STYLE),
    suppress_keyboard_interrupt=False,
)
for name in COMMANDS:  # imported when they are called: each has rooms of its own
    app.command(f"fourfold.compare.commands.{name}:{name}", name=name)


def main(program=app):
    """Run one command; every error a user can cause becomes one sentence on standard error and an exit code.

    `program`: the App that has it, `fourfold` or one of its makers'.
    """
    try:
        signals.handle(signals.in_order)
        code = _run(program, sys.argv[1:])
    except BaseException:
        if not signals.came:
            raise
        code = 128 + signals.came[0]  # in C it may have become another error
        signals.say_once(lambda: _complain("Interrupted.", code))
    signals.handle(signals.at_once)
    if signals.came:  # maybe in the middle of an import: what is half there can crash when Python tidies up
        with saying(sys.stdout):
            sys.stdout.flush()
        os._exit(code)
    sys.exit(code)


def _run(program, argv):
    try:
        sys.path.append(os.getcwd())  # for --impl with a module of the user's; last, so that it shadows nothing
        code = program(argv, print_error=False, exit_on_error=False, result_action="return_value")
        with saying(sys.stdout):
            sys.stdout.flush()
    except UsageError as error:
        code = _complain(plain(str(error)), 2)
    except CycloptsError as error:
        code = _complain(f"{plain(str(error))} See {program.name[0]} --help.", 2)
    except ColumnError as error:
        code = _complain(str(error), 3)
    except MemoryError:
        code = _complain("Not enough memory: choose fewer seeds, a smaller --hidden or a coarser --resolution.", 2)
    except JudgeError as error:
        code = _complain(f"fourfold contradicts itself: {error}: please report this with the command.", 3)
    except OSError as error:  # of what a command needs: processes, temporary files
        code = _complain(f"The system does not allow what this needs: {plain(str(error))}.", 3)
    if not unsaid:
        return code or 0
    if isinstance(unsaid[0], BrokenPipeError):
        return 128 + signal.SIGPIPE  # nobody reads on
    return _complain(f"Cannot write standard output: {unsaid[0].strerror}.", 2)


def _complain(sentence, code):
    err.print(f"fourfold: {sentence}", markup=False)
    return code
