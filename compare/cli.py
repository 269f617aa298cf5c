"""The command line: which verbs there are, and how a command may end."""

import os
import signal
import sys
from contextlib import suppress
from importlib import import_module
from importlib.metadata import version

from cyclopts import App, CycloptsError

from compare import signals
from compare.errors import ColumnError, UsageError
from compare.referee import JudgeError
from compare.terminal import COLOURS, Terminal, err, plain

VERBS = (
    *("agree", "report", "lesson", "exercise", "check", "train", "sweep"),
    *("doctor", "bench", "diff", "soak", "mistakes"),
)

app = App(
    name="fourfold",
    version=lambda: version("fourfold"),
    help="One network, four frameworks, the same gradients.",
    help_epilogue="Exit codes: 0 agreed, 1 disagreed, 2 wrong usage or bad input, 3 something could not be judged.",
    help_format="plaintext",
    console=Terminal(**COLOURS),
    suppress_keyboard_interrupt=False,
)
for verb in VERBS:
    app.command(getattr(import_module(f"compare.verbs.{verb}"), verb))


def main():
    """Run one command; every error a user can cause becomes one sentence on standard error and an exit code."""
    sys.path.append(os.getcwd())  # for --impl with a module of the user's; last, so that it shadows nothing
    signals.handle(signals.in_order)
    try:
        code = app(sys.argv[1:], print_error=False, exit_on_error=False, result_action="return_value")
        sys.stdout.flush()
    except UsageError as error:
        code = _complain(plain(str(error)), 2)
    except CycloptsError as error:
        code = _complain(f"{plain(str(error))} See fourfold --help.", 2)
    except ColumnError as error:
        code = _complain(str(error), 3)
    except MemoryError:
        code = _complain("Not enough memory: choose fewer seeds, a smaller --hidden or a coarser --resolution.", 2)
    except JudgeError as error:
        code = _complain(f"fourfold contradicts itself: {error}: please report this with the command.", 3)
    except KeyboardInterrupt as interrupt:
        code = _complain("Interrupted.", 128 + (interrupt.args or (signal.SIGINT,))[0])
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # nobody reads on; say no more
        code = 128 + signal.SIGPIPE
    signals.handle(signals.at_once)
    sys.exit(code or 0)


def _complain(sentence, code):
    with suppress(OSError):  # the terminal may be gone
        err.print(f"fourfold: {sentence}", markup=False)
    return code
