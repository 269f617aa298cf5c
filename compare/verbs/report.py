"""`fourfold report`."""

from dataclasses import replace
from pathlib import Path

from compare import agree, options, result, show_diff, suites
from compare.bench import record
from compare.errors import UsageError
from compare.options import Drawing, Suite, Training
from compare.terminal import browse, err, out, write_json
from compare.verbs import diff
from compare.verbs.agree import judge, print_result, write


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
    from reports import proofs, render, store  # matplotlib is not for the other verbs

    grid, curves = options.grid(drawing.resolution, drawing.extent), options.activations(drawing.curves)
    store.check_writable(drawing.out)
    kept = Path(drawing.out) / "bench.json"
    measured = drawing.bench or (kept if kept.is_file() else None)
    measured = measured and record.read(measured)
    outcome, arrays, case = judge(training, suite_, grid, curves)
    weights = dict(zip(agree.parameter_names(case.weights, case), case.weights, strict=True))
    inputs = {"X": case.X, "Y": case.Y, **weights, "grid": grid}
    found = store.Report(outcome, inputs, arrays, {})
    proved = {}
    for drawn in (case, *suites.curves(case, curves)):
        more, reason = proofs.curves(found, drawn)
        proved |= more
        if reason:
            err.print(f"No proved loss curve of {drawn.name}: {reason}.", markup=False)
    found = found._replace(proved=proved)
    contents = store.files(found)
    if measured:
        contents["bench.json"] = result.encode(measured)
    if suite_.json != "-":
        print_result(outcome)
    try:
        store.write_folder(drawing.out, {**contents, **render.pages(found, measured)})
    finally:
        write(suite_, outcome, contents["result.json"])
    if suite_.json != "-":
        out.print(f"Report: {drawing.out}/index.html", markup=False)
    if drawing.open:
        browse(f"{drawing.out}/index.html")
    return outcome.exit_code()


def _compared(a, b, training, suite_, drawing):
    """The page of a `diff`."""
    from reports import compared, store

    asked = training, suite_, replace(drawing, out=Drawing.out, open=False, compare=None)
    if asked != (Training(), Suite(json=suite_.json), Drawing()):
        raise UsageError("--compare shows two reports that are there: only --out, --open and --json go with it.")
    folder = "reports/out/compared" if drawing.out == Drawing.out else drawing.out
    store.check_writable(folder, compared.strange)
    found = diff.compared(a, b)
    contents = compared.pages(found)
    store.write_folder(folder, contents, compared.strange)
    if suite_.json != "-":
        out.print(f"{show_diff.verdict(found)}\nComparison: {folder}/index.html", markup=False)
    write_json(suite_.json, contents["diff.json"])
    if drawing.open:
        browse(f"{folder}/index.html")
    return found.exit_code()
