"""How a maker's program is run: as a verb of `fourfold` is, with the same exit codes and sentences."""

from cyclopts import App

from fourfold.compare.commands import cli
from fourfold.compare.commands.terminal import STYLE, Terminal


def program(name, function):
    """The App of one function. Run it by `cli.main(app)`."""
    app = App(
        name=name,
        version_flags=(),
        help_epilogue=cli.EXIT_CODES,
        help_format="plaintext",
        console=Terminal(**STYLE),
        suppress_keyboard_interrupt=False,
    )
    app.default(function)
    return app
