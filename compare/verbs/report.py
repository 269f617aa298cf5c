"""`fourfold report`."""

from compare import agree, options, suites
from compare.options import Drawing, Suite, Training
from compare.terminal import err, out
from compare.verbs.agree import judge, print_result, write


def report(
    *,
    training: Training = Training(),
    suite_: Suite = Suite(),
    drawing: Drawing = Drawing(),
):
    """Run the agreement suite and write its report: index.html (one file to send), report.md, result.json, arrays.

    Example: fourfold report --seeds 5 --out /tmp/report
    """
    from reports import proofs, render, store  # matplotlib is not for the other verbs

    grid, curves = options.grid(drawing.resolution, drawing.extent), options.activations(drawing.curves)
    store.check_writable(drawing.out)
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
    store.write_folder(drawing.out, {**contents, **render.pages(found)})
    if suite_.json != "-":
        print_result(outcome)
        out.print(f"Report: {drawing.out}/index.html", markup=False)
    write(suite_, outcome, contents["result.json"])
    return outcome.exit_code()
