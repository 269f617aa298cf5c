"""`fourfold report`."""

from dataclasses import replace
from pathlib import Path

from fourfold.compare.bench import record
from fourfold.compare.cases import suites
from fourfold.compare.cases.case import square_grid
from fourfold.compare.commands import diff, options
from fourfold.compare.commands.agree import judge, print_result, write
from fourfold.compare.commands.options import Drawing, Suite, Training
from fourfold.compare.commands.terminal import browse, err, out, write_json
from fourfold.compare.errors import UsageError
from fourfold.compare.judge.quantities import parameter_names
from fourfold.compare.results import diff_words, result


def report(
    *,
    training: Training = Training(),
    suite_: Suite = Suite(),
    drawing: Drawing = Drawing(),
):
    """Run the agreement suite and write its report: index.html (one file to send), report.md, result.json, arrays.

    Example: fourfold report --seeds 5 --out /tmp/report --open
    """
    if drawing.compare:
        return _compared(*drawing.compare, training, suite_, drawing)
    from fourfold.compare.agreement import proved_curves
    from fourfold.compare.results import report_folder  # matplotlib is not for the other verbs
    from fourfold.reports import render

    grid, curves = square_grid(drawing.resolution, drawing.extent), options.activations(drawing.curves)
    report_folder.check_writable(drawing.out)
    kept = Path(drawing.out) / "bench.json"
    measured = drawing.bench or (kept if kept.is_file() else None)
    measured = measured and record.read(measured)
    outcome, arrays, case = judge(training, suite_, grid, curves)
    weights = dict(zip(parameter_names(case.weights, case), case.weights, strict=True))
    inputs = {"X": case.X, "Y": case.Y, **weights, "grid": grid}
    found = report_folder.Report(outcome, inputs, arrays, {})
    proved = {}
    for drawn in (case, *suites.curves(case, curves)):
        more, reason = proved_curves.curves(found, drawn)
        proved |= more
        if reason:
            err.print(f"No proved loss curve of {drawn.name}: {reason}.", markup=False)
    found = found._replace(proved=proved)
    contents = report_folder.files(found)
    if measured:
        contents["bench.json"] = result.encode(measured)
    if suite_.json != "-":
        print_result(outcome)
    try:
        report_folder.write_folder(drawing.out, {**contents, **render.pages(found, measured)})
    finally:
        write(suite_, outcome, contents["result.json"])
    if suite_.json != "-":
        out.print(f"Report: {drawing.out}/index.html", markup=False)
    if drawing.open:
        browse(f"{drawing.out}/index.html")
    return outcome.exit_code()


def _compared(a, b, training, suite_, drawing):
    """The page of a `diff`."""
    from fourfold.compare.results import report_folder
    from fourfold.reports import compared

    asked = training, suite_, replace(drawing, out=Drawing.out, open=False, compare=None)
    if asked != (Training(), Suite(json=suite_.json), Drawing()):
        raise UsageError("--compare shows two reports that are there: only --out, --open and --json go with it.")
    folder = "reports/out/compared" if drawing.out == Drawing.out else drawing.out
    report_folder.check_writable(folder, compared.strange)
    found = diff.compared(a, b)
    contents = compared.pages(found)
    report_folder.write_folder(folder, contents, compared.strange)
    if suite_.json != "-":
        out.print(f"{diff_words.verdict(found)}\nComparison: {folder}/index.html", markup=False)
    write_json(suite_.json, contents["diff.json"])
    if drawing.open:
        browse(f"{folder}/index.html")
    return found.exit_code()
