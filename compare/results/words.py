"""Results as text: tables are (headers, rows) until the last moment."""

import math
from itertools import product
from typing import NamedTuple

from fourfold import impls
from fourfold.compare.judge.quantities import anatomy, gradient, is_of_every_step, of_every_step, shown
from fourfold.compare.judge.updates import equation as of_update

LISTED_CASES = 8
LONG_NAME, LONG_LIST, LINE = 20, 36, 80  # characters
LOSES_DIGITS = "right, but loses digits: in float64 and float32 no more than rounding in numbers of the size that go in"


def measure(x):
    """A number of the result file as a float."""
    return float(x)


def brief(x):
    """Two or three significant digits, short enough for a cell."""
    x = measure(x)
    if not math.isfinite(x) or x == 0:
        return {math.inf: "∞", 0.0: "0"}.get(x, str(x))
    if x >= 9999.5:
        return f"{x:.0e}".replace("e+0", "e").replace("e+", "e")
    return f"{x:.2g}" if x < 9.95 else f"{x:.0f}"


def fraction(ratio):
    """A share of the limit: what is within it never reads as 1.00, what is beyond it never as less."""
    ratio = measure(ratio)
    if ratio > 1:
        return f"×{brief(max(ratio, 1.1))}"
    return "0" if ratio == 0 else "<.01" if ratio < 0.01 else f"{min(ratio, 0.99):.2f}".removeprefix("0")


def percent(ratio):
    """A share of the limit for people: "98%", never "100%" of what is within it; "×5e13" of what is beyond it."""
    ratio = measure(ratio)
    if ratio > 1:
        return f"×{brief(max(ratio, 1.1))}"
    if math.isnan(ratio):
        return "nan"
    return "0" if ratio == 0 else "<1%" if ratio < 0.01 else f"{min(round(100 * ratio), 99)}%"


def dtypes(result):
    """All precisions of a result, in the order of its cases."""
    together = {}
    for s in result.settings:
        together |= dict.fromkeys(s.dtypes)
    return list(together)


def labels(columns):
    """{name: what stands above its cells}: the last part of a long dotted name, where no other column ends so."""
    names = [column.name for column in columns]
    ends = [name.rpartition(".")[2] for name in names]
    short = {}
    for name, end in zip(names, ends, strict=True):
        short[name] = end if len(name) > LONG_NAME and ends.count(end) == 1 else name
    return short


def layers(s):
    return f"{count(s.depth(), 'layer')} with{'' if s.biases else 'out'} biases"


def label(quantity):
    return f"{of_every_step(quantity)}, every step" if is_of_every_step(quantity) else quantity


def worst(things, attribute):
    """The largest of one number of several rows, or movements."""
    return max(measure(getattr(thing, attribute)) for thing in things)


def headline(result):
    """The verdict in one sentence of less than 80 characters, if names are not very long."""
    groups = by_verdict(result.columns)
    start = who(result.columns)
    if groups.wrong or groups.lossy:
        return f"{start}{_first_place(result)}."
    if not groups.agreeing:
        return f"{start}."
    sentence = f"{start}; {_numbers(result)}."
    if len(sentence) < LINE or not groups.missing:
        return sentence
    return f"AGREED: {count(len(groups.agreeing), 'column')}; {len(groups.missing)} not judged; {_numbers(result)}."


def who(columns):
    """Who agrees, who is wrong, who could not be judged."""
    groups, short = by_verdict(columns), labels(columns)
    names = [_counted(group, short) for group in groups]
    agreeing, wrong, lossy, missing = names
    clauses = []
    if groups.wrong:
        clauses.append(f"{wrong} {'is' if len(groups.wrong) == 1 else 'are'} wrong")
    if groups.lossy:
        clauses.append(f"{lossy} {'loses' if len(groups.lossy) == 1 else 'lose'} digits")
    if clauses:
        return f"DISAGREED: {'; '.join(clauses)}"
    if not groups.agreeing:
        return f"NOT JUDGED: {missing}"
    return f"AGREED: {agreeing}{f'; not judged: {missing}' if missing else ''}"


def _counted(names, short):
    """The names; where they take too much room, how many there are."""
    text = listed([short[name] for name in names]) if names else ""
    if len(names) < 2 or len(text) <= LONG_LIST:
        return text
    return f"{'all ' if len(names) == len(short) else ''}{len(names)} columns"


def _numbers(result):
    checked, wrong = numbers(result)
    return f"{checked:,} numbers checked, {wrong:,} wrong"


def numbers(result):
    """(how many numbers were checked, how many of them are wrong)"""
    return sum(row.checked for row in result.rows), sum(row.rejected for row in result.rows)


def half_a_unit(result):
    """A sentence on shares of the limit that are near 100 percent and no reason to worry; "" where there are none."""
    for row in result.rows:
        if is_of_every_step(row.quantity) and 0.9 < measure(row.worst_ratio) <= 1:
            return "Near 100% is fine: a new weight is rounded once, half a unit is allowed."
    return ""


def _first_place(result):
    """Where the first number is wrong, if it is the same place in every wrong column."""
    places = {(r.quantity, r.step) for r in first_rejections(result)}
    if len(places) != 1:
        return ""
    ((quantity, step),) = places
    number = equation(result, first_rejections(result)[0])
    return f", first in {label(quantity)}{f' ({number})' if number else ''} at step {step:,}"


def equation(result, r):
    """The lesson's number of the equation that gives what is wrong in a Rejection, such as "E16"; or ""."""
    for s in result.settings:
        if s.name == r.case and (number := of_update(s.update, r.quantity)):
            return number
        for name, quantity in anatomy(s.row(), s.depth(), s.biases).all.items():
            if s.name == r.case and r.quantity in {shown(name, s.row()), of_every_step(name)}:
                return quantity.equation
    return ""


def first_rejections(result):
    """The first Rejection of every column that has one, in the order of the columns."""
    first = {}
    for r in result.rejections:
        first.setdefault(r.column, r)
    return [first[column.name] for column in result.columns if column.name in first]


def verdict(result):
    """The headline, and after it on how much it rests."""
    return " ".join([headline(result), *details(result)])


def details(result):
    """Sentences: who is right beside a wrong column, what was asked, how small a fault would have been seen."""
    groups, sentences = by_verdict(result.columns), []
    if groups.wrong or groups.lossy:
        if groups.agreeing:
            sentences.append(f"Right: {listed(groups.agreeing)}.")
        if groups.missing:
            sentences.append(f"Not judged: {listed(groups.missing)}.")
        kinds = sum(r.value is None for r in result.rejections)
        also = f", and {count(kinds, 'answer')} without numbers to check" if kinds else ""
        sentences.append(f"{_numbers(result)}{also}.")
    sentences.append(f"Asked: {_work(result)}.")
    beyond = sum(row.no_number for row in result.rows)
    if beyond:
        sentences.append(f"{beyond:,} more numbers are infinite or no numbers, as they should be.")
    unknown = sum(row.out_of_range for row in result.rows)
    if unknown:
        sentences.append(f"Of {unknown:,} more, which may leave the format's range on the way, nothing is certified.")
    return [*sentences, *_sharpness(result)]


def brief_details(result):
    """The lines of it that a terminal has room for."""
    first, *others = result.settings
    seeds = f"seeds {first.first_seed} to {first.first_seed + first.seeds - 1}" if first.seeds > 1 else "one seed"
    work = f"{first.name}, {first.weights_file or seeds}, {count(first.steps, 'step')}"
    if others:
        work += f"; {count(len(others), 'more case')}"
    packages = ", ".join(f"{name} {version}" for name, version in result.environment.versions.items())
    if first.update:
        work += f"; {first.update}"
    more = "All that was asked: --details. A page with pictures: fourfold report"
    return [f"Asked: {work}; {' and '.join(dtypes(result))}.", more, packages]


def _work(result):
    first, *others = result.settings
    work = f"{first.name}, {count(first.seeds, 'seed')} × {count(first.steps, 'step')}"
    if others:
        names = "; ".join(s.name for s in others[:LISTED_CASES])  # a name may have a comma
        more = f"; {len(others) - LISTED_CASES} more" if len(others) > LISTED_CASES else ""
        work += f", and {count(len(others), 'case')} ({names}{more})"
    work += f", in {' and '.join(dtypes(result))}"
    in_parts = [s for s in result.settings if 0 < s.call_steps < s.steps]
    for s in in_parts:
        work += f", {s.name} in calls of {count(s.call_steps, 'step')}"
    if not in_parts and all(s.call_steps for s in result.settings):
        work += ", every run in one call"
    return work


def _sharpness(result):
    """[sentence] on the relative faults in gradients that are seen in the first case; [] where none is."""
    clauses = []
    for dtype, mixed in product(dtypes(result), (False, True)):
        seen = []
        for row in result.rows:
            is_gradient = row.quantity.startswith(gradient("")) and impls.is_mixed(row.column) == mixed
            if is_gradient and (row.case, row.dtype) == (result.settings[0].name, dtype) and row.sharpness:
                seen.append(measure(row.sharpness))
        if seen and math.isfinite(max(seen)):
            clauses.append(f"by {brief_power(max(seen))} of its size in {'mixed precision' if mixed else dtype}")
    if not clauses:
        return []
    return [f"In {result.settings[0].name}, a gradient that is off {' or '.join(clauses)} is caught."]


def brief_power(x):
    """A small number with one digit: 3e-16; what is not so small in percent."""
    if x >= 0.01:
        return f"{x:.0%}"
    return f"{x:.0e}".replace("e-0", "e-")


def summary(result):
    """One more sentence: what was wrong first in each wrong column; where none is, what came nearest to its limit."""
    if result.rejections:
        return " ".join(f"{_first_wrong(r)}." for r in first_rejections(result))
    certified = [row for row in result.rows if row.checked]
    if not certified:
        return "Nothing could be certified."
    row = max(certified, key=lambda row: measure(row.worst_ratio))
    return (
        f"Nearest to its limit is {label(row.quantity)} of {row.column} ({row.case}, {row.dtype}), "
        f"at {percent(row.worst_ratio)} of what rounding allows."
    )


def _first_wrong(r):
    seed = "" if r.seed is None else f", seed {r.seed}"
    off = r.note if r.error is None else f"off by {brief(r.error)} where {brief(r.limit)} is allowed"
    verb = "loses digits" if r.loses_digits else "is wrong"
    return (
        f"{r.column} {verb} first at step {r.step}{seed}, in {r.quantity}{r.index or ''} ({r.case}, {r.dtype}): {off}"
    )


class ByVerdict(NamedTuple):
    """Names of columns, by what came of them."""

    agreeing: list
    wrong: list
    lossy: list  # right formulas that lose digits
    missing: list  # not judged


def by_verdict(columns):
    """The ByVerdict of a result's columns."""
    groups = ByVerdict([], [], [], [])
    for column in columns:
        if column.verdict == "agrees":
            groups.agreeing.append(column.name)
        elif column.verdict == "not judged":
            groups.missing.append(column.name)
        else:
            (groups.lossy if column.loses_digits else groups.wrong).append(column.name)
    return groups


def count(n, noun):
    return f"{n:,} {noun}{'s' * (n != 1)}"


def listed(names):
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def rejection(r):
    """Who, when, what, and the numbers."""
    seed = "" if r.seed is None else f", seed {r.seed}"
    where = f"{r.column} ({r.case}, {r.dtype}): first wrong at step {r.step}{seed}, {r.quantity}{r.index or ''}"
    lines = [where]
    if r.value is not None:
        lines += [
            f"    got    {measure(r.value)!r}",
            f"    exact  {measure(r.truth)!r}",
            f"    error  {measure(r.error):.3g}, limit {measure(r.limit):.3g}",
        ]
    lossy = LOSES_DIGITS if r.loses_digits else ""
    lines += [f"    {line}" for line in (r.certificate, r.note, lossy, *r.diagnosis.splitlines()) if line]
    return "\n".join(lines)


def also_wrong(result):
    """A line a column: in which cases it is wrong too, after its first Rejection."""
    others = {}
    for r in result.rejections:
        others.setdefault(r.column, []).append(f"{r.case} ({r.dtype}, {label(r.quantity)})")
    for name, (_, *places) in others.items():
        if places:
            more = f" and {len(places) - LISTED_CASES} more" if len(places) > LISTED_CASES else ""
            yield f"{name} is wrong too in {'; '.join(places[:LISTED_CASES])}{more}."


def settings(result, number=None):
    """One line a case, of all or of the first few."""
    return "\n".join(map(_setting, result.settings[:number]))


def _setting(s):
    layers = f"layers {'-'.join(map(str, s.widths))}{' with biases' if s.biases else ''}"
    by = f"{s.update}, " if s.update else ""
    return (
        f"{s.name}: {count(s.samples, 'sample')}, {layers} ({count(s.parameters, 'parameter')}), "
        f"{s.activation}, {by}learning rate {s.lr:g}, {s.networks()}, {count(s.steps, 'step')}"
    )


def environment(result):
    return set_up(result.environment)


def set_up(e):
    """An Environment in two lines."""
    packages = ", ".join(f"{name} {version}" for name, version in e.versions.items())
    judged = ", ".join(f"{dtype} by {wide}" for dtype, wide in e.wide.items())
    return (
        f"fourfold {e.fourfold}, Python {e.python}, {packages}\n"
        f"{e.system}, {e.cpu}, {e.cores} cores, threads a column: {e.threads}; judged: {judged}"
    )
