"""Makes documents, the README's matrix and the schema anew from their sources: `python -m fourfold.reports.readme`.

A block between `<!-- KIND WHAT -->` and `<!-- end -->` is made anew: `source FILE FUNCTION`, `answer FILE`,
`bench FILE`, or `conventions table`.
"""

import ast
import re
from io import StringIO
from pathlib import Path

from rich.console import Console

from fourfold.compare.bench import record, words
from fourfold.compare.bench.goals import goals
from fourfold.compare.results import result, tables
from fourfold.compare.results import words as show
from fourfold.compare.results.optimizer_table import conventions_table
from fourfold.compare.system import files
from fourfold.reports import pictures
from fourfold.reports.pictures.matrix import matrix

ROOT = Path(__file__).parent.parent
BLOCK = re.compile(r"(<!-- (source|answer|bench|conventions) (.*?) -->\n).*?(<!-- end -->)", re.DOTALL)


DOCUMENTS = ("README.md", "compare/bench/README.md", "impls/optimizers/README.md")
MATRIX = "reports/reference/matrix.svg"


def matrix_svg():
    """The bytes of the README's picture of the reference result."""
    return pictures.in_file(matrix(result.read(ROOT / "reports/reference/result.json")).svg).encode()


def refreshed(text):
    """A document's text with every block made anew."""
    return BLOCK.sub(_made, text)


def _made(block):
    start, kind, what, end = block.groups()
    make = {"source": _source, "answer": _answer, "bench": _bench, "conventions": _conventions}[kind]
    return start + make(*what.split()) + end


def _source(file, function):
    text = (ROOT / file).read_text()
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef) and node.name == function:
            return f"\n```python\n{ast.get_source_segment(text, node)}\n```\n\n"
    raise LookupError(f"{file} has no function {function}")


def _answer(file):
    outcome = result.read(ROOT / file)
    checked, wrong = show.numbers(outcome)
    answer = "Yes" if outcome.exit_code() == 0 else "No"
    return f"**Same gradients? {answer}: {checked:,} numbers checked against exact values, {wrong:,} wrong.**\n"


def _bench(file):
    if not (ROOT / file).is_file():
        return "Not measured yet.\n"
    measured = record.read(ROOT / file)
    paces, *_ = words.tables(measured)
    wanted = goals(measured)
    missed = [f"  {g.what}: {g.required}, measured {g.measured}" for g in wanted if not g.met]
    reached = f"{len(wanted) - len(missed)} of {len(wanted)} goals met{'; not met:' if missed else '.'}"
    return _printed(tables.grid(*paces), "", reached, *missed, "", *words.conditions(measured))


def _conventions(_):
    headings, lines = conventions_table()
    rows = [headings, ["---"] * len(headings), *lines]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _printed(*parts):
    text = StringIO()
    console = Console(file=text, width=120)
    for part in parts:
        console.print(part, markup=False, highlight=False, soft_wrap=isinstance(part, str))
    lines = "\n".join(map(str.rstrip, text.getvalue().splitlines()))
    return f"```text\n{lines}\n```\n"


def main():
    for document in DOCUMENTS:
        files.write_whole(ROOT / document, refreshed((ROOT / document).read_text()).encode())
    files.write_whole(ROOT / MATRIX, matrix_svg())
    files.write_whole(ROOT / "reports" / "result.schema.json", result.schema())


if __name__ == "__main__":
    main()
