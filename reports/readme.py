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
from fourfold.compare.results import result
from fourfold.compare.results import words as show
from fourfold.compare.system import files

ROOT = Path(__file__).parent.parent
BLOCK = re.compile(r"(<!-- (source|verdict|bench) (.*?) -->\n).*?(<!-- end -->)", re.DOTALL)


def refreshed(text):
    """README.md's text with every block made anew."""
    make = {"source": _source, "verdict": _verdict, "bench": _bench}
    return BLOCK.sub(lambda m: m[1] + make[m[2]](*m[3].split()) + m[4], text)


def _source(file, function):
    text = (ROOT / file).read_text()
    node = next(n for n in ast.parse(text).body if isinstance(n, ast.FunctionDef) and n.name == function)
    return f"\n```python\n{ast.get_source_segment(text, node)}\n```\n\n"


def _verdict(file):
    found = _first_case(result.read(ROOT / file))
    return _printed(*show.rich_tables(found, "float64"), "", show.verdict(found))


def _bench(file):
    if not (ROOT / file).is_file():
        return "Not measured yet.\n"
    found = record.read(ROOT / file)
    paces, *_ = words.tables(found)
    wanted = goals(found)
    missed = "\n".join(f"  {g.what}: {g.required}, measured {g.measured}" for g in wanted if not g.met)
    reached = f"{sum(g.met for g in wanted)} of {len(wanted)} goals met{'; not met:' if missed else '.'}"
    return _printed(show.grid(*paces), "", reached, *([missed] if missed else []), "", *words.conditions(found))


def _printed(*parts):
    text = StringIO()
    console = Console(file=text, width=120)
    for part in parts:
        console.print(part, markup=False, highlight=False, soft_wrap=isinstance(part, str))
    lines = [line.rstrip() for line in text.getvalue().splitlines()]
    return "```text\n" + "\n".join(lines) + "\n```\n"


def _first_case(found):
    first, *_ = found.settings
    of_first = lambda things: [thing for thing in things if thing.case == first.name]
    return msgspec.structs.replace(
        found, settings=[first], rows=of_first(found.rows), rejections=of_first(found.rejections)
    )


def main():
    readme = ROOT / "README.md"
    files.write_whole(readme, refreshed(readme.read_text()).encode())
    files.write_whole(ROOT / "reports" / "result.schema.json", result.schema())


if __name__ == "__main__":
    main()
