"""`fourfold --completion`: what a shell needs to complete commands and options."""

import sys
from typing import Literal

from fourfold.compare.commands import cli
from fourfold.compare.commands.terminal import saying


def completion(shell: Literal["bash", "zsh", "fish"], /):
    """Print what a shell needs to complete commands and options.

    Example: source <(fourfold --completion bash)
    """
    for name in cli.COMMANDS:
        cli.app[name].show = True  # hidden, as the overview lists them itself, and what is hidden is not completed
    script = cli.app.generate_completion(shell=shell)
    with saying(sys.stdout):
        sys.stdout.write(script)
