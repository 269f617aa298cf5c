"""Brings README.md and the schema up to date with their sources: `python -m fourfold.reports.readme`.

A block between `<!-- KIND WHAT -->` and `<!-- end -->` is made anew: `source FILE FUNCTION`, `verdict FILE`, or
`bench FILE`.
"""

import ast
import re
from io import StringIO
from pathlib import Path

import msgspec
from rich.console import Console

from fourfold.compare.bench import record, words
from fourfold.compare.bench.goals import goals
from fourfold.compare.results import result, tables
from fourfold.compare.results import words as show
from fourfold.compare.system import files

ROOT = Path(__file__).parent.parent
BLOCK = re.compile(r"(<!-- (source|verdict|bench) (.*?) -->\n).*?(<!-- end -->)", re.DOTALL)


def refreshed(text):
    """README.md's text with every block made anew."""
    return BLOCK.sub(_made, text)


def _made(block):
    start, kind, what, end = block.groups()
    make = {"source": _source, "verdict": _verdict, "bench": _bench}[kind]
    return start + make(*what.split()) + end


def _source(file, function):
    text = (ROOT / file).read_text()
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef) and node.name == function:
            return f"\n```python\n{ast.get_source_segment(text, node)}\n```\n\n"
    raise LookupError(f"{file} has no function {function}")


def _verdict(file):
    outcome = result.read(ROOT / file)
    return _printed(*show.rich_tables(_first_case(outcome), "float64"), "", show.verdict(outcome))


def _bench(file):
    if not (ROOT / file).is_file():
        return "Not measured yet.\n"
    measured = record.read(ROOT / file)
    paces, *_ = words.tables(measured)
    wanted = goals(measured)
    missed = [f"  {g.what}: {g.required}, measured {g.measured}" for g in wanted if not g.met]
    reached = f"{len(wanted) - len(missed)} of {len(wanted)} goals met{'; not met:' if missed else '.'}"
    return _printed(tables.grid(*paces), "", reached, *missed, "", *words.conditions(measured))


def _printed(*parts):
    text = StringIO()
    console = Console(file=text, width=120)
    for part in parts:
        console.print(part, markup=False, highlight=False, soft_wrap=isinstance(part, str))
    lines = "\n".join(map(str.rstrip, text.getvalue().splitlines()))
    return f"```text\n{lines}\n```\n"


def _first_case(outcome):
    first = outcome.settings[0]
    rows = [row for row in outcome.rows if row.case == first.name]
    rejections = [rejection for rejection in outcome.rejections if rejection.case == first.name]
    return msgspec.structs.replace(outcome, settings=[first], rows=rows, rejections=rejections)


def main():
    readme = ROOT / "README.md"
    files.write_whole(readme, refreshed(readme.read_text()).encode())
    files.write_whole(ROOT / "reports" / "result.schema.json", result.schema())


if __name__ == "__main__":
    main()
