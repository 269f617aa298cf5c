"""A shell completes what fourfold takes."""

import shutil
import subprocess

import pytest

from fourfold.compare.commands import cli
from tests.test_cli import command, said


@pytest.fixture(scope="module")
def script():
    done = command("--completion", "bash")
    assert said(done, 0) == ""
    return done.stdout


@pytest.mark.skipif(not shutil.which("bash"), reason="needs bash")
@pytest.mark.parametrize(
    ("words", "completed"),
    [
        (["agr"], {"agree"}),
        ([""], {*cli.COMMANDS}),
        (["agree", "--ste"], {"--steps"}),
        (["lesson", "--note"], {"--notebook"}),
    ],
)
def test_bash_completes_commands_and_options(script, words, completed):
    asked = 'COMP_WORDS=(fourfold "$@"); COMP_CWORD=$#; _fourfold; printf "%s\\n" "${COMPREPLY[@]}"'
    line = ["bash", "--norc", "-c", f"{script}\n{asked}", "bash", *words]
    done = subprocess.run(line, capture_output=True, text=True, check=True)
    assert {*done.stdout.split()} == completed


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_other_shells_know_every_command(shell):
    done = command("--completion", shell)
    assert said(done, 0) == ""
    assert all(name in done.stdout for name in cli.COMMANDS)


def test_a_shell_that_is_not_known_costs_one_sentence():
    assert 'Choose from: "bash", "zsh", "fish".' in said(command("--completion", "tcsh"), 2)
