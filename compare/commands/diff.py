"""`fourfold diff`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from cyclopts import Group, Parameter

from fourfold.compare.commands import upgraded
from fourfold.compare.commands.options import FILES, JUDGED, Asked, Begun, Json
from fourfold.compare.commands.terminal import browse, out, write_json
from fourfold.compare.errors import UsageError, visible
from fourfold.compare.results import diff as d
from fourfold.compare.results import diff_words, report_folder, result

UPGRADE = Group("An upgrade", sort_key=0.5)
A_REPORT = "A report's folder, its result.json, or an .npz file in its arrays."


@Parameter(name="*", group=JUDGED)
@dataclass(frozen=True)
class AskedOfBoth(Asked):
    """Who is judged, and on how much, in both environments."""

    impl: str | None = None
    "Columns to judge, comma-separated. Default: NumPy's, and those of the frameworks that are on both sides."


def diff(
    a: Annotated[str | None, Parameter(help=A_REPORT)] = None,
    b: Annotated[str | None, Parameter(help="The other one.")] = None,
    /,
    *,
    with_: Annotated[list[str] | None, Parameter(name="--with", group=UPGRADE, negative=())] = None,
    environments: Annotated[bool, Parameter(group=UPGRADE)] = False,
    remove_environments: Annotated[bool, Parameter(group=UPGRADE)] = False,
    training: Begun = Begun(),
    asked: AskedOfBoth = AskedOfBoth(),
    to: Annotated[str | None, Parameter(name="--out", group=FILES)] = None,
    open: Annotated[bool, Parameter(group=FILES)] = False,
    json: Json = None,
):
    """Compare two reports: what moved after an upgrade, or on another machine, and is it still right?

    Give --with twice to have both reports made, each in an environment of its
    own, which is kept for the next time. What is judged there, and on how much,
    is chosen as for fourfold agree.

    Exit code 1 means that a column is wrong in A or in B, or that two numbers
    computed from the same weights are farther apart than both limits together.

    Example: fourfold diff reports/out/before reports/out/after --out moved

    Example: fourfold diff --with jax==0.5.3 --with jax==0.10.2 --seeds 3

    Parameters
    ----------
    with_
        Given twice: what pip installs for A, then for B. A requirement, several, files, or "this" for what is here.
    environments
        List the environments that are kept, with their size.
    remove_environments
        Remove them.
    to
        Folder for a page that shows what moved.
    open
        Open that page in the browser.
    json
        Write the comparison as JSON to this file; - means standard output.
    """
    if environments or remove_environments:
        return upgraded.kept(remove_environments)
    installed = []
    if with_:
        if a is not None:
            raise UsageError("diff compares two reports, or what two --with install: not both at once.")
        made = upgraded.reports(with_, training, asked)
        a, b, installed = made.a, made.b, made.installed
        to = to or made.page
    elif (training, asked) != (Begun(), AskedOfBoth()):
        raise UsageError("Two reports are compared as they are: options of what is judged go with --with.")
    if a is None or b is None:
        raise UsageError("diff takes two reports: fourfold diff before after. Or two versions: --with twice.")
    if open and to is None:
        raise UsageError("--open opens the page: say with --out where it goes.")
    if to is not None:
        from fourfold.reports import compared  # matplotlib is not for those who only read

        report_folder.check_writable(to, compared.strange)
    difference = d.with_more(_compared(a, b), installed)
    if json != "-":
        _print(difference)
    if to is not None:
        report_folder.write_folder(to, compared.pages(difference), compared.strange)
        if json != "-":
            out.print(f"Page: {to}/index.html", markup=False)
    write_json(json, result.encode(difference))
    if open:
        browse(f"{to}/index.html")
    return difference.exit_code()


def _compared(a, b):
    """The Diff of what two paths name. Raises UsageError."""
    (side_a, key_a), (side_b, key_b) = _read(a), _read(b)
    if key_a and key_b and key_a != key_b:
        raise UsageError(f"{a} and {b} are not of the same column, case and precision.")
    return d.diff(side_a, side_b, (a, b), key_a or key_b)


def _read(text):
    """((Result, arrays), the key of the one column named or None)."""
    path = Path(text)
    if path.suffix == ".npz":
        path = path.absolute()
        folder = path.parent.parent
        if not path.is_file():
            raise UsageError(f"There is no file {text}.")
        if path.parent.name != "arrays" or not (folder / "result.json").is_file():
            raise UsageError(f"{text} is not in a report: give the report's folder, or an .npz in its arrays.")
        report = report_folder.load(folder, f"arrays/{path.name}")
        return _judged(report), next(iter(report.arrays))
    if path.is_dir():
        if not (path / "result.json").is_file():
            raise UsageError(f"{text} is not a report: there is no result.json in it.")
        return _judged(report_folder.load(path)), None
    if path.name == "result.json" and (path.parent / "arrays").is_dir():
        return _judged(report_folder.load(path.parent)), None
    return (result.read(path), {}), None


def _judged(report):
    return report.result, report.arrays


def _print(difference):
    colour = "green" if difference.exit_code() == 0 else "red" if difference.exit_code() == 1 else "yellow"
    out.print(visible(diff_words.headline(difference), newlines=True), style=f"bold {colour}", markup=False)
    _say(
        *diff_words.unmoved(difference),
        *diff_words.first_wrong(difference),
        f"A {difference.a}",
        f"B {difference.b}",
        *diff_words.environment(difference),
        *diff_words.missing(difference),
    )
    for dtype in diff_words.dtypes(difference):
        out.print("", diff_words.rich_table(difference, dtype))
    _say("", *diff_words.drifts(difference), *diff_words.inputs(difference))


def _say(*lines):
    """Prints lines whose words may come from somebody else's file."""
    for line in lines:
        out.print(visible(line, newlines=True), markup=False)
