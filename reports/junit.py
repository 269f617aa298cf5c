"""A Result as JUnit XML for continuous integration: a suite a column, a test a quantity, case and precision."""

import re
from xml.etree import ElementTree

from fourfold.compare.results import words

# What XML has no way to write
NO_CHARACTER = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
KINDS = {"failures": "failure", "errors": "error", "skipped": "skipped"}


def document(result):
    """The bytes of junit.xml.

    A rejected quantity is a failure that tells what was wrong first; a column that could not be judged is an error,
    and a quantity too near the format's largest number to be certified at all is skipped.
    """
    suites = [_suite(result, column) for column in result.columns]
    sums = {key: str(sum(int(suite.get(key, "0")) for suite in suites)) for key in ("tests", "failures", "errors")}
    root = _element("testsuites", name="fourfold", time=_seconds(result, "total"), **sums)
    root.extend(suites)
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="utf-8", xml_declaration=True) + b"\n"


def _suite(result, column):
    tests = [*_tests(result, column)]
    counts = {key: str(sum(test.find(kind) is not None for test in tests)) for key, kind in KINDS.items()}
    about = {"name": column.name, "tests": str(len(tests)), **counts}
    suite = _element("testsuite", time=_seconds(result, column.name), timestamp=result.created, **about)
    properties = ElementTree.SubElement(suite, "properties")
    e = result.environment
    told = {"verdict": column.verdict, "command": e.command, "fourfold": e.fourfold, "python": e.python, **e.versions}
    for s in result.settings:
        told[f"inputs of {s.name}"] = s.inputs_sha256
    properties.extend(_element("property", name=name, value=value) for name, value in told.items())
    suite.extend(tests)
    return suite


def _tests(result, column):
    of_column = lambda things: [thing for thing in things if thing.column == column.name]
    rows = of_column(result.rows)
    first = {(r.case, r.dtype): r for r in of_column(result.rejections)}
    told = {(row.case, row.dtype) for row in rows if row.rejected}
    for row in rows:
        test = _test(column, row.quantity, row)
        if row.rejected:
            numbers = f"{row.rejected:,} of {row.checked + row.no_number:,} numbers rejected"
            found = first.get((row.case, row.dtype))
            text = words.rejection(found) if found else numbers
            test.append(_element("failure", text, message=f"{numbers}, the largest error at {_share(row)} its limit"))
        elif not row.checked + row.no_number:
            test.append(_element("skipped", message="too near the format's largest number to be certified"))
        yield test
    for key, found in first.items():
        if key not in told:  # an array of the wrong form has no row
            test = _test(column, found.quantity, found)
            test.append(_element("failure", words.rejection(found), message=found.note or "rejected"))
            yield test
    if column.reason:
        test = _element("testcase", classname=column.name, name="judged", time="0")
        test.append(_element("error", column.reason, message=f"not judged: {column.reason}"))
        yield test


def _test(column, quantity, of):
    return _element("testcase", classname=column.name, name=f"{quantity}[{of.case}-{of.dtype}]", time="0")


def _share(row):
    return f"{words.measure(row.worst_ratio):.3g} times"


def _seconds(result, name):
    return f"{result.seconds.get(name, 0):.3f}"


def _element(tag, text=None, **attributes):
    element = ElementTree.Element(tag, {name: _characters(value) for name, value in attributes.items()})
    element.text = None if text is None else _characters(text)
    return element


def _characters(text):
    """Text with nothing in it that XML cannot hold: such a character is written as its number, as in #x1B."""
    return NO_CHARACTER.sub(lambda m: f"#x{ord(m[0]):02X}", text)
