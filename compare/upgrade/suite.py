"""Runs `fourfold report` in an environment, with the fourfold that is here."""

import importlib.metadata
import json
import os
import sys
from contextlib import contextmanager
from pathlib import Path

from fourfold import impls
from fourfold.compare.errors import ColumnError
from fourfold.compare.system import signals
from fourfold.compare.upgrade import processes

INSTALLED = """
import json
from fourfold import impls
from fourfold.compare.columns import workers
print(json.dumps([*filter(workers.installed, impls.FRAMEWORKS)]))
"""
# It looks where the command does: in its environment, then where you are
UNKNOWN = """
import json, os, sys
sys.path.append(os.getcwd())
from fourfold.compare.commands import options
from fourfold.compare.errors import UsageError
sentences = []
for name in sys.argv[1:]:
    try:
        options.column(name)
    except UsageError as error:
        sentences.append(str(error))
print(json.dumps(sentences))
"""
JUDGED = {0, 1, 3}  # exit codes of a suite that was run


@contextmanager
def fourfold_here():
    """A folder in which any Python finds the fourfold that is here, and what it says of its version."""
    with signals.temporary_folder() as folder:
        (folder / "fourfold").symlink_to(Path(impls.__file__).parent.parent, target_is_directory=True)
        about = importlib.metadata.distribution("fourfold")
        metadata = folder / f"fourfold-{about.version}.dist-info"
        metadata.mkdir()
        (metadata / "METADATA").write_text(about.read_text("METADATA") or "", encoding="utf-8")
        yield folder


def installed(python, code):
    """The frameworks' columns that can run there; `code` is the folder of fourfold_here. Raises ColumnError."""
    return _answer(python, code, INSTALLED)


def unknown(python, code, names):
    """What is to be said of the columns that there are not there, a sentence each. Raises ColumnError."""
    return _answer(python, code, UNKNOWN, *names)


def _answer(python, code, question, *arguments):
    status, output = processes.run([python, "-P", "-c", question, *arguments], _surroundings(python, code))
    if status:
        last = [*filter(None, map(str.strip, output.splitlines()))][-1:]
        raise ColumnError(f"fourfold does not start with what is in {Path(python).parent.parent}: {''.join(last)}.")
    return json.loads(output.splitlines()[-1])


def report(python, code, arguments, out):
    """Has the suite run there, and its report written. Raises ColumnError where there is none."""
    argv = [python, "-P", "-m", "fourfold.compare", "report", *arguments, "--resolution", "2", "--out", out]
    status, output = processes.run(argv, _surroundings(python, code), errors_apart=True)
    if status not in JUDGED or f"Report: {out}/index.html" not in output:
        raise ColumnError(f"The suite could not be run with {python}: see above.")


def _surroundings(python, code):
    """The environment variables of a suite: what its environment has comes before what the user's PYTHONPATH has."""
    paths, users = [code], os.environ.get("PYTHONPATH")
    if users:
        packages = Path(python).parent.parent.glob("lib/python*/site-packages")
        paths += [*(packages if Path(python) != Path(sys.executable) else ()), users]
    return os.environ | {"PYTHONPATH": os.pathsep.join(map(str, paths))}
