import re
from xml.etree import ElementTree

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fourfold.compare.errors import visible
from fourfold.compare.results import result
from fourfold.reports import junit
from tests.test_report import report  # noqa: F401  (a fixture)

# What the schema of Jenkins' xUnit plug-in (junit-10.xsd) allows
ATTRIBUTES = {
    "testsuites": {"name", "time", "tests", "failures", "errors"},
    "testsuite": {"name", "tests", "failures", "errors", "skipped", "time", "timestamp"},
    "properties": set(),
    "property": {"name", "value"},
    "testcase": {"name", "classname", "time"},
    "failure": {"type", "message"},
    "error": {"type", "message"},
    "skipped": {"type", "message"},
}
PARTS = {
    "testsuites": {"testsuite"},
    "testsuite": {"properties", "testcase"},
    "properties": {"property"},
    "testcase": {"failure", "error", "skipped"},
}
OUTCOMES = {"failures": "failure", "errors": "error", "skipped": "skipped"}


def read(found):
    root = ElementTree.fromstring(junit.document(found))
    assert root.tag == "testsuites"
    for element in root.iter():
        assert set(element.keys()) <= ATTRIBUTES[element.tag]
        assert {part.tag for part in element} <= PARTS.get(element.tag, set())
    for counting in (root, *root.iter("testsuite")):
        assert int(counting.get("tests")) == len([*counting.iter("testcase")])
        for key, tag in OUTCOMES.items():
            assert int(counting.get(key) or 0) == len([*counting.iter(tag)]) or (key, counting) == ("skipped", root)
        assert re.fullmatch(r"\d+\.\d{3}", counting.get("time"))
    return {suite.get("name"): suite for suite in root}


def outcomes(suite):
    """{test: what it came to, or None}"""
    return {test.get("name"): next(iter(test), None) for test in suite.iter("testcase")}


def test_every_quantity_of_every_column_case_and_precision_is_a_test(report):  # noqa: F811
    suites = read(report.result)
    assert list(suites) == [column.name for column in report.result.columns]
    for name, suite in suites.items():
        rows = {f"{r.quantity}[{r.case}-{r.dtype}]": r for r in report.result.rows if r.column == name}
        found = {test: of for test, of in outcomes(suite).items() if test != "judged"}
        assert list(found) == list(rows)
        assert {test for test, of in found.items() if of is not None} == {t for t, row in rows.items() if row.rejected}


def test_a_failure_tells_the_first_wrong_number(report):  # noqa: F811
    wrong = outcomes(read(report.result)["sly|`x`"])
    failure = next(of for name, of in wrong.items() if name.startswith("R["))
    assert failure.tag == "failure"
    assert "first wrong at step 0, seed 0, R[0, 0]" in failure.text
    assert "column = impls.load(" in failure.text
    assert re.search(
        r"[\d,]+ of [\d,]+ numbers rejected, the largest error at [\d.e+]+ times its limit", failure.get("message")
    )


def changed(found, **fields):
    return msgspec.structs.replace(found, **fields)


def test_a_column_that_could_not_be_judged_is_an_error(report):  # noqa: F811
    columns = [result.Column("numpy", "not judged", "out of cheese")]
    suite = read(changed(report.result, columns=columns, rows=[], rejections=[]))["numpy"]
    assert {name: (of.tag, of.text) for name, of in outcomes(suite).items()} == {"judged": ("error", "out of cheese")}


def test_an_array_of_the_wrong_form_fails_where_no_row_tells_of_it(report):  # noqa: F811
    rejection = changed(report.result.rejections[0], column="numpy", quantity="W1", note="W1 is float16, not float64")
    suite = read(changed(report.result, columns=report.result.columns[:1], rows=[], rejections=[rejection]))["numpy"]
    ((name, failure),) = outcomes(suite).items()
    assert name.startswith("W1[")
    assert failure.get("message") == "W1 is float16, not float64"


@pytest.mark.parametrize(("no_number", "outcome"), [(0, "skipped"), (3, None)])
def test_where_nothing_can_be_certified_a_test_is_skipped(report, no_number, outcome):  # noqa: F811
    row = changed(report.result.rows[0], checked=0, no_number=no_number, out_of_range=7, rejected=0)
    suite = read(changed(report.result, columns=report.result.columns[:1], rows=[row], rejections=[]))["numpy"]
    ((_, found),) = outcomes(suite).items()
    assert (found is None) == (outcome is None)
    assert found is None or found.tag == outcome


@given(st.text(max_size=30))
def test_whatever_a_column_says_is_text(said):
    columns = [result.Column(f"a{said}", "not judged", f"says {said}")]
    reference = result.read("reports/reference/result.json")
    (suite,) = read(changed(reference, columns=columns, rows=[], rejections=[])).values()
    (error,) = outcomes(suite).values()
    assert error.text == f"says {visible(said)}"
