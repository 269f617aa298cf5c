"""The command line: which commands there are, and how a command may end."""

import os
import signal
import sys

from cyclopts import App, CycloptsError, Group, Parameter, UnknownCommandError, UnusedCliTokensError

from fourfold.compare.commands.terminal import STYLE, Terminal, err, plain, saying, unsaid
from fourfold.compare.errors import ColumnError, JudgeError, UsageError, nearest
from fourfold.compare.system import signals

# Each command is a function in the file of its name.
GROUPS = {
    "Learn": {
        "lesson": "Write the lesson: a page that teaches backpropagation.",
        "exercise": "Answer an exercise of the lesson by experiment.",
        "train": "Train one network and watch its loss fall.",
        "mistakes": "Search the known mistakes: wrong line, right line, why.",
    },
    "Check your code": {
        "check": "Prove your gradients right, or find the line that is wrong.",
    },
    "Compare frameworks": {
        "agree": "Check every number of every training step in every framework.",
        "report": "Do the same, and write a page with tables and pictures.",
        "diff": "Compare two reports: what did an upgrade change?",
    },
    "Experiment": {
        "sweep": "Train a grid of settings, thousands of networks at a time.",
        "bench": "Time every framework beside other libraries and plain C.",
    },
    "Maintain": {
        "doctor": "List the frameworks that are installed, and try each.",
    },
}
COMMANDS = [name for group in GROUPS.values() for name in group]
EXIT_CODES = "Exit codes: 0 agreed, 1 disagreed, 2 wrong usage or bad input, 3 not judged."
START = "Start here: fourfold lesson. Help for a command: fourfold lesson --help"


def _overview():
    """The commands in groups. cyclopts would have to import all of them to know what they do."""
    lines = ["One network, four frameworks, the same gradients.", ""]
    for group, commands in GROUPS.items():
        lines.append(group)
        for name, sentence in commands.items():
            lines.append(f"  {name:<10} {sentence}")
    return "\n".join([*lines, "", EXIT_CODES, START])


def _version():
    from importlib.metadata import version  # slow to import

    return version("fourfold")


def _default(value):
    """What help shows as an option's default: nothing for a switch."""
    return None if value in (None, False) else str(value)


app = App(
    name="fourfold",
    version=_version,
    usage="Usage: fourfold COMMAND",
    help=_overview(),
    help_format="plaintext",
    group_parameters=Group("Options", sort_key=0),
    default_parameter=Parameter(negative=(), show_default=_default),
    console=Terminal(**STYLE),
    suppress_keyboard_interrupt=False,
)
for flag in (*app.help_flags, *app.version_flags):
    app[flag].show = False
for name in COMMANDS:  # imported when they are called: each has rooms of its own
    app.command(f"fourfold.compare.commands.{name}:{name}", name=name, show=False, help_epilogue=EXIT_CODES)
app.command("fourfold.compare.commands.completion:completion", name="--completion", show=False)


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
        code = _complain(
            f"{_misused(error)} See {' '.join([program.name[0], *(error.command_chain or ())])} --help.", 2
        )
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


def _misused(error):
    """What is wrong with a command line, in one sentence."""
    if isinstance(error, UnusedCliTokensError):
        return f"There is no place for {plain(' '.join(error.unused_tokens or ()))!r}."
    if isinstance(error, UnknownCommandError):
        near = nearest(sys.argv[1], COMMANDS)
        return f"There is no command {plain(sys.argv[1])!r}{f': did you mean {near}?' if near else '.'}"
    if "--compare" in sys.argv:
        return "Two reports are compared by fourfold diff A B --out DIR."
    return plain(str(error))


def _complain(sentence, code):
    err.print(f"fourfold: {sentence}", markup=False)
    return code
