"""A Result as JUnit XML for continuous integration: a suite a column, a test a quantity, case and precision."""

from collections import Counter
from xml.etree import ElementTree

from fourfold.compare.errors import visible
from fourfold.compare.results import words

KINDS = {"failures": "failure", "errors": "error", "skipped": "skipped"}


def document(result):
    """The bytes of junit.xml.

    A rejected quantity is a failure that tells what was wrong first; a column that could not be judged is an error,
    and a quantity too near the format's largest number to be certified at all is skipped.
    """
    suites = [_suite(result, column) for column in result.columns]
    sums = dict.fromkeys(("tests", "failures", "errors"), 0)
    for suite in suites:
        for key in sums:
            sums[key] += int(suite.get(key, "0"))
    root = _element("testsuites", name="fourfold", time=_seconds(result, "total"), **sums)
    root.extend(suites)
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="utf-8", xml_declaration=True) + b"\n"


def _suite(result, column):
    tests = [*_tests(result, column)]
    kinds = Counter(outcome.tag for test in tests for outcome in test)
    counts = {key: kinds[kind] for key, kind in KINDS.items()}
    when = {"time": _seconds(result, column.name), "timestamp": result.created}
    suite = _element("testsuite", **when, name=column.name, tests=len(tests), **counts)
    e = result.environment
    made = {"verdict": column.verdict, "command": e.command, "fourfold": e.fourfold, "python": e.python, **e.versions}
    for s in result.settings:
        made[f"inputs of {s.name}"] = s.inputs_sha256
    properties = ElementTree.SubElement(suite, "properties")
    for name, value in made.items():
        properties.append(_element("property", name=name, value=value))
    suite.extend(tests)
    return suite


def _detail(rejection):
    """What is wrong, and the script that shows it once more: continuous integration keeps no other file."""
    return "\n\n".join([words.rejection(rejection), *([rejection.reproduce] if rejection.reproduce else [])])


def _tests(result, column):
    first = {(r.case, r.dtype): r for r in result.rejections if r.column == column.name}
    rejected = set()
    for row in result.rows:
        if row.column == column.name:
            test = _test(column, row.quantity, row)
            if row.rejected:
                key = row.case, row.dtype
                rejected.add(key)
                numbers = f"{row.rejected:,} of {row.checked + row.no_number:,} numbers rejected"
                message = f"{numbers}, the largest error at {words.measure(row.worst_ratio):.3g} times its limit"
                test.append(_element("failure", _detail(first[key]) if key in first else numbers, message))
            elif not row.checked + row.no_number:
                message = "too near the format's largest number to be certified"
                test.append(_element("skipped", message=message))
            yield test
    for key, rejection in first.items():
        if key not in rejected:  # an array of the wrong form has no row
            test = _test(column, rejection.quantity, rejection)
            test.append(_element("failure", _detail(rejection), rejection.note or "rejected"))
            yield test
    if column.reason:
        test = _element("testcase", classname=column.name, name="judged", time="0")
        test.append(_element("error", column.reason, f"not judged: {column.reason}"))
        yield test


def _test(column, quantity, where):
    """A test; `where` has a case and a dtype."""
    return _element("testcase", classname=column.name, name=f"{quantity}[{where.case}-{where.dtype}]", time="0")


def _seconds(result, name):
    return f"{result.seconds.get(name, 0):.3f}"


def _element(tag, text=None, message=None, **attributes):
    element = ElementTree.Element(tag)
    if message is not None:
        attributes["message"] = message
    for name, value in attributes.items():
        element.set(name, visible(str(value)))  # XML has no way to write what hides
    element.text = None if text is None else visible(text)
    return element
