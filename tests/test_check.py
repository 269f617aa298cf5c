"""`fourfold check` as the people who bring their own gradients meet it."""

import functools
import inspect
import json
import os
import shutil
import subprocess
import sys
import tempfile
import textwrap

import numpy as np
import pytest

from fourfold.compare.cases import situations
from fourfold.compare.cases.case import ACTIVATIONS, DTYPES
from fourfold.compare.check import here, peer, protocol
from fourfold.compare.commands import check as verb
from fourfold.compare.errors import ColumnError, UsageError
from fourfold.compare.judge import judgement
from fourfold.impls.two_layer import numpy_impl
from tests.test_cli import HERE, command, said
from tests.test_signals import until

pytest_plugins = ["pytester"]

RIGHT = """
import numpy as np

def gradients(X, Y, W1, W2):
    N = len(X)
    A = 1 / (1 + np.exp(-(X @ W1)))
    R = A @ W2 - Y
    L = (R**2).sum() / (2 * N)
    dL_dW2 = A.T @ (R / N)
    dL_dW1 = X.T @ ((R / N) @ W2.T * (A * (1 - A)))
    return L, dL_dW1, dL_dW2
"""
TRAIN = """
def train(X, Y, W1, W2, lr, steps):
    losses = []
    for _ in range(steps):
        L, dL_dW1, dL_dW2 = gradients(X, Y, W1, W2)
        W1, W2 = W1 - lr * dL_dW1, W2 - lr * dL_dW2
        losses.append(L)
    return W1, W2, losses
"""
TRACE = """
def trace(X, Y, W1, W2):
    A = 1 / (1 + np.exp(-(X @ W1)))
    dL_dY_hat = (A @ W2 - Y) / len(X)
    return {"A": A, "dL_dY_hat": dL_dY_hat, "dL_dA": dL_dY_hat @ W2.T}
"""
RETURN = "return L, dL_dW1, dL_dW2"


def test_right_gradients_are_right(judged):
    code, text = judged(RIGHT)
    assert code == 0
    assert text.splitlines()[0].endswith("mine.py: gradients is exact up to rounding.")
    work = "4 cases × 3 seeds × sigmoid × float64 and float32: 468 numbers, 0 wrong"
    assert f"Judged: gradients, {work}." in text
    assert "Not given, so not judged: trace, train.\nIf it still does not learn, check the initial weights" in text


def test_trace_and_train_are_judged_where_they_are_there(judged):
    code, text = judged(RIGHT + TRAIN + TRACE, dtype="float32")
    assert code == 0
    assert "gradients, trace and train are exact up to rounding" in text
    assert "Not given, so not judged: H of trace, Y_hat of trace" in text


PATH = """
def train(X, Y, W1, W2, lr, steps):
    path = []
    for _ in range(steps):
        L, dL_dW1, dL_dW2 = gradients(X, Y, W1, W2)
        W1, W2 = W1 - lr * dL_dW1, W2 - lr * dL_dW2
        path.append((W1, W2, L))
    return tuple(np.stack(Z) for Z in zip(*path))
"""


@pytest.mark.parametrize(("fault", "code"), [("", 0), ("lr * dL_dW2 * (1 + 1e-9)", 1)])
def test_weights_after_every_step_are_as_good_as_those_at_the_end(judged, fault, code):
    """As the columns give them."""
    outcome, text = judged(RIGHT + PATH.replace("lr * dL_dW2", fault or "lr * dL_dW2"))
    assert outcome == code
    assert "train" in text
    assert "of shape" not in text


ARRAYS = """
class Own(np.ndarray):
    pass

def array(values, dtype):
    return np.array(values, dtype).view(Own)
"""


def test_what_makes_a_columns_arrays_makes_those_it_is_given(judged):
    demanding = RIGHT.replace("    N = len(X)", "    assert type(X) is type(W1) is Own\n    N = len(X)")
    code, text = judged(demanding + ARRAYS)
    assert code == 0, text
    code, text = judged(RIGHT.replace("    return L", "    W1 += 1\n    return L") + ARRAYS)
    assert code == 1
    assert "changed the W1 it was given" in text
    code, text = judged(RIGHT + ARRAYS.replace("np.array(values, dtype)", "np.array(values, dtype).round(9)"))
    assert code == 1
    assert "array gives another W1 than it was given" in text
    code, text = judged(
        demanding + ARRAYS.replace("values, dtype", "Z, dtype").replace("np.array(values", "np.array(Z")
    )
    assert code == 3, text


@pytest.mark.parametrize(
    ("right", "wrong", "quantity", "function"),
    [
        ("(R**2).sum() / (2 * N)", "(R**2).sum() / N", "L", "gradients"),
        ("A.T @ (R / N)", "A.T @ R", r"dL_dW2[0, 0]", "gradients"),
        ("* (A * (1 - A))", "", r"dL_dW1[0, 0]", "gradients"),
        ("(A @ W2 - Y) / len(X)", "(A @ W2 - Y)", r"dL_dY_hat[0, 0]", "trace"),
        ("W1 - lr * dL_dW1", "W1 + lr * dL_dW1", "W1[", "one step of train"),
        ("losses.append(L)", "losses.append(gradients(X, Y, W1, W2)[0])", "L", "one step of train"),
        (
            "    losses = []",
            "    losses = []\n    lr = lr * (1 + 1e-9 * (steps > 7))",
            "L of train, step 1 of 10: single steps are right",
            "carried from step to step",
        ),
    ],
)
def test_the_first_wrong_quantity_is_named(judged, right, wrong, quantity, function):
    source = RIGHT + TRACE + TRAIN
    assert right in source
    code, text = judged(source.replace(right, wrong))
    assert code == 1
    first = next(line for line in text.splitlines() if line.startswith("First wrong number: "))
    assert f"First wrong number: {quantity}" in first
    assert function in first
    assert "    got    " in text
    assert "    exact  " in text
    assert "limit" in text
    assert text.startswith("WRONG: ")


def test_the_mistake_behind_it_is_named_and_a_hint_keeps_it_back(judged):
    source = RIGHT.replace(" * (A * (1 - A))", "")
    assert "The mistake: slope missing." in judged(source)[1]
    code, text = judged(source, hint=True)
    assert (code, "slope" in text, "First wrong: " in text) == (1, False, True)
    assert "dL_dH (E16: dL_dA ∘ σ'(H))" in text
    doubled = (RIGHT + TRAIN).replace("W1 - lr * dL_dW1, W2 - lr * dL_dW2", "W1 + lr * dL_dW1, W2 + lr * dL_dW2")
    assert "The mistake: " in judged(doubled)[1]
    only_one_seed = RIGHT.replace(RETURN, "return L * (1 + (W1[0, 0] < 0)), dL_dW1, dL_dW2")
    assert "Nothing is wrong" not in judged(only_one_seed)[1]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_a_run_of_several_steps_is_judged_within_carried_limits(activation, dtype):
    for case in situations.situations(activation, "full", None, dtype, range(3)):
        p, (*_, W1, W2) = judgement.problem(case, dtype), case.cast(dtype)
        with np.errstate(all="ignore"):
            W1s, W2s, L = numpy_impl.train(p.X, p.Y, W1, W2, p.lr, 10, activation)
        judged = judgement.judge_run((W1, W2), (W1s[-1], W2s[-1], L), p)
        assert judgement.first_wrong(judged[:1]) is None, case.name
        assert judgement.first_wrong(judged[1:]) is None, case.name
        if case.name == "xor":
            assert all(j.certified.all() and (j.limit <= 1e4 * np.finfo(dtype).eps).all() for j in judged)
            moved = W1s[-1] + 2 * judged[2].limit + np.spacing(W1s[-1])
            assert (
                judgement.first_wrong(judgement.judge_run((W1, W2), (moved, W2s[-1], L), p)[1:]).judged.quantity == "W1"
            )


@pytest.mark.parametrize(
    ("result", "sentence"),
    [
        ("return L, dL_dW1", "gradients gives 2 values, not 3: (L, dL_dW1, dL_dW2)"),
        ("return dL_dW1", "gradients gives one ndarray, not (L, dL_dW1, dL_dW2)"),
        ("pass", "gradients gives None, not (L, dL_dW1, dL_dW2)"),
        ("return L, None, dL_dW2", "gradients gives None for dL_dW1"),
        ("return L, 'dW1', dL_dW2", "gradients gives dL_dW1 as one str, which holds no numbers"),
        ("return L, dL_dW1 + 0j, dL_dW2", "gradients gives complex numbers for dL_dW1"),
        ("return L, [[None]], dL_dW2", "gradients gives dL_dW1 as one list of NoneType objects"),
        ("return L, [[1], [1, 2]], dL_dW2", "gradients gives dL_dW1 as one list, which NumPy cannot take"),
        ("return L, dL_dW2, dL_dW1", "gradients gives dL_dW1 of shape (3, 1), not (2, 3), the shape of dL_dW2"),
        ("return [[L]], dL_dW1, dL_dW2", "gradients gives L of shape (1, 1), not ()"),
        ("return L, dL_dW1.astype('f4'), dL_dW2", "as float32, not float64: --dtype float32 judges that"),
        ("return L, dL_dW1.astype(int), dL_dW2", "gradients gives dL_dW1 as int64, not float64"),
        ("W1 -= dL_dW1; return L, dL_dW1, dL_dW2", "gradients changed the W1 it was given"),
    ],
)
def test_what_is_no_answer_is_wrong_and_named(judged, result, sentence):
    code, text = judged(RIGHT.replace(RETURN, result))
    assert (code, sentence in text) == (1, True), text
    assert "Traceback" not in text


@pytest.mark.parametrize(
    "source",
    [
        RIGHT.replace(RETURN, "global calls\n    calls += 1e-9\n    return L, dL_dW1 + calls, dL_dW2")
        + "\ncalls = 0\n",
        RIGHT.replace(RETURN, "return L + (len(X) == 7) * np.random.rand(), dL_dW1, dL_dW2"),
        RIGHT.replace(RETURN, "seen.append(N)\n    return L, dL_dW1 + (seen[0] != N), dL_dW2") + "\nseen = []\n",
        RIGHT.replace(
            RETURN,
            "again = last[-1] == W1.tobytes(); last.append(W1.tobytes())\n    return L * (1 + again), dL_dW1, dL_dW2",
        )
        + "\nlast = [b'']\n",
    ],
)
def test_what_is_kept_between_calls_is_found(judged, source):
    code, text = judged(source)
    assert code == 1
    assert ("answers the same question differently" in text) == ("seen" not in source)  # that one depends on the first


@pytest.mark.parametrize(
    ("source", "code", "sentence"),
    [
        ("import no_such_package", 2, "does not import: it raised ModuleNotFoundError: No module named 'no_such_pack"),
        ("def gradients(X:\n", 2, "(mine.py, line 1)"),
        ("import sys; sys.exit(4)", 2, "does not import: it called sys.exit(4)"),
        ("raise KeyboardInterrupt", 2, "does not import: it raised KeyboardInterrupt"),
        ("def gradient(X, Y, W1, W2): pass", 2, "mine.py:NAME. Did you mean gradient?"),
        ("def gradients(X, Y): pass", 2, "gradients(X, Y) cannot be called as gradients(X, Y, W1, W2): too many"),
        (RIGHT.replace(RETURN, "1 / 0"), 3, "gradients raised ZeroDivisionError: division by zero (mine.py, line 11)"),
        (RIGHT.replace(RETURN, "np.zeros(3) @ np.zeros(4)"), 3, "(mine.py, line 11)"),
        (RIGHT.replace(RETURN, "exit(0)"), 3, "gradients called sys.exit(0)"),
        (RIGHT.replace(RETURN, "raise KeyboardInterrupt"), 3, "gradients raised KeyboardInterrupt"),
        (RIGHT.replace(RETURN, "input()"), 3, "gradients raised EOFError"),
        (RIGHT.replace(RETURN, "open('data.csv')"), 3, "No such file or directory: 'data.csv'"),
        (RIGHT.replace(RETURN, "import os; os._exit(3)"), 3, "ended its process with status 3 in gradients"),
        (RIGHT.replace(RETURN, "import ctypes; ctypes.string_at(0)"), 3, "was killed by SIGSEGV in gradients"),
        (RIGHT.replace(RETURN, f"import os; os.fork(); {RETURN}"), 3, "forked, and came back from both processes"),
    ],
)
def test_what_goes_wrong_is_named_with_their_own_line(judged, source, code, sentence):
    got, text = judged(source)
    assert (got, sentence in text) == (code, True), text
    assert "Traceback" not in text


@pytest.mark.parametrize("where", ["while it was started", "in gradients"])
def test_what_hangs_is_stopped_and_what_it_printed_is_shown(judged, where):
    hang = "print('round and round', flush=True)\nwhile True: pass\n"
    source = hang if where == "while it was started" else RIGHT.replace(RETURN, textwrap.indent(hang, "    ").lstrip())
    code, text = judged(source, timeout=1.5)
    assert code == 3
    assert f"did not finish within 1.5 s, {where}" in text
    assert "round and round" in text


def test_prints_do_no_harm_and_are_cut_short(judged):
    prints = 'print("x" * 1000, flush=True); import os; os.system("echo from below"); '
    code, text = judged(RIGHT.replace(RETURN, prints + RETURN))
    assert (code, "xxx" in text, "below" in text) == (0, False, False)
    code, text = judged(RIGHT.replace(RETURN, prints + "return L, dL_dW1, 2 * dL_dW2"))
    assert code == 1
    assert "lines more" in text
    assert len(text) < 5000


@pytest.mark.parametrize("gigabytes", ["4", "0.5"])
def test_memory_is_limited(judged, gigabytes):
    """To 8 GB where nothing else is said."""
    code, text = judged(RIGHT.replace(RETURN, f"np.zeros(int({gigabytes} * 1.1 * 2**27))"), memory=float(gigabytes))
    assert code == 3
    assert "gradients raised MemoryError" in text or "_ArrayMemoryError" in text
    assert verb.How().memory == 8


LOOK = "import os; raise ValueError(sorted(os.environ), os.listdir(), os.listdir(os.environ['HOME']))"


@pytest.mark.parametrize("model", [False, True])
def test_a_target_has_an_empty_folder_and_no_secrets(judged, monkeypatch, model):
    for secret in ("MY_TOKEN", "TF_VAR_db_password", "TF_TOKEN_host", "JAX_API_TOKEN", "CUDA_SECRET", "OMP_TOKEN"):
        monkeypatch.setenv(secret, "hush")
    monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", "2")
    monkeypatch.setenv("OPENBLAS_VERBOSE", "0")
    monkeypatch.chdir("/")
    if model:
        code, text = judged(inspect.getsource(numpy_impl).replace("N = Y.shape[-2]", LOOK), case="dyadic-relu")
    else:
        code, text = judged(RIGHT.replace(RETURN, LOOK))
    assert code == 3
    assert "TF_CPP" in text
    assert "OPENBLAS_VERBOSE" in text
    for secret in ("TOKEN", "password", "SECRET"):
        assert secret not in text
    assert "[], []" in text
    assert (os.getcwd(), os.environ["MY_TOKEN"]) == ("/", "hush")


def test_the_commands_own_environment_stays_as_it_is(monkeypatch):
    monkeypatch.setenv("MY_TOKEN", "hush")
    before = dict(os.environ), os.getcwd()
    with peer.surroundings() as around:
        assert (dict(os.environ), os.getcwd()) == before
        assert "MY_TOKEN" not in around.environment
        assert around.environment["HOME"] != os.environ.get("HOME")


THEIR_OWN = {
    "compare.py": "def residual(Y_hat, Y):\n    return Y_hat - Y\n",
    "impls/__init__.py": "",
    "impls/model.py": "def mean(R):\n    return R / R.shape[-2]\n",
    "reports.py": "def half(L):\n    return L / 2\n",
}
IMPORTS = """
import compare
import reports
from impls import model
"""


@pytest.mark.parametrize("kind", ["file", "module", "model"])
def test_modules_of_theirs_that_have_names_of_ours(tmp_path, kind):
    """From a folder that knows nothing of this checkout; what computes is theirs, or there would be no number."""
    for name, text in THEIR_OWN.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    if kind == "model":
        source = inspect.getsource(numpy_impl)
        changes = [("Y_hat - Y", "compare.residual(Y_hat, Y)"), ("R / N", "model.mean(R)")]
    else:
        source = RIGHT
        changes = [("A @ W2 - Y", "compare.residual(A @ W2, Y)"), ("(R / N)", "model.mean(R)")]
        changes += [("(R**2).sum() / (2 * N)", "reports.half((R**2).sum() / N)")]
    for right, theirs in changes:
        assert right in source
        source = source.replace(right, theirs)
    (tmp_path / "mine.py").write_text(source.replace("import numpy as np\n", f"import numpy as np\n{IMPORTS}", 1))
    target = "mine" if kind == "module" else "mine.py"
    how = ["--case", "dyadic-relu" if kind == "model" else "xor"]
    done = command("check", target, *how, python=("-m", "fourfold.compare"), cwd=tmp_path, PYTHONPATH="")
    assert said(done, 0) == ""
    assert ("AGREED" if kind == "model" else "RIGHT") in done.stdout


def test_nothing_but_numpy_is_imported_before_their_code(judged):
    look = "import sys; raise ValueError(sorted({name.partition('.')[0] for name in sys.modules} & {WHICH}))\n"
    ours = ["cyclopts", "flint", "jax", "jinja2", "matplotlib", "msgspec", "numpy", "rich", "tensorflow", "torch"]
    assert "ValueError: ['numpy']" in judged(look.replace("{WHICH}", f"set({ours})") + RIGHT)[1]


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="open files cannot be listed here")
def test_a_target_has_none_of_our_open_files(judged, tmp_path):
    with open(tmp_path / "secret", "w") as file:
        os.set_inheritable(file.fileno(), True)
        look = "import os; raise ValueError([os.readlink(f) for f in map('/proc/self/fd/{}'.format, range(100)) "
        code, text = judged(RIGHT.replace(RETURN, f"{look} if os.path.exists(f)])"))
    assert code == 3
    assert "/dev/null" in text
    assert "secret" not in text


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere, what hangs outlives a command that is killed")
def test_a_target_is_gone_when_the_command_is_killed(tmp_path):
    hang = f"open({str(tmp_path / 'pid')!r}, 'w').write(str(os.getpid())); time.sleep(600)"
    (tmp_path / "mine.py").write_text("import os, time\n" + RIGHT.replace(RETURN, hang))
    process = subprocess.Popen([sys.executable, "-m", "compare", "check", tmp_path / "mine.py"], cwd=HERE)
    assert until(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text())
    process.kill()
    process.wait()
    assert until(lambda: not os.path.exists(f"/proc/{(tmp_path / 'pid').read_text()}"))


def test_nothing_is_left_behind(judged, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    sleeper = "import subprocess; print(subprocess.Popen(['sleep', '77'], stdout=-3).pid, flush=True); "
    code, text = judged(RIGHT.replace(RETURN, sleeper + "return 0"))
    assert code == 1
    pid = int(text.partition("It printed:")[2].split()[0])
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout
    assert state.strip() == "" or state.startswith("Z"), state
    assert [path.name for path in tmp_path.iterdir()] == ["mine.py"]


def test_functions_of_other_names_objects_and_modules(judged, tmp_path, monkeypatch):
    assert judged(RIGHT.replace("gradients", "mine"), ":mine")[0] == 0
    source = RIGHT + "\nimport types\nnet = types.SimpleNamespace(gradients=gradients)\nclass Net: pass\n"
    assert judged(source, ":net")[0] == 0
    assert "is a class" in judged(source, ":Net")[1]
    assert judged(source, ":nte") == (2, f"{tmp_path / 'mine.py'} has no nte. Did you mean net?")
    monkeypatch.chdir(tmp_path)
    assert verb.check("mine", how=verb.How(suite="quick")) == 0
    with pytest.raises(UsageError, match="There is no module 'mien'"):
        verb.check("mien", how=verb.How())
    with pytest.raises(UsageError, match=r"There is no file mien\.py"):
        verb.check("mien.py", how=verb.How())


def test_a_whole_model_is_judged_like_a_column(judged):
    code, text = judged(inspect.getsource(numpy_impl), case="dyadic-relu")
    assert code == 0
    assert "AGREED" in text
    code, text = judged(inspect.getsource(numpy_impl).replace("R / N", "R"), case="dyadic-relu")
    assert code == 1
    assert "first wrong at step 0" in text


def test_a_keyword_for_the_activation_has_all_of_them_judged(judged):
    several = """
        import numpy as np
        from fourfold.impls.two_layer import numpy_impl

        def gradients(X, Y, W1, W2, *, activation="tanh"):
            T = numpy_impl.trace(X, Y, W1, W2, activation)
            return T.L, T.dL_dW1.tolist(), T.dL_dW2
    """
    code, text = judged(textwrap.dedent(several))
    assert (code, "× sigmoid, tanh, relu and identity ×" in text) == (0, True)
    assert judged(RIGHT, activation="tanh")[0] == 1


def test_the_command_itself(tmp_path):
    (tmp_path / "mine.py").write_text(RIGHT)
    done = command("check", "mine.py", "--suite", "quick", "--json", "r.json", cwd=tmp_path)
    assert said(done, 0) == ""
    record = json.loads((tmp_path / "r.json").read_text())
    assert [f["verdict"] for f in record["functions"]] == ["right"]
    assert "check takes a file" in said(command("check"), 2)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"activation": "softplus"}, "There is no activation 'softplus'"),
        ({"suite": "quikc"}, "did you mean quick?"),
        ({"case": "saturatde"}, "did you mean saturated?"),
        ({"dtype": "float8"}, "There is no precision 'float8'"),
    ],
)
def test_bad_options(judged, options, sentence):
    code, text = judged(RIGHT, **options)
    assert (code, sentence in text) == (2, True)


@pytest.mark.parametrize(("option", "value"), [("--memory", "-1"), ("--timeout", "0")])
def test_a_limit_that_is_none(option, value):
    assert f"{option} must be a positive number" in said(command("check", "mine.py", option, value), 2)


# Templates


@pytest.mark.parametrize("framework", ["numpy", "torch", "jax", "tf"])
def test_a_template_has_the_right_form_and_wrong_numbers(tmp_path, capsys, framework):
    pytest.importorskip({"tf": "tensorflow"}.get(framework, framework)) if framework == "numpy" else None
    file = tmp_path / "mine.py"
    assert verb.check(template=framework, out=str(file)) is None
    compile(file.read_text(), "mine.py", "exec")
    if framework != "numpy":
        return
    assert verb.check(str(file), how=verb.How(suite="quick")) == 1
    assert "is not filled in. Lines 17, 18 and 19 are to do." in capsys.readouterr().out


def test_an_unknown_template():
    with pytest.raises(UsageError, match="choose from jax, numpy, numpy-deep, tf, torch"):
        verb.check(template="julia")


# Other languages


@pytest.fixture(scope="session")
def in_c(tmp_path_factory):
    cc = shutil.which("cc") or pytest.skip("there is no C compiler")
    folder = tmp_path_factory.mktemp("c")

    def build(*options):
        program = folder / ("-".join(options) or "right").strip("-")
        source = f"{HERE}/tests/peers/gradients.c"
        subprocess.run([cc, "-O2", *options, "-o", program, source, "-lm"], check=True)
        return str(program)

    return build


def test_a_program_in_c_is_judged(in_c, capsys):
    assert verb.check(command=in_c(), how=verb.How(suite="full")) == 0
    assert verb.check(command=in_c("-DOVER=1"), how=verb.How(suite="quick")) == 1
    assert "First wrong number: dL_dW2[0, 0]" in capsys.readouterr().out


ANSWERS = """
import json, sys
hello = {"functions": ["gradients"]}
for line in sys.stdin:
    question = json.loads(line)
    answer = hello if question["call"] == "hello" else ANSWER
    print(answer if isinstance(answer, str) else json.dumps(answer), flush=True)
"""


@pytest.mark.parametrize(
    ("answer", "code", "sentence"),
    [
        ("'hello there'", 1, "wrote 'hello there', which is no answer"),
        ('{"L": 1}', 1, "gradients answers without dL_dW1, dL_dW2"),
        ('{"L": None, "dL_dW1": 1, "dL_dW2": 1}', 1, "gradients answers with null where a number should be"),
        ('{"L": "one", "dL_dW1": 1, "dL_dW2": 1}', 1, 'answers with "one" where a number should be'),
        ('{"L": 1, "dL_dW1": [[1], [1, 2]], "dL_dW2": 1}', 1, "answers with rows of different lengths"),
        ('{"L": 1, "dL_dW1": 1, "dL_dW2": 1}', 1, "gives dL_dW1 of shape (), not (2, 3)"),
        ('{"error": "no such luck"}', 3, "gradients: no such luck"),
        ("sys.exit('over')", 3, "ended its process with status 1 in gradients"),
    ],
)
def test_a_program_that_answers_badly(tmp_path, capsys, answer, code, sentence):
    (tmp_path / "peer.py").write_text(ANSWERS.replace("ANSWER", answer))
    program = f"{sys.executable} {tmp_path / 'peer.py'}"
    assert verb.check(command=program, how=verb.How(suite="quick", timeout=20)) == code
    assert sentence in capsys.readouterr().out


def test_what_is_no_program_of_the_protocol():
    for program, sentence in [
        ("no-such-program", "There is no program 'no-such-program'"),
        ("echo hello", "wrote 'hello', which is no answer"),
        ("echo {}", 'does not answer "hello"'),
        ("'", "No closing quotation"),
    ]:
        with pytest.raises(UsageError, match=sentence):
            verb.check(command=program, how=verb.How(timeout=20))
    with pytest.raises(ColumnError, match="status 1 while it was started"):
        verb.check(command="false", how=verb.How(timeout=20))


def test_numbers_pass_the_protocol_unchanged():
    Z = np.array([[0.1, -0.0, 5e-324], [np.nan, np.inf, -np.inf]])
    assert protocol.array(json.loads(protocol.line(protocol.numbers(Z)))).tobytes() == Z.tobytes()
    assert protocol.array([["-0x1.8p-3"]]).tolist() == [[-0.1875]]


# Implementations of other people


@pytest.mark.parametrize(
    ("package", "file", "how"),
    [
        ("autograd", "autograd_hips.py", {"dtype": "float64"}),
        ("sklearn", "sklearn_mlp.py", {"dtype": "float32"}),
        ("sklearn", "sklearn_mlp.py", {}),
        ("micrograd", "micrograd_scalars.py", {"activation": "relu", "case": "xor,saturated,broad"}),
    ],
)
def test_other_libraries_are_right(capsys, package, file, how):
    pytest.importorskip(package)
    assert verb.check(f"{HERE}/tests/peers/{file}", how=verb.How(**how)) == 0, capsys.readouterr().out


def test_what_other_libraries_do_otherwise_is_found(capsys):
    """scikit-learn's loss is the mean over all entries, and its gradients are not that loss's."""
    pytest.importorskip("sklearn")
    assert verb.check(f"{HERE}/tests/peers/sklearn_mlp.py:as_it_is", how=verb.How(case="asymmetric")) == 1
    assert "First wrong number: L of gradients" in capsys.readouterr().out
    assert verb.check(f"{HERE}/tests/peers/sklearn_mlp.py:as_it_is", how=verb.How(case="xor")) == 0


def test_reverse_accumulation_through_a_naive_sigmoid_overflows(capsys):
    """exp(-h) is infinite far out, and autograd multiplies that by zero."""
    pytest.importorskip("autograd")
    for case, dtype in (("huge", "float64"), ("saturated", "float32")):
        how = verb.How(case=case, activation="sigmoid", dtype=dtype)
        assert verb.check(f"{HERE}/tests/peers/autograd_hips.py", how=how) == 1
        assert "got    'nan'" in capsys.readouterr().out


# The pytest plugin

COURSE = """
import numpy as np
from mine import gradients

def test_mine(fourfold):
    fourfold.check(gradients)
"""


@pytest.mark.parametrize(("factor", "outcome"), [("", {"passed": 10}), ("2 * ", {"failed": 8, "passed": 2})])
def test_a_course_can_test_gradients(pytester, monkeypatch, factor, outcome):
    monkeypatch.setenv("PYTHONPATH", HERE)
    pytester.makepyfile(mine=RIGHT.replace("dL_dW2 = ", f"dL_dW2 = {factor}"), test_course=COURSE)
    done = pytester.runpytest_subprocess(
        "-p", "no:fourfold", "-p", "fourfold.compare.check.pytest_plugin", "-W", "error", "-n", "0", "-v"
    )
    done.assert_outcomes(**outcome)
    done.stdout.fnmatch_lines(["*test_mine?xor? *", "*test_mine?asymmetric? *"])
    if factor:
        done.stdout.fnmatch_lines(
            [
                "  ✗ *| *dL_dW2 = 2 [*] A.T @ (R / N)",
                "* | *^^^^^*",
                "*∂L/∂W2 is 2 times what it should be: *",
                "First wrong number: dL_dW2?0, 0? of gradients (xor, sigmoid, float64, seed 0)",
            ]
        )


@pytest.mark.parametrize(
    "function", [len, lambda X, Y, W1, W2: 0, functools.partial(sum), numpy_impl.trace, protocol.line]
)
def test_a_function_that_cannot_be_proved_is_judged_by_its_numbers_alone(function):
    assert here.with_line(None, function) == (None, "")


def test_the_plugin_imports_nothing_until_it_is_used():
    heavy = "import fourfold.compare.check.pytest_plugin, sys\n"
    heavy += "print([m for m in ('numpy', 'flint', 'msgspec') if m in sys.modules])"
    assert subprocess.check_output([sys.executable, "-c", heavy], text=True, cwd=HERE).strip() == "[]"


def test_a_file_is_checked_without_any_framework():
    source = (
        f"import sys; from fourfold.compare.commands.check import check; check({HERE + '/tests/peers/plain.py'!r})\n"
    )
    source += "print([m for m in ('torch', 'jax', 'tensorflow', 'matplotlib') if m in sys.modules])"
    done = subprocess.check_output([sys.executable, "-c", source], text=True, cwd=HERE)
    assert done.splitlines()[-1] == "[]"
