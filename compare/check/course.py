"""A whole course: everybody's file judged, each in a process of its own, a line for everybody."""

import csv
import glob
import io
import math
import os
import queue
import subprocess
import sys
import threading
import time
from collections import Counter, deque
from pathlib import Path
from typing import NamedTuple

import msgspec

from fourfold.compare.check import proof_words, words
from fourfold.compare.check.checked import Checked, first_rejection
from fourfold.compare.check.forms import sources
from fourfold.compare.errors import UsageError, exit_code, visible
from fourfold.compare.results.words import count
from fourfold.compare.system import folders, launch, signals

SUFFIXES = (".py", ".ipynb")
RIGHT, LOSES_DIGITS, AGREES, WRONG, NOT_JUDGED = "RIGHT", "RIGHT BUT LOSES DIGITS", "AGREES", "WRONG", "NOT JUDGED"
ORDER = (WRONG, NOT_JUDGED, LOSES_DIGITS, AGREES, RIGHT)  # what needs a teacher first
FIELDS = ("who", "file", "verdict", "mistake", "line", "seconds", "sentence")
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would compute begins so
GRACE = 30  # seconds beyond its timeout that a judgement may take
PAUSE = 0.1  # seconds between looks at what runs


class Assessed(NamedTuple):
    """What a judge says of one file; `line` is that of its text, None where none is to blame."""

    verdict: str  # one of ORDER
    mistake: str = ""
    line: int | None = None
    sentence: str = ""
    text: str = ""  # all there is to say

    def is_right(self):
        return self.verdict not in (WRONG, NOT_JUDGED)

    def in_full(self):
        """All there is to say, or the sentence where that is all."""
        return self.text or f"{self.verdict}: {self.sentence}"


class Submission(NamedTuple):
    """One line of the table."""

    who: str
    file: str
    verdict: str
    mistake: str
    line: str  # "12", or of a notebook "cell 3, 2"; "" where none is to blame
    source: str  # the text of that line
    seconds: float
    sentence: str
    text: str


def submissions(where):
    """The files to judge, in order: those of a folder, or those that fit a pattern. Raises UsageError without any.

    Of a folder: every .py and .ipynb below it, but hidden ones, tests, and those that begin with an underscore.
    """
    if os.path.isdir(where):
        paths = [path for path in Path(where).rglob("*") if _is_submission(path.relative_to(where))]
        lacking = "it has no .py or .ipynb file to judge"
    else:
        paths = [Path(path) for path in glob.glob(str(where), recursive=True) if path.endswith(SUFFIXES)]
        lacking = "no .py or .ipynb file matches"
    files = sorted(path for path in paths if path.is_file())
    if not files:
        raise UsageError(f"There is no submission in {where}: {lacking}.")
    return files


def _is_submission(path):
    names = path.parts
    hidden = any(name.startswith((".", "_")) for name in names)
    test = path.stem.startswith("test_") or path.stem.endswith("_test") or path.stem == "conftest"
    return path.suffix in SUFFIXES and not hidden and not test


def names(paths):
    """Who each file is of: its stem; where these are not all different its folder, or else all of its path."""
    paths = [Path(path) for path in paths]
    above = os.path.commonpath([path.absolute().parent for path in paths])
    whole = [os.path.relpath(path.absolute(), above) for path in paths]
    if len(set(whole)) == len({Path(path).with_suffix("") for path in whole}):
        whole = [str(Path(path).with_suffix("")) for path in whole]
    for candidates in ([path.stem for path in paths], [path.absolute().parent.name for path in paths]):
        if len(set(candidates)) == len(paths):
            return candidates
    return whole


def judge_all(paths, judge, parallel=None, show=lambda row: None, longest=math.inf):
    """The Submissions in the order of their names; `show` is called with each as it is done.

    judge(path) gives an Assessed, or a tuple of its fields, in a thread of its own: one that raises, or takes longer
    than `longest` seconds, costs only its own line.
    """
    waiting, running, rows, done = deque(zip(names(paths), paths, strict=True)), {}, [], queue.SimpleQueue()
    try:
        while waiting or running:
            while waiting and len(running) < (parallel or os.cpu_count() or 1):
                who, path = waiting.popleft()
                running[who] = path, time.monotonic()
                threading.Thread(target=_judge, args=(who, path, judge, done), daemon=True).start()
            for who, assessed in _finished(done, running, longest):
                path, begun = running.pop(who)
                rows.append(_submission(who, path, assessed, time.monotonic() - begun))
                show(rows[-1])
    except BaseException:
        folders.remove_all()  # those of judges that nobody waits for any more
        raise
    return sorted(rows, key=lambda row: row.who)


def _finished(done, running, longest):
    """[(who, Assessed)] of those that have ended, and of those that should have."""
    finished = {}
    try:
        who, assessed = done.get(timeout=PAUSE)
        if who in running:
            finished[who] = assessed
    except queue.Empty:
        pass
    for who, (_, begun) in running.items():
        if time.monotonic() - begun > longest:
            finished.setdefault(who, Assessed(NOT_JUDGED, sentence=f"It did not finish within {longest:g} s."))
    return finished.items()


def _judge(who, path, judge, done):
    try:
        assessed = Assessed(*judge(path))
    except UsageError as error:
        assessed = Assessed(NOT_JUDGED, sentence=str(error))
    except BaseException as error:  # whatever it is, the others are judged
        assessed = Assessed(NOT_JUDGED, sentence=f"The judge raised {type(error).__name__}: {error}.")
    done.put((who, assessed))


def _submission(who, path, assessed, seconds):
    line, source = "", ""
    if assessed.line is not None:
        line, source = _place(path, assessed.line)
    sentence, seconds = " ".join(assessed.sentence.split()), round(seconds, 2)
    what = assessed.verdict, assessed.mistake, line, source, seconds, sentence, assessed.in_full()
    return Submission(who, str(path), *what)


def _place(path, number):
    """("12", its text); of a notebook ("cell 3, 2", its text)."""
    try:
        written = sources.source(path)
    except UsageError:
        return str(number), ""
    lines = written.text.splitlines()
    text = lines[number - 1].strip() if 0 < number <= len(lines) else ""
    if number in written.places:
        cell, number = written.places[number]
        return f"cell {cell}, {number}", text
    return str(number), text


def by_command(options=(), timeout=120):
    """A judge that runs `fourfold check` on a file, with these options, in a process of its own."""

    def judge(path):
        with signals.temporary_folder() as folder:
            answer = folder / "checked.json"
            check = [sys.executable, "-P", "-m", "fourfold.compare", "check", str(path), "--json", str(answer)]
            argv = [sys.executable, "-IS", launch.__file__, "0", *check, "--timeout", f"{timeout:g}", *options]
            try:
                ended = subprocess.run(
                    argv, stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout + GRACE, check=False
                )
            except subprocess.TimeoutExpired:
                return Assessed(NOT_JUDGED, sentence=f"It did not finish within {timeout + GRACE:g} s.")
            if answer.exists():
                checked = msgspec.json.decode(answer.read_bytes(), type=Checked)
                return assessed_of(checked, path, "--hint" in options)
            complaint = ended.stderr.decode(errors="replace").strip().removeprefix("fourfold: ")
            return Assessed(NOT_JUDGED, sentence=complaint or f"check ended with status {ended.returncode}.")

    return judge


def assessed_of(checked, path, hint=False):
    """The Assessed of a check.Checked on a file."""
    source = sources.source(path)
    text = words.text(checked, source.text, hint, source.places)
    proof, rejection = checked.proof, first_rejection(checked)
    verdict = words.START[checked.verdict()] if checked.functions else proof_words.verdict(proof)
    mistakes, line = [], None
    if proof and not hint:
        mistakes = [mistake.name for mistake in proof.mistakes]
    if rejection and not mistakes and not hint:
        mistakes = rejection.mistakes
    if proof and proof.examined.blamed:
        line = proof.examined.blamed[0].line
    said_first = (part for part in text.splitlines() if part.startswith(verdict))
    return Assessed(verdict, " and ".join(mistakes), line, next(said_first, text), text)


def course_exit_code(rows):
    verdicts = {row.verdict for row in rows}
    return exit_code(WRONG in verdicts, NOT_JUDGED in verdicts)


def summary(rows):
    """ "3 of 5 are right; 1 is wrong; 1 is not judged."""
    counts = Counter(row.verdict for row in rows)
    right = sum(counts[verdict] for verdict in (RIGHT, LOSES_DIGITS, AGREES))
    clauses = [f"{right} of {count(len(rows), 'submission')} {_are(right)} right"]
    if counts[LOSES_DIGITS]:
        clauses[0] += f", {counts[LOSES_DIGITS]} of them losing digits"
    for verdict, adjective in ((WRONG, "wrong"), (NOT_JUDGED, "not judged")):
        if counts[verdict]:
            clauses.append(f"{counts[verdict]} {_are(counts[verdict])} {adjective}")
    return f"{'; '.join(clauses)}."


def _are(n):
    return "is" if n == 1 else "are"


def mistakes(rows):
    """(mistake, how many made it), the most frequent first; "no known mistake" for the others that are wrong."""
    counts = Counter(row.mistake or "no known mistake" for row in rows if row.verdict == WRONG)
    return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))


def by_verdict(rows):
    """Those first that need a teacher, then by name."""
    return sorted(rows, key=lambda row: (ORDER.index(row.verdict), row.who))


def line(row):
    """One Submission in a line."""
    return table([row])


def table(rows):
    """A line each, in columns: who, verdict, where, the mistake or why it was not judged."""
    cells = [_cells(row) for row in rows]
    widths = [max(map(len, column), default=0) for column in zip(*cells, strict=True)]
    lines = []
    for row in cells:
        padded = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        lines.append("  ".join(filter(None, padded)).rstrip())
    return "\n".join(lines)


def _cells(row):
    return [visible(cell, newlines=True) for cell in (row.who, row.verdict, _where(row), row.mistake or _why(row))]


def _where(row):
    return f"line {row.line}" if row.line.isdecimal() else row.line


def _why(row):
    return row.sentence if row.verdict == NOT_JUDGED else ""


def csv_text(rows):
    """The text of a CSV file; nothing in it is a formula to a spreadsheet."""
    text = io.StringIO()
    written = csv.writer(text, lineterminator="\n")
    written.writerow(FIELDS)
    for row in rows:
        written.writerow([_harmless(getattr(row, name)) for name in FIELDS])
    return text.getvalue()


def _harmless(cell):
    cell = visible(str(cell))
    return f"'{cell}" if cell.startswith(FORMULA) else cell
