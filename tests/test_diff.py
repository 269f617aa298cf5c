"""`fourfold diff`: planted changes are found, movement within the limits is no fault, bad input gets one sentence."""

import hashlib
import importlib.metadata
import io
import json
import re
import shutil
import types
import zipfile

import msgspec
import numpy as np
import pytest

from fourfold.compare.agreement.certify import certify
from fourfold.compare.cases.case import make_case
from fourfold.compare.cases.data import square_grid
from fourfold.compare.columns.questions import WHOLE
from fourfold.compare.commands.diff import diff as verb
from fourfold.compare.errors import UsageError
from fourfold.compare.mistakes import planted
from fourfold.compare.results import diff_words, environment, report_folder, result
from fourfold.compare.results.diff import diff, same_bits, share_of, ulps_apart
from fourfold.impls.two_layer import numpy_impl
from tests.conftest import Here
from tests.test_cli import command, said

DTYPES = ("float64", "float32")
REWRITTEN = planted.load("numpy", "sigmoid by tanh")  # right where nothing is saturated, as here
KEY = ("numpy", "xor", "float64")


def made(module, able=WHOLE, **settings):
    """A Report on a module, or on some of its functions, under the name numpy."""
    case = make_case(**{"data": "xor", "activation": "sigmoid", "lr": 0.5, "steps": 40, "hidden": 3} | settings)
    grid = square_grid(3, "0,1")
    with pytest.MonkeyPatch.context() as patch:
        here = Here(patch, module)
        found = {dtype: certify(here, "numpy", case, dtype, lambda n: None, grid, able=able) for dtype in DTYPES}
    rejections = [e.rejection for e in found.values() if e.rejection]
    outcome = result.Result(
        schema_version=result.SCHEMA_VERSION,
        created="2026-01-01T00:00:00+00:00",
        settings=[environment.setting(case, DTYPES)],
        environment=environment.environment(["numpy"], DTYPES, "fourfold report"),
        columns=[result.Column("numpy", "disagrees" if rejections else "agrees", "", judged=[*able.functions])],
        rows=[row for e in found.values() for row in e.rows],
        rejections=rejections,
        seconds={},
    )
    inputs = {"X": case.X, "Y": case.Y, "W1": case.W1, "W2": case.W2, "grid": grid}
    arrays = {("numpy", case.name, dtype): e.arrays for dtype, e in found.items()}
    return report_folder.Report(outcome, inputs, arrays, {})


@pytest.fixture(scope="module")
def before():
    return made(numpy_impl, seeds=range(2))


@pytest.fixture(scope="module")
def after():
    return made(REWRITTEN, seeds=range(2))


@pytest.fixture
def folder(before, tmp_path):
    """A written report, to be damaged."""
    return written(before, tmp_path / "report")


def with_gradients(module):
    """A module that shows its gradients as a user's does."""

    def gradients(*question):
        trace = module.trace(*question)
        return trace.L, trace.dL_dW1, trace.dL_dW2

    return types.SimpleNamespace(**vars(module), gradients=gradients)


def written(report, path):
    report_folder.write_folder(path, report_folder.files(report))
    return path


def between(a, b):
    return diff((a.result, a.arrays), (b.result, b.arrays), ("A", "B"))


def with_arrays(report, **arrays):
    return report._replace(arrays=report.arrays | {KEY: report.arrays[KEY] | arrays})


def with_result(report, **fields):
    return report._replace(result=msgspec.structs.replace(report.result, **fields))


def test_a_report_is_read_back_as_it_was_written(before, folder):
    back = report_folder.load(folder)
    assert back.result == msgspec.structs.replace(before.result, arrays=back.result.arrays)
    for stored, kept in [(back.inputs, before.inputs), *((back.arrays[key], a) for key, a in before.arrays.items())]:
        assert stored.keys() == kept.keys()
        assert all(stored[k].dtype == kept[k].dtype and (stored[k] == kept[k]).all() for k in kept)


def test_a_result_and_itself_have_the_same_bits(before):
    found = between(before, before)
    assert found.exit_code() == 0
    assert found.environment == []
    assert not any(m.moved or float(m.ulps) or float(m.share) for m in found.movements)
    assert [d.differs_at for d in found.drifts] == [None, None]
    assert [d.same_until for d in found.drifts] == [40, 40]
    assert diff_words.verdict(found).startswith("SAME BITS: numpy")


def test_another_correct_evaluation_moves_within_bounds(before, after):
    found = between(before, after)
    assert found.exit_code() == 0
    moved = {m.quantity for m in found.movements if m.moved and m.dtype == "float64"}
    assert "A" in moved
    assert "H" not in moved
    assert all(float(m.ulps) > 0 and 0 < float(m.share) <= 1 for m in found.movements if m.moved)
    assert all(d.differs_at is not None and float(d.weights) > 0 for d in found.drifts)
    assert diff_words.verdict(found).startswith("MOVED WITHIN BOUNDS: numpy")


@pytest.mark.parametrize(("of_both_limits", "code"), [(0.98, 0), (1.02, 1)])
def test_numbers_farther_apart_than_both_limits_are_beyond(before, of_both_limits, code):
    H, limit = (before.arrays[KEY][f"{key}_H"] for key in ("trace", "limit"))
    moved = H.copy()
    at = np.unravel_index(np.argmax(limit / np.spacing(np.abs(H))), H.shape)
    limit = limit.copy()
    limit[at] *= 2**20  # so that both sides of it can be represented
    moved[at] += of_both_limits * 2 * limit[at]
    a, b = with_arrays(before, limit_H=limit), with_arrays(before, limit_H=limit, trace_H=moved)
    found = between(a, b)
    assert found.exit_code() == code
    assert [(m.quantity, m.moved, m.beyond) for m in found.movements if m.moved] == [("H", 1, code == 1)]
    assert ("numpy (first H, xor, float64)" in diff_words.verdict(found)) == (code == 1)


def test_one_side_beyond_its_own_limit_is_beyond(before):
    wrong = made(planted.load("numpy", "sign of the residual"), seeds=range(2))
    for a, b, sentence in [
        (before, wrong, "WRONG IN B: numpy from R (E4) on; A was right."),
        (wrong, before, "WRONG IN A: numpy from R (E4) on; B is right."),
        (wrong, wrong, "WRONG IN A AND B: numpy from R (E4) on."),
    ]:
        found = between(a, b)
        assert found.exit_code() == 1
        assert diff_words.verdict(found) == sentence


def test_a_column_that_only_one_side_has_is_wrong_there_all_the_same(before):
    wrong = made(planted.load("numpy", "sign of the residual"), seeds=range(2)).result
    rejection = msgspec.structs.replace(wrong.rejections[0], column="mine")
    more = with_result(
        before,
        columns=[*before.result.columns, result.Column("mine", "disagrees", "")],
        rejections=[rejection],
    )
    found = between(before, more)
    assert found.exit_code() == 1
    assert diff_words.verdict(found) == "WRONG IN B: mine from R (E4) on; A has no such column."
    assert "Right in A: numpy. Right in B: numpy." in diff_words.first_wrong(found)
    assert diff_words.headline(between(more, before)).endswith("; B has no such column.")
    missing = with_result(before, columns=[*before.result.columns, result.Column("mine", "not judged", "mine raised")])
    assert diff_words.headline(between(missing, more)).endswith("; in A it was not judged.")


def test_a_column_rejected_for_its_form_is_beyond(before):
    short = made(planted.changed("numpy", "W2 - lr * T.dL_dW2, T.L", "W2 - lr * T.dL_dW2, T.L[:1]"), seeds=range(2))
    assert short.result.rejections
    found = between(before, short)
    assert found.exit_code() == 1
    assert diff_words.verdict(found) == "WRONG IN B: numpy from L (E5) on; A was right."


@pytest.mark.parametrize(("quantity", "position"), [("W1", 7), ("L", 0), ("W2_final", None)])
def test_the_first_recorded_step_with_another_bit_is_found(before, quantity, position):
    Z = before.arrays[KEY][quantity].copy()
    entry = Z if position is None else Z[position]
    entry.flat[-1] = np.nextafter(entry.flat[-1], 9)
    drift = between(before, with_arrays(before, **{quantity: Z})).drifts[0]
    steps = [*before.arrays[KEY]["step"].tolist(), 40]
    n = len(steps) - 1 if position is None else position
    assert (drift.same_until, drift.differs_at) == (steps[n - 1] if n else None, steps[n])
    assert (float(drift.loss) > 0, float(drift.weights) > 0) == (quantity == "L", quantity != "L")


def test_what_changed_in_the_environment_comes_first(before):
    e = before.result.environment
    changed = {"versions": e.versions | {"numpy": "9.9"}, "variables": {"XLA_FLAGS": "--fast"}, "command": "other"}
    found = between(before, with_result(before, environment=msgspec.structs.replace(e, **changed)))
    told = {c.name: (c.a, c.b) for c in found.environment}
    assert told["numpy"] == (e.versions["numpy"], "9.9")
    assert told["XLA_FLAGS"] == (None, "--fast")
    assert set(told) == {"numpy", "XLA_FLAGS", *e.variables}
    assert any("9.9" in line for line in diff_words.environment(found))


def test_what_the_processes_of_columns_had_is_compared(before):
    def had(**seen):
        e = msgspec.structs.replace(before.result.environment, processes={"numpy": seen} if seen else {})
        return with_result(before, environment=e)

    found = between(had(scipy="1.14", BLAS="openblas"), had(scipy="1.15", BLAS="openblas"))
    assert [(c.name, c.a, c.b) for c in found.environment] == [("numpy: scipy", "1.14", "1.15")]
    assert [c.name for c in found.processes] == ["numpy: scipy", "numpy: BLAS"]
    assert between(had(), had(scipy="1.15")).environment == []


def test_a_column_that_could_not_be_judged_is_said_and_counts(before):
    missing = with_result(
        before, columns=[result.Column("numpy", "not judged", "numpy was killed by SIGKILL")], rows=[]
    )
    found = between(before, missing._replace(arrays={}))
    assert found.exit_code() == 3
    assert "numpy was not judged in B: numpy was killed by SIGKILL." in diff_words.missing(found)
    assert diff_words.verdict(found) == "NOTHING COMPARED."


def test_columns_on_one_side_only_are_said(before):
    more = with_result(before, columns=[*before.result.columns, result.Column("torch", "agrees", "")])
    assert "Only in B: torch." in diff_words.missing(between(before, more))
    with pytest.raises(UsageError, match="no column in common"):
        between(before, with_result(before, columns=[result.Column("torch", "agrees", "")], rows=[]))


@pytest.mark.parametrize(
    ("settings", "what"),
    [
        ({"seeds": range(1, 3)}, "in case xor: first_seed 0 and 1"),
        ({"seeds": range(2), "lr": 0.25}, "in case xor: lr 0.5 and 0.25"),
        ({"seeds": range(2), "steps": 2}, "in case xor: steps 40 and 2"),
        ({"seeds": range(2), "activation": "tanh"}, "in case xor: activation sigmoid and tanh"),
    ],
)
def test_other_inputs_are_named(before, settings, what):
    with pytest.raises(UsageError, match=what):
        between(before, made(numpy_impl, **settings))


def test_other_cases_data_and_rows_are_named(before):
    (s,) = before.result.settings
    for change, what in [
        ({"settings": [msgspec.structs.replace(s, name="xnor")]}, "only one of them has xnor, xor"),
        (
            {"settings": [msgspec.structs.replace(s, inputs_sha256="0" * 64)]},
            r"inputs_sha256\) [0-9a-f]{12}… and 0{12}…",
        ),
        ({"rows": before.result.rows[1:]}, "B is not complete: it has no row for every L of numpy, xor, float64"),
    ]:
        with pytest.raises(UsageError, match=what):
            between(before, with_result(before, **change))


@pytest.mark.parametrize("dtype", DTYPES)
def test_ulps_apart_counts_representable_numbers(dtype):
    info = np.finfo(dtype)
    x = np.array([1.0, -1.0, info.max, 0.0, -info.tiny, np.nan, np.inf], dtype)
    with np.errstate(over="ignore"):
        up = np.nextafter(x, np.array(np.inf, dtype))
    assert ulps_apart(x, up).tolist() == [1, 1, 1, 1, 1, 0, 0]
    assert ulps_apart(up, x).tolist() == [1, 1, 1, 1, 1, 0, 0]
    least = info.smallest_subnormal
    assert ulps_apart(np.array([-least, 0.0, np.nan], dtype), np.array([least, -0.0, 1], dtype)).tolist() == [
        2,
        0,
        np.inf,
    ]
    assert same_bits(np.array([0.0, 1, np.nan], dtype), np.array([-0.0, 1, -np.nan], dtype)).tolist() == [
        False,
        True,
        True,
    ]


def test_share_of_a_limit():
    a, b = np.array([1.0, 1, 1, 1, np.nan, 1, 1]), np.array([1.0, 2, 2, 2, 1, 2, 1 + 2**-52])
    limit = np.array([0.0, 2, 1, 0, 1, np.nan, np.inf])
    assert share_of(a, b, limit).tolist() == [0, 0.5, 1, np.inf, np.inf, 0, 0]
    assert share_of(np.array([1.0]), np.array([1.1]), np.nextafter([1.1 - 1.0], 0))[0] > 1


def arrays_of(folder):
    return folder / "arrays" / "0-numpy-float64.npz"


def relist(folder, path):
    """Give result.json the hash of a file that was changed, as somebody who wants to deceive would."""
    found = result.read(folder / "result.json")
    name, sha256 = path.relative_to(folder).as_posix(), hashlib.sha256(path.read_bytes()).hexdigest()
    listed = msgspec.structs.replace(found, arrays=found.arrays | {name: sha256})
    (folder / "result.json").write_bytes(result.encode(listed))


def replace_member(name, content):
    """A damage: the member of an arrays' .npz is replaced (None: left out), and its hash is right."""

    def damage(folder):
        with zipfile.ZipFile(arrays_of(folder)) as archive:
            members = {m: archive.read(m) for m in archive.namelist()}
        members[name] = content
        with zipfile.ZipFile(arrays_of(folder), "w") as archive:
            for m in (m for m in members if members[m] is not None):
                archive.writestr(m, members[m])
        relist(folder, arrays_of(folder))

    return damage


def overwritten(content, listed=True):
    def damage(folder):
        arrays_of(folder).write_bytes(content)
        if listed:
            relist(folder, arrays_of(folder))

    return damage


def npy(Z, **how):
    stream = io.BytesIO()
    np.save(stream, Z, **how)
    return stream.getvalue()


def edited(old, new):
    def damage(folder):
        text = (folder / "result.json").read_text()
        assert old in text
        (folder / "result.json").write_text(text.replace(old, new, 1))

    return damage


def scaled_inputs(folder):
    inputs = report_folder.load(folder).inputs
    (folder / "inputs.npz").write_bytes(report_folder.npz(inputs | {"X": 2 * inputs["X"]}))
    relist(folder, folder / "inputs.npz")


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (shutil.rmtree, "Cannot read .*report: No such file"),
        (lambda folder: (folder / "result.json").unlink(), "is not a report: there is no result.json in it"),
        (lambda folder: (folder / "result.json").write_text("{"), "is not a result of fourfold"),
        (lambda folder: (folder / "result.json").write_text("[" * 10**6), "is not a result of fourfold"),
        (lambda folder: (folder / "result.json").write_bytes(b" " * (64 * 2**20 + 1)), "is larger than"),
        (edited('"schema_version": 1', '"schema_version": 2'), "has schema version 2; this fourfold reads version 1"),
        (edited('"steps": 40', '"steps": 10000000000000000000'), "not a result of fourfold|impossible sizes"),
        (edited('"samples": 4', '"samples": -4'), "impossible sizes in xor"),
        (edited('"steps": 40', '"steps": 4000'), r"L.npy is float64 \(25, 2\) where float64 \(206, 2\) is expected"),
        (
            edited('"worst_ulps": ', '"worst_ulps": "many", "_": '),
            "is not a result of fourfold: .*worst_ulps|many|enum",
        ),
        (edited('"inputs.npz"', '"outputs.npz"'), "lists no arrays: make the report again"),
        (edited("arrays/0-numpy-float64", "../0-numpy-float64"), "is not one of the arrays"),
        (lambda folder: arrays_of(folder).unlink(), "0-numpy-float64.npz is missing"),
        (overwritten(b"", listed=False), "was changed after the report was made"),
        (overwritten(b"PK no zip"), "does not hold the arrays of a fourfold report: File is not a zip file"),
        (overwritten(report_folder.npz({"X": np.zeros(3)})), "'X.npy' is not one of them"),
        (replace_member("H.txt", b"?"), "'H.txt' is not one of them"),
        (replace_member("trace_H.npy", None), "trace_H is missing"),
        (replace_member("trace_H.npy", b"\x93NUM"), "does not hold the arrays of a fourfold report"),
        (replace_member("trace_H.npy", npy(np.zeros((2, 4, 3)))[:-8]), "does not hold the arrays of a fourfold report"),
        (replace_member("trace_H.npy", npy(np.zeros((2, 4, 3), "f4"))), "trace_H.npy is float32 .* float64"),
        (replace_member("trace_H.npy", npy(np.zeros((2, 4, 4)))), r"\(2, 4, 4\) where float64 \(2, 4, 3\) is expected"),
        (
            replace_member("trace_H.npy", npy(np.array([{}]), allow_pickle=True)),
            "pickled Python objects, which are never",
        ),
        (scaled_inputs, "inputs.npz is not what .*result.json was computed from"),
    ],
)
def test_bad_input_gets_one_sentence(folder, damage, sentence):
    damage(folder)
    with pytest.raises(UsageError, match=sentence) as refused:
        verb(str(folder), str(folder))
    assert "\n" not in str(refused.value)


def test_a_file_that_is_no_result(tmp_path, folder):
    (tmp_path / "x.npz").write_bytes(report_folder.npz({"H": np.zeros(3)}))
    (tmp_path / "x.txt").write_text("H = 0")
    for name, sentence in [
        ("x.npz", "is not in a report"),
        ("y.npz", "There is no file"),
        ("x.txt", "is not a result of fourfold"),
        ("report/inputs.npz", "is not in a report"),
    ]:
        with pytest.raises(UsageError, match=sentence):
            verb(str(tmp_path / name), str(folder))


def test_one_npz_is_one_column_in_one_precision(before, after, tmp_path, capsys):
    a, b = (arrays_of(written(report, tmp_path / name)) for name, report in [("a", before), ("b", after)])
    assert verb(str(a), str(b.parent.parent)) == 0
    text = capsys.readouterr().out
    assert "float64: movement" in text
    assert "float32" not in text
    with pytest.raises(UsageError, match="not of the same column, case and precision"):
        verb(str(a), str(b.with_name("0-numpy-float32.npz")))


def test_without_arrays_the_shares_are_compared(before, folder, tmp_path, capsys):
    (tmp_path / "alone.json").write_bytes(result.encode(before.result))
    assert verb(str(tmp_path / "alone.json"), str(folder / "result.json")) == 0
    text = capsys.readouterr().out
    assert "No numbers of numpy are kept on both sides: only the shares of the limits are compared." in text
    assert "Whether bits moved is not known" in text


@pytest.mark.parametrize(
    ("functions", "same", "moved"),
    [
        (
            ("gradients", "step"),
            "SAME BITS: numpy; 40 numbers at the same weights; the trajectories do not part.",
            "MOVED WITHIN BOUNDS: numpy; .* of 40 numbers",
        ),
        (("gradients",), "SAME BITS: numpy; 40 numbers at the same weights.", "MOVED WITHIN BOUNDS: numpy; .* of 40 "),
        (("forward", "loss"), "SAME BITS: numpy; 132 numbers", "MOVED WITHIN BOUNDS: numpy; .* of 132 numbers"),
        (
            ("train",),
            "SAME BITS: numpy; the trajectories do not part.",
            "WITHIN BOUNDS on both .* The trajectories part.",
        ),
    ],
)
def test_of_a_column_in_part_the_bits_of_what_it_has_are_compared(tmp_path, functions, same, moved):
    able = WHOLE._replace(functions=functions, missing=("trace",), whole=False)
    reports = [made(with_gradients(module), able, seeds=range(2)) for module in (numpy_impl, REWRITTEN)]
    assert reports[0].by_dtype(reports[0].result.settings[0]) == {}  # there is nothing to draw
    a, b = (report_folder.load(written(report, tmp_path / name)) for report, name in zip(reports, "ab", strict=True))
    for report, sentence in ((a, same), (b, moved)):
        found = between(a, report)
        assert found.exit_code() == 0
        assert re.match(sentence, diff_words.headline(found))
        assert not any("No numbers" in line for line in diff_words.missing(found))


def test_a_column_in_part_leaves_the_order_of_quantities(before):
    few = [row for row in before.result.rows if row.quantity in {"L", "dL_dW1"}]
    rows = [msgspec.structs.replace(row, column="mine") for row in few] + before.result.rows
    both = with_result(before, columns=[result.Column("mine", "agrees", ""), *before.result.columns], rows=rows)
    found = between(both, both)
    _, headers, lines = diff_words.table(found, "float64")
    assert headers == ["", "mine", "numpy"]
    assert [line[0] for line in lines] == [line[0] for line in diff_words.table(between(before, before), "float64")[2]]
    assert {line[1] for line in lines} == {"–"}
    assert "No numbers of mine are kept on both sides" in " ".join(diff_words.missing(found))
    assert diff_words.headline(found).startswith("SAME BITS: numpy;")


def test_words_from_a_file_cannot_move_the_cursor(before, tmp_path, capsys):
    e = msgspec.structs.replace(before.result.environment, cpu="\x1b[2J[/red]")
    verb(str(written(before, tmp_path / "a")), str(written(with_result(before, environment=e), tmp_path / "b")))
    assert r"\x1b[2J[/red]" in capsys.readouterr().out


def test_the_command(tmp_path, after):
    made_by = ("report", "--impl", "numpy", "--case", "dyadic-relu,xor", "--steps", 40, "--seeds", 2, "--lr", 0.5)
    said(command(*made_by, "--dtype", "float64,float32", "--out", tmp_path / "a", "--resolution", 3), 0)
    done = command("diff", tmp_path / "a", tmp_path / "a" / "result.json", "--json", "-")
    assert said(done, 0) == ""
    found = json.loads(done.stdout)
    assert found["columns"] == ["numpy"]
    assert list(found["inputs"]) == ["dyadic-relu", "xor"]
    assert {m["moved"] for m in found["movements"]} == {0}
    b = written(after, tmp_path / "b")
    assert "only one of them has dyadic-relu" in said(command("diff", tmp_path / "a", b), 2)
    wrong = written(made(planted.load("numpy", "an entry never written"), seeds=range(2)), tmp_path / "c")
    done = command("diff", b, wrong)
    assert said(done, 1) == ""
    assert done.stdout.startswith("WRONG IN B: numpy from dL_dW1 (E19) on; A was right.\nIn B, numpy (xor, float64)")
    assert re.search(r"dL_dW1\[\d, \d\]\n +got +.*\n +exact +.*\n +error .*, limit", done.stdout)
    assert "Right in A: numpy. Right in B: nobody." in done.stdout


def test_versions_of_what_is_called_otherwise_or_not_installed(monkeypatch):
    monkeypatch.setattr(importlib.metadata, "packages_distributions", lambda: {"tensorflow": ["msgspec"]})
    lost = importlib.metadata.PackageNotFoundError
    real = importlib.metadata.version

    def version(name):
        if name in {"tensorflow", "fourfold"}:
            raise lost(name)
        return real(name)

    monkeypatch.setattr(importlib.metadata, "version", version)
    assert environment.version("tensorflow") == msgspec.__version__
    assert environment.version("fourfold") == "unknown"


def test_variables_that_change_the_numbers_are_kept_and_no_others(monkeypatch):
    monkeypatch.setenv("MKL_CBWR", "COMPATIBLE")
    monkeypatch.setenv("XLA_FLAGS", "--xla_cpu_enable_fast_math=true")
    monkeypatch.setenv("TF_API_TOKEN", "secret")
    variables = environment.environment(["numpy"], DTYPES, "").variables
    assert variables["MKL_CBWR"] == "COMPATIBLE"
    assert variables["XLA_FLAGS"] == "--xla_cpu_enable_fast_math=true"
    assert "TF_API_TOKEN" not in variables


@pytest.mark.parametrize(
    ("field", "what"), [("settings", "xor"), ("columns", "numpy"), ("rows", "numpy, xor, float64, ")]
)
def test_what_is_there_twice_is_refused(before, field, what):
    """The second of two rows would be compared, though the first may be the rejected one."""
    entries = getattr(before.result, field)
    twice = with_result(before, **{field: [*entries, entries[0]]})
    for a, b, name in ((twice, before, "A"), (before, twice, "B"), (twice, twice, "A")):
        with pytest.raises(UsageError, match=f"^{name} has {what}.* 2 times, and only one can be compared"):
            between(a, b)
