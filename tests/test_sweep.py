"""A sweep: what it is of, that it can be interrupted, and that what it keeps is right."""

from concurrent.futures import Future
from pathlib import Path

import msgspec
import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.cm import ScalarMappable

from fourfold.compare.cases.case import build_case
from fourfold.compare.cases.data import xor
from fourfold.compare.columns import calls
from fourfold.compare.columns.questions import about
from fourfold.compare.commands.options import Training, filled
from fourfold.compare.errors import ColumnError, UsageError
from fourfold.compare.judge import judgement
from fourfold.compare.results import result
from fourfold.compare.sweep import chunk as c
from fourfold.compare.sweep import engine, executors, grid, plan, store, summary, words
from fourfold.impls.two_layer import numpy_impl
from fourfold.reports.sweep import MAPS, pages
from tests.conftest import each_column
from tests.test_cli import command, said


def planned(axes=None, columns=("numpy",), dtypes=("float64",), seeds=range(5), **training):
    """(store.Options, chunks)"""
    X, Y = xor()
    training = filled(Training(**{"steps": 20, **training}))
    options = plan.options(training, axes or {}, X, Y, [*columns], [*dtypes], seeds)
    return options, plan.chunks(options, X, Y)


def here(columns=("numpy",), dies_after=10**9):
    """An executor that is this process, and is interrupted after some chunks."""
    left = iter(range(dies_after))

    def submit(job):
        if next(left, None) is None:
            raise KeyboardInterrupt
        future = Future()
        future.set_result(calls.timed(*job))
        return future

    spent = []
    result = lambda column, future: executors.value(future.result(), spent)
    return executors.Executor(submit, result, 1, 1, None, c.made_with(columns), spent)


def swept(folder, options, chunks, executor):
    """The summary of a sweep after computing what is missing of it."""
    manifest = store.begin(folder, options, executor.made_with, "-")
    failures = engine.run(executor, engine.missing(folder, chunks, manifest), folder, manifest)
    return summary.summarise(folder, chunks, manifest, failures)


def trained_losses(case, dtype, lr):
    """L (21, seeds), by the NumPy column alone."""
    _, _, *weights = case.cast(dtype)
    question = about(judgement.problem(case, dtype), "trajectory", weights, lr, 21)
    return calls.answer("numpy", question)["L"]


def kept(folder):
    return {path.name: path.read_bytes() for path in Path(folder, "chunks").iterdir()}


whole_numbers = st.lists(st.integers(1, 10**6), min_size=1, max_size=5, unique=True)
rates = st.lists(st.floats(1e-9, 1e9), min_size=1, max_size=5, unique=True)


@given(rates, whole_numbers, whole_numbers)
def test_a_grid_is_the_values_it_names(lr, hidden, steps):
    texts = [f"{name}={','.join(map(str, Z))}" for name, Z in (("lr", lr), ("hidden", hidden), ("steps", steps))]
    assert grid.parse(texts) == {"lr": lr, "hidden": hidden, "steps": steps}


@given(st.integers(1, 50), st.integers(1, 50), st.integers(1, 5))
def test_a_range_is_that_of_python_and_never_empty(start, stop, by):
    text = f"hidden={start}:{stop}:{by}"
    if start < stop:
        assert grid.parse([text]) == {"hidden": [*range(start, stop, by)]}
    else:
        with pytest.raises(UsageError, match="is empty"):
            grid.parse([text])


@given(st.text() | st.text("lrhidenstpayvob=:,.-0123456789", max_size=20))
def test_whatever_a_grid_says_is_understood_or_refused(text):
    try:
        ((name, values),) = grid.parse([text]).items()
    except UsageError as error:
        (sentence,) = error.args
        assert sentence.startswith(("--grid", "The grid"))
    else:
        assert name in grid.AXES
        assert 0 < len(values) == len(set(values))


@pytest.mark.parametrize(
    ("texts", "sentence"),
    [
        (["lr"], "takes NAME=VALUES"),
        (["rate=1"], "cannot vary 'rate': choose from"),
        (["hiden=1"], "did you mean hidden?"),
        (["lr=0.1", "lr=1"], "gives lr twice"),
        (["lr=0.1,0.1"], "gives a value twice"),
        (["lr="], "takes numbers, or a range and how many, such as 0.01:1:5, not ''"),
        (["hidden=1,,2"], "takes whole numbers"),
        (["hidden=9:2"], "hidden=9:2 is empty"),
        (["hidden=2:2"], "is empty"),
        (["lr=1:0.01:5"], "is empty"),
        (["lr=0.01:1"], "takes numbers, or a range and how many"),
        (["hidden=2.5"], "takes whole numbers"),
        (["hidden=1:2:3:4"], "takes whole numbers"),
        (["bias=maybe"], "takes true or false"),
        (["layers=2-x-1"], "takes widths such as 2-8-1"),
        (["hidden=1:1000000"], "at most 100,000"),
        (["layers=2-3-1", "hidden=3"], "choose one of them"),
    ],
)
def test_a_grid_that_cannot_be_is_refused_in_a_sentence(texts, sentence):
    with pytest.raises(UsageError, match=sentence.replace("?", r"\?")):
        grid.parse(texts)


@pytest.mark.parametrize(
    ("axes", "more", "sentence"),
    [
        ({"layers": ["3-4-1"]}, {}, "must begin and end with them"),
        ({"hidden": [0]}, {}, "must be at least 1"),
        ({"lr": [-1.0]}, {}, "learning rate must be a positive number"),
        ({"activation": ["softmax"]}, {}, "no activation 'softmax'"),
        ({"activation": ["tanh-relu-tanh"]}, {}, "has 3 names"),
        ({"hidden": [3]}, {"layers": "2,3,1"}, "give layers or hidden"),
        ({"bias": [True, False]}, {"columns": ["numpy-loop"]}, "numpy-loop can only have two layers"),
        ({"lr": [*range(1, 1000)], "hidden": [*range(1, 1000)]}, {}, "998,001 configurations"),
    ],
)
def test_what_does_not_fit_is_refused_before_anything_is_computed(axes, more, sentence):
    with pytest.raises(UsageError, match=sentence):
        planned(axes, **more)


@given(
    st.integers(1, 400),
    st.lists(st.sampled_from([1, 2, 30, 400]), min_size=1, unique=True),
    st.integers(1, 3),
    st.integers(1, 10**6),
)
def test_every_run_is_in_one_chunk(seeds, hidden, number, steps):
    axes = {"hidden": hidden, "lr": [float(n + 1) for n in range(number)], "steps": [steps, steps + 1]}
    _, chunks = planned(axes, ["numpy", "torch"], seeds=range(7, 7 + seeds))
    found = [
        (chunk.column, configuration, seed)
        for chunk in chunks
        for configuration in chunk.configurations
        for seed in chunk.seeds
    ]
    assert len(found) == len(set(found)) == 2 * seeds * len(hidden) * number
    assert [chunk.index for chunk in chunks] == [*range(len(chunks))]
    assert all(len({configuration.shape() for configuration in chunk.configurations}) == 1 for chunk in chunks)
    assert {seed for *_, seed in found} == {*range(7, 7 + seeds)}


@pytest.mark.parametrize("column", each_column(["numpy", "torch", "jax", "tf"]))
def test_the_losses_kept_are_those_of_training(column, monkeypatch):
    """Several configurations at once, in several pieces, are what each is alone."""
    monkeypatch.setattr(c, "TRAJECTORY_BYTES", 2000)
    axes = {"lr": [0.5, 0.01], "bias": [True], "steps": [20, 7, 1]}
    _, chunks = planned(axes, [column], ["float32"], activation="tanh")
    (chunk,) = chunks
    case = chunk.case(chunk.configurations[0])
    assert c.lengths(case, "float32", 10) == (3, 7)
    found = c.compute(column, chunk)
    assert found.rejected == [0, 0]
    for configuration, losses in zip(chunk.configurations, found.losses, strict=True):
        L = trained_losses(case, "float32", configuration.lr)
        assert np.allclose(losses, L[[0, 1, 7, 20]], rtol=1e-4, atol=1e-7)
        assert losses.dtype == np.float32


def faulty(when):
    """The NumPy column with a last bit too many in W1 after one step of one network, `when` (step, network) of all."""
    count = iter(range(10**9))

    def train(X, Y, W1, W2, lr, steps, activation):
        path = numpy_impl.train(X, Y, W1, W2, lr, steps, activation)
        for t in range(steps):
            if next(count) == when[0]:
                path[0][t, when[1]] += 1e-12
        return path

    return type("Module", (), vars(numpy_impl) | {"train": train})


@pytest.mark.parametrize("when", [(0, 0), (7, 4), (93, 9), (100, 14), (100, 10)])
def test_a_fault_in_the_sample_is_found_in_every_configuration(monkeypatch, when):
    monkeypatch.setattr(c, "TRAJECTORY_BYTES", 20_000)
    monkeypatch.setattr("fourfold.impls.load", lambda name, row="two_layer": faulty(when))
    _, chunks = planned({"lr": [0.1, 0.2, 0.3]}, steps=100)
    found = c.compute("numpy", chunks[0])
    which = when[1] // 5
    assert [n > 0 for n in found.rejected] == [n == which for n in range(3)]
    assert len(found.rejections) == 1
    assert found.rejections[0].step == when[0]
    assert found.rejections[0].seed == when[1] % 5
    assert f"learning rate 0.{which + 1}" in found.rejections[0].case


def test_a_wrong_column_is_named_and_ends_with_1(tmp_path):
    wrong = "tests.columns.sign"
    done = command("sweep", "--impl", f"numpy,{wrong}", "--seeds", 3, "--steps", 30, "--out", tmp_path / "s")
    assert said(done, 1) == ""
    assert f"DISAGREED: {wrong} is wrong" in done.stdout
    assert "learning rate 0.1, float64): first wrong at step 0, seed 0, W1" in done.stdout


def test_arrays_of_another_form_are_a_fault(monkeypatch):
    float32 = lambda *a: tuple(Z.astype(np.float32) for Z in numpy_impl.train(*a))
    monkeypatch.setattr(
        "fourfold.impls.load", lambda *a: type("Module", (), vars(numpy_impl) | {"train": staticmethod(float32)})
    )
    _, chunks = planned({"lr": [0.1, 0.2]})
    found = c.compute("numpy", chunks[0])
    assert found.rejected == [1, 1]
    assert "W1 is float32, not float64" in found.rejections[0].note


def test_interrupted_and_resumed_is_the_same_as_in_one_go(tmp_path):
    axes = {"hidden": [2, 3, 4], "lr": [0.1, 1.0], "steps": [5, 20]}
    options, chunks = planned(axes, seeds=range(3, 8))
    whole = swept(tmp_path / "whole", options, chunks, here())
    assert whole.exit_code() == 0
    assert len(chunks) == 3
    with pytest.raises(KeyboardInterrupt):
        swept(tmp_path / "parts", options, chunks, here(dies_after=2))
    first = kept(tmp_path / "parts")
    assert 0 < len(first) < 3
    again = swept(tmp_path / "parts", options, chunks, here(dies_after=3 - len(first)))
    assert (again, kept(tmp_path / "parts")) == (whole, kept(tmp_path / "whole"))
    assert first.items() < kept(tmp_path / "whole").items()
    assert swept(tmp_path / "parts", options, chunks, here(dies_after=0)) == whole


def test_a_chunk_says_which_run_every_row_is(tmp_path):
    options, chunks = planned({"lr": [0.1, 1.0], "steps": [5, 20]}, seeds=range(3, 6), activation="relu")
    swept(tmp_path, options, chunks, here())
    rows = pq.read_table(store.path(tmp_path, chunks[0])).to_pylist()
    assert len(rows) == 2 * 2 * 3
    for row in rows:
        X, Y = xor()
        case = build_case("xor", X, Y, "relu", row["lr"], 20, 3, range(row["seed"], row["seed"] + 1))
        L = trained_losses(case, "float64", row["lr"])
        assert (row["first_loss"], row["loss"]) == (L[0, 0], L[row["steps"], 0])
        assert (row["column"], row["hidden"], row["layers"], row["activation"], row["bias"]) == (
            "numpy",
            3,
            None,
            "relu",
            False,
        )


def test_what_was_begun_otherwise_is_refused(tmp_path):
    options, chunks = planned({"lr": [0.1, 1.0]})
    executor = here()
    swept(tmp_path, options, chunks, executor)
    before = kept(tmp_path)
    for other, sentence in (
        (planned({"lr": [0.1, 2.0]})[0], "begun with --grid lr 0.1,1.0, but this is 0.1,2.0"),
        (planned({"lr": [0.1, 1.0]}, seeds=range(6))[0], "begun with seeds 5, but this is 6"),
        (planned({"lr": [0.1, 1.0]}, ["torch"])[0], "begun with columns numpy, but this is torch"),
    ):
        with pytest.raises(UsageError, match=sentence):
            swept(tmp_path, other, chunks, executor)
    newer = executor._replace(made_with=executor.made_with | {"numpy": "9.0"})
    with pytest.raises(UsageError, match=r"but this is 9\.0: choose another --out"):
        swept(tmp_path, options, chunks, newer)
    assert kept(tmp_path) == before


def test_a_folder_of_something_else_is_left_alone(tmp_path):
    options, chunks = planned()
    (tmp_path / "letter.txt").write_text("dear")
    with pytest.raises(UsageError, match="holds something other than a sweep"):
        swept(tmp_path, options, chunks, here())
    (tmp_path / "manifest.json").write_text("{}")
    with pytest.raises(UsageError, match="is not the manifest of a sweep"):
        swept(tmp_path, options, chunks, here())
    with pytest.raises(UsageError, match="holds something other than a sweep"):
        swept(tmp_path / "letter.txt", options, chunks, here())


def test_a_damaged_chunk_is_named_and_computed_again(tmp_path):
    options, chunks = planned({"hidden": [2, 3]})
    whole = swept(tmp_path, options, chunks, here())
    manifest, file = store.read(tmp_path), store.path(tmp_path, chunks[1])
    intact = file.read_bytes()
    for content in (intact[:-9], b"", intact + b"\0", intact.replace(b'"sha256"', b'"sha257"')):
        file.write_bytes(content)
        named = []
        assert engine.missing(tmp_path, chunks, manifest, named.append) == [chunks[1]]
        assert named == [f"{file} is damaged: the same command computes it again."]
        with pytest.raises(UsageError, match=f"{file.name} is damaged"):
            summary.summarise(tmp_path, chunks, manifest, {})
        assert swept(tmp_path, options, chunks, here()) == whole
        assert file.read_bytes() == intact
    file.write_bytes(store.path(tmp_path, chunks[0]).read_bytes())
    with pytest.raises(UsageError, match=f"{file.name} belongs to another sweep: delete it, and"):
        swept(tmp_path, options, chunks, here())


def test_no_bit_of_a_chunk_can_flip_unseen(tmp_path):
    options, chunks = planned()
    swept(tmp_path, options, chunks, here())
    manifest, file = store.read(tmp_path), store.path(tmp_path, chunks[0])
    intact = file.read_bytes()
    for n in range(len(intact)):
        flipped = bytearray(intact)
        flipped[n] ^= 1 << n % 8
        file.write_bytes(flipped)
        with pytest.raises(store.Damaged):
            store.is_done(tmp_path, chunks[0], manifest)
        if n % 100 == 0:
            with pytest.raises(store.Damaged):
                [*store.read_all(tmp_path, chunks)]


def test_workers_of_another_version_are_not_believed(tmp_path):
    options, chunks = planned()
    executor = here()
    manifest = store.begin(tmp_path, options, executor.made_with | {"numpy": "1.0"}, "-")
    with pytest.raises(ColumnError, match=r"A worker has numpy 2.* but the sweep began with 1\.0"):
        engine.run(executor, chunks, tmp_path, manifest)
    assert not Path(tmp_path, "chunks").exists()


@pytest.mark.parametrize(
    "axes", [{}, {"lr": [1.0, 0.1]}, {"lr": [1.0, 0.1], "hidden": [2, 3], "activation": ["tanh", "relu"]}]
)
def test_the_page_shows_every_configuration(tmp_path, axes):
    options, chunks = planned(axes)
    found = swept(tmp_path, options, chunks, here())
    made = pages(msgspec.json.decode(result.encode(found), type=summary.Summary))
    assert made == pages(found)
    page = made["index.html"].decode()
    assert page.count("<tr>") == 1 + len(found.rows)
    assert f"{found.certified:,} numbers certified, 0 rejected" in page
    assert {f"{name}.{kind}" for name in MAPS if axes for kind in ("svg", "csv")} == made.keys() - {"index.html"}
    for row in found.rows if axes else ():
        line = [str(getattr(row, name)) for name in ("lr", *({"hidden", "activation"} & axes.keys()))]
        assert any(set(line) < {*text.split(",")} for text in made["median_loss.csv"].decode().splitlines())


def over_seeds(column, lr, reached, median, hidden=3):
    return summary.OverSeeds(
        column, "float64", None, hidden, "tanh", False, lr, 20, 1000, result.number(median), reached, 0.0
    )


@pytest.mark.parametrize(
    ("rows", "sentences"),
    [
        (
            [over_seeds("numpy", 1.0, 1.0, 1e-9), over_seeds("numpy", 0.1, 0.5, 1e-12)],
            ["Best: lr 1: 100% of 1,000 seeds learn (L < 0.001)."],
        ),
        (
            [over_seeds("numpy", 1.0, 0.9996, 1e-9), over_seeds("numpy", 0.1, 0.9996, 1e-12)],
            ["Best: lr 0.1: 99.9% of 1,000 seeds learn (L < 0.001), as with 1 other setting, none of which has a "
             "smaller median loss (1e-12)."],
        ),
        (
            [over_seeds("numpy", 1.0, 0.0, np.inf), over_seeds("numpy", 0.1, 0.0, 0.125)],
            ["Best: lr 0.1: no seed learns (L < 0.001), and the median loss is 0.12."],
        ),
        (
            [over_seeds("numpy", 1.0, 1.0, 1e-9), over_seeds("numpy", 0.1, 0.5, 1e-3),
             over_seeds("jax", 1.0, 0.5, 1e-9), over_seeds("jax", 0.1, 0.75, 1e-3)],
            ["Best for numpy: lr 1: 100% of 1,000 seeds learn (L < 0.001).",
             "Best for jax: lr 0.1: 75% of 1,000 seeds learn (L < 0.001)."],
        ),
        (
            [over_seeds("numpy", 1.0, 0.5, 1e-9), over_seeds("numpy", 0.1, 0.25, 1e-3),
             over_seeds("wrong", 1.0, 0.5, 1e-9), over_seeds("wrong", 0.1, 0.75, 1e-3)],
            ["Best: lr 1: 50% of 1,000 seeds learn (L < 0.001)."],
        ),
        ([], []),
    ],
)  # fmt: skip
def test_the_best_setting_is_said_in_a_sentence(tmp_path, rows, sentences):
    options, _ = planned({"lr": [1.0, 0.1]})
    names = [*dict.fromkeys(row.column for row in rows)]
    columns = [result.Column(name, "disagrees" if name == "wrong" else "agrees", "") for name in names]
    manifest = store.begin(tmp_path, options, here().made_with, "-")
    outcome = summary.Summary(1, manifest, 1, 0, 1, 0, columns, rows, [])
    assert words.best(outcome) == sentences


def test_one_setting_is_not_called_the_best(tmp_path):
    options, chunks = planned()
    outcome = swept(tmp_path, options, chunks, here())
    (sentence,) = words.best(outcome)
    assert sentence.startswith("The one setting: no seed learns")
    assert sentence in pages(outcome)["index.html"].decode().replace("&lt;", "<")


def test_brighter_is_better_in_every_map():
    """Of the share that learns more is better; of the loss, and of the share that diverges, less."""
    for measure, (*_, norm, _, colours) in MAPS.items():
        best, worst = (norm.vmax, norm.vmin) if measure == "reached" else (norm.vmin, norm.vmax)
        colour = ScalarMappable(norm, colours)
        assert sum(colour.to_rgba(best)[:3]) > sum(colour.to_rgba(worst)[:3]) + 1


def test_what_does_not_come_to_an_end_is_counted(tmp_path):
    """At this rate the identity network's loss leaves the format's range, with a smaller one it becomes smaller."""
    options, chunks = planned({"lr": [50.0, 0.1]}, activation="identity", steps=2000)
    diverging, learning = swept(tmp_path, options, chunks, here()).rows
    assert (diverging.diverged, diverging.median_loss, diverging.reached) == (1, "inf", 0)
    assert (learning.diverged, learning.reached) == (0, 0)
    assert float(learning.median_loss) == pytest.approx(1 / 6, rel=0.05)
    assert "∞" in pages(swept(tmp_path, options, chunks, here()))["median_loss.svg"].decode()


def test_a_clusters_worker_keeps_its_memory_before_it_computes(monkeypatch):
    """Dask's own workers give it back at every step, and a sweep took a third longer."""
    done = []
    monkeypatch.setattr(executors, "keep_memory", lambda: done.append("kept"))
    outcome = executors._kept_in_memory(lambda column, n: done.append("computed") or n + 1, "numpy", 1)
    assert outcome.value == 2
    assert done == ["kept", "computed"]
