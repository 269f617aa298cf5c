"""`fourfold report`."""

from hashlib import sha256
from pathlib import Path

from fourfold.compare.bench import record
from fourfold.compare.cases import suites
from fourfold.compare.cases.data import square_grid
from fourfold.compare.commands import options
from fourfold.compare.commands.agree import judge, show, write
from fourfold.compare.commands.options import Begun, Drawing, Suite
from fourfold.compare.commands.terminal import browse, err, out
from fourfold.compare.judge.quantities import parameter_names
from fourfold.compare.results import repro, result


def report(
    *,
    training: Begun = Begun(),
    suite_: Suite = Suite(),
    drawing: Drawing = Drawing(),
):
    """Judge every column as `fourfold agree` does, and write a report: one page to send, and the data behind it.

    Example: fourfold report --seeds 5 --out /tmp/report --open
    """
    from fourfold.compare.agreement.distances import distances
    from fourfold.compare.agreement.walk import standstills
    from fourfold.compare.results import report_folder
    from fourfold.reports.drawing import Artist

    grid, curves = square_grid(drawing.resolution, drawing.extent), options.activations(drawing.curves)
    report_folder.check_writable(drawing.out)
    measured = _measured(drawing)
    outcome, arrays, case = judge(training, suite_, grid, curves)
    weights = dict(zip(parameter_names(len(case.activations), len(case.weights)), case.weights, strict=True))
    inputs = {"X": case.X, "Y": case.Y, **weights, "grid": grid}
    with Artist() as artist:
        made = report_folder.Report(outcome, inputs, arrays, {})
        descents = () if case.update else (case, *suites.curves(case, curves))  # what is proved is plain descent
        made = _with_proofs(made, descents, artist.draw)
        contents = report_folder.files(made)
        if measured:
            contents["bench.json"] = result.encode(measured)
        script = repro.script(outcome.rejections)
        if script:
            contents["repro.py"] = script.encode(errors="backslashreplace")
        if suite_.json != "-":
            show(outcome, suite_.ulp, f"{drawing.out}/repro.py" if script else "", suite_.details)
        try:
            from fourfold.reports import render  # matplotlib is slow to import, and not for the other commands

            still = {} if case.update else standstills(case, outcome.settings[0].dtypes)
            digest = sha256(contents["result.json"]).hexdigest()
            contents |= render.pages(made, distances(made), measured, digest, artist, still)
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


def _with_proofs(made, cases, side_by_side):
    """A Report with the proved loss curves of all cases that have one; `side_by_side` does the work."""
    from fourfold.compare.agreement.proved_curves import curves

    proved = {}
    for case in cases:
        more, reason = curves(made, case, side_by_side)
        proved |= more
        if reason:
            err.print(f"No proved loss curve of {case.name}: {reason}.", markup=False)
    return made._replace(proved=proved)
