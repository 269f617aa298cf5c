"""`fourfold diff --with`: makes both environments and a report in each; lists and removes what is kept."""

from contextlib import ExitStack, contextmanager, suppress
from dataclasses import fields
from pathlib import Path
from typing import NamedTuple

from fourfold import impls
from fourfold.compare.cases import suites
from fourfold.compare.cases.case import check_range
from fourfold.compare.commands import options
from fourfold.compare.commands.terminal import err, out, status
from fourfold.compare.errors import UsageError, nearest
from fourfold.compare.results import report_folder, result, words
from fourfold.compare.results.diff import Change
from fourfold.compare.upgrade import environments, requirements, suite

OUT = "reports/out/upgrade"
LONGEST_LINE = 60  # of what pip says, characters


class Reports(NamedTuple):
    """Paths of folders: the two reports, and where their comparison's page goes."""

    a: str
    b: str
    page: str
    installed: list  # [Change] of what both sides have, in other versions


def reports(texts, training, asked):
    """The Reports of the same suite on both sides of an upgrade. Raises UsageError and ColumnError."""
    sides = requirements.sides(texts)
    _check(training, asked, sides)
    names = options.names(asked.impl) or []
    folder = f"{OUT}/{sides[0].label()}-to-{sides[1].label()}"
    places = f"{folder}/a", f"{folder}/b"
    with ExitStack() as at_the_end:
        at_the_end.enter_context(_nothing_empty(Path(folder)))
        for place in places:
            report_folder.check_writable(place)
        code = at_the_end.enter_context(suite.fourfold_here())
        ready = _ready(sides, names, at_the_end)
        for letter, there in zip("AB", ready, strict=True):
            for sentence in suite.unknown(there.python, code, names):
                raise UsageError(f"In {letter}: {sentence}")
        names = names or _on_both_sides([there.python for there in ready], code)
        arguments = [*as_typed(training), *as_typed(asked), "--impl", ",".join(names)]
        for letter, side, there, place in zip("AB", sides, ready, places, strict=True):
            _say(f"{letter} {side.text}: judging {', '.join(names)} …")
            suite.report(there.python, code, arguments, place)
            _say(f"{letter} {side.text}: {words.headline(result.read(Path(place) / 'result.json'))}")
    return Reports(*places, f"{folder}/moved", _installed(*ready))


def _installed(a, b):
    changes = [Change(name, a.versions[name], b.versions.get(name)) for name in sorted(a.versions)]
    return [change for change in changes if change.b and change.a != change.b]


@contextmanager
def _nothing_empty(folder):
    """Leaves no folder empty that was made on the way to this one."""
    made = [path for path in (folder, *folder.parents) if not path.exists()]
    try:
        yield
    finally:
        for path in made:
            with suppress(OSError):
                path.rmdir()


def _check(training, asked, sides):
    """Raises UsageError, before anything is installed, where the suite could not be asked so."""
    for name in options.names(asked.impl) or ():
        slip = ":" in name or nearest(name.lower(), impls.NAMES)
        if slip or not any(requirements.may_bring(side, name) for side in sides):
            options.column(name)
    dtypes = options.dtypes(asked.dtype)
    case = options.case(training, options.asked_seeds(asked.seeds))
    check_range(case, dtypes)
    suites.choose(asked.suite, options.names(asked.case), case, deep=True, dtypes=dtypes)


def _ready(sides, names, at_the_end):
    """The Ready environment of each side: made where it is not there, and held until the end."""
    ready = {side: environments.at_hand() for side in sides if side.is_this()}
    wanted = []
    for side in sides:
        if not side.is_this():
            needs = requirements.of_fourfold(names, side.names())
            wanted.append((environments.folder_of(side, needs), side, needs))
    with status() as show:
        for _, side, needs in sorted(wanted):  # always in this order: nobody waits for somebody who waits
            made = environments.environment(side, needs, _say, lambda line: show(f"pip: {line[:LONGEST_LINE]}"))
            ready[side] = at_the_end.enter_context(made)
    return [ready[side] for side in sides]


def _on_both_sides(pythons, code):
    """The columns of frameworks that are there in both environments."""
    in_a, in_b = (suite.installed(python, code) for python in pythons)
    for letter, here, there in (("A", in_a, in_b), ("B", in_b, in_a)):
        alone = [name for name in here if name not in there]
        if alone:
            _say(f"Only in {letter}, left out: {', '.join(alone)}.")
    return [name for name in in_a if name in in_b]


def as_typed(given):
    """The options that have been given, as they are typed."""
    typed = []
    for field in fields(given):
        value = getattr(given, field.name)
        if field.name == "impl" or value == field.default:
            continue
        option = f"--{field.name.replace('_', '-')}"
        typed.append(option if value is True else f"{option}={value}")
    return typed


def _say(sentence):
    err.print(sentence, markup=False)


def kept(remove):
    """Lists the environments that are kept, or removes them; the exit code."""
    if remove:
        removed, used = environments.remove_all()
        out.print(f"Removed: {words.count(len(removed), 'environment')} in {environments.folder()}.", markup=False)
        for place in used:
            out.print(f"{place.name} is in use, and stays.", markup=False)
        return 0
    there = environments.all_kept()
    for place, contents in there:
        if contents is None:
            out.print(f"{place.name}: not whole; it is made anew when it is needed.", markup=False)
        else:
            size = environments.size(contents.size)
            out.print(f"{', '.join(contents.requirements)}: {place}, {size}, made {contents.made}.", markup=False)
    what = "fourfold diff --remove-environments removes them." if there else "No environments are kept."
    out.print(what, markup=False)
    return 0
