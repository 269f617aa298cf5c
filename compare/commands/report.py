"""`fourfold report`."""

from dataclasses import replace
from hashlib import sha256
from pathlib import Path

from fourfold.compare.bench import record
from fourfold.compare.cases import suites
from fourfold.compare.cases.data import square_grid
from fourfold.compare.commands import diff, options
from fourfold.compare.commands.agree import judge, show, write
from fourfold.compare.commands.options import Drawing, Suite, Training
from fourfold.compare.commands.terminal import browse, err, out, write_json
from fourfold.compare.errors import UsageError
from fourfold.compare.judge.quantities import parameter_names
from fourfold.compare.results import diff_words, result, words


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
    from fourfold.compare.agreement.distances import distances
    from fourfold.compare.results import report_folder
    from fourfold.reports import render  # matplotlib is not for the other verbs

    grid, curves = square_grid(drawing.resolution, drawing.extent), options.activations(drawing.curves)
    report_folder.check_writable(drawing.out)
    measured = _measured(drawing)
    outcome, arrays, case = judge(training, suite_, grid, curves)
    weights = dict(zip(parameter_names(len(case.activations), len(case.weights)), case.weights, strict=True))
    inputs = {"X": case.X, "Y": case.Y, **weights, "grid": grid}
    made = _with_proofs(report_folder.Report(outcome, inputs, arrays, {}), (case, *suites.curves(case, curves)))
    contents = report_folder.files(made)
    if measured:
        contents["bench.json"] = result.encode(measured)
    script = words.repro(outcome.rejections)
    if script:
        contents["repro.py"] = script.encode(errors="backslashreplace")
    if suite_.json != "-":
        show(outcome, suite_.ulp, f"{drawing.out}/repro.py" if script else "")
    try:
        contents |= render.pages(made, distances(made), measured, sha256(contents["result.json"]).hexdigest())
        report_folder.write_folder(drawing.out, contents)
    finally:
        write(suite_, outcome, contents["result.json"])
    if suite_.json != "-":
        out.print(f"Report: {drawing.out}/index.html", markup=False)
    if drawing.open:
        browse(f"{drawing.out}/index.html")
    return outcome.exit_code()


def _measured(drawing):
    """The record of a benchmark that is asked for, or that an earlier report in the folder has; or None."""
    kept = Path(drawing.out) / "bench.json"
    if drawing.bench or kept.is_file():
        return record.read(drawing.bench or kept)
    return None


def _with_proofs(made, cases):
    """A Report with the proved loss curves of all cases that have one."""
    from fourfold.compare.agreement.proved_curves import curves

    proved = {}
    for case in cases:
        more, reason = curves(made, case)
        proved |= more
        if reason:
            err.print(f"No proved loss curve of {case.name}: {reason}.", markup=False)
    return made._replace(proved=proved)


def _compared(a, b, training, suite_, drawing):
    """The page of a `diff`."""
    from fourfold.compare.results import report_folder
    from fourfold.reports import compared

    asked = training, suite_, replace(drawing, out=Drawing.out, open=False, compare=None)
    if asked != (Training(), Suite(json=suite_.json), Drawing()):
        raise UsageError("--compare shows two reports that are there: only --out, --open and --json go with it.")
    folder = "reports/out/compared" if drawing.out == Drawing.out else drawing.out
    report_folder.check_writable(folder, compared.strange)
    outcome = diff.compared(a, b)
    contents = compared.pages(outcome)
    report_folder.write_folder(folder, contents, compared.strange)
    if suite_.json != "-":
        out.print(f"{diff_words.verdict(outcome)}\nComparison: {folder}/index.html", markup=False)
    write_json(suite_.json, contents["diff.json"])
    if drawing.open:
        browse(f"{folder}/index.html")
    return outcome.exit_code()
