"""What documents say is so: links lead somewhere, files are there, commands exist and do what is shown."""

import re
import shlex
from pathlib import Path

import pytest

from fourfold import impls
from fourfold.compare.commands.cli import COMMANDS, app
from tests.test_cli import HERE, command, said

ROOT = Path(HERE)
DOCUMENTS = sorted(
    path.relative_to(ROOT).as_posix()
    for pattern in ("*.md", "compare/**/*.md", "impls/**/*.md", "reports/reference/README.md", "tests/*.md")
    for path in ROOT.glob(pattern)
)
ROOMS = [path.name for path in (ROOT / "compare").iterdir() if path.is_dir() and path.name != "__pycache__"]
each_document = pytest.mark.parametrize("document", DOCUMENTS)
# What a reader makes: with a recipe, or by a command.
MADE = re.compile(
    r"(mine|answers|index|report|result|lesson|summary|my|compare)\.(py|md|json|html|ipynb|csv)|.*(einsum|mlx)_impl\.py"
    r"|symmetry\.py"
)


def read(document):
    return (ROOT / document).read_text(encoding="utf-8")


def shown(document):
    """Every line that is to be typed, and every span of code."""
    text = re.sub(r"<!-- (?:answer|source|bench|conventions) .*?<!-- end -->", "", read(document), flags=re.DOTALL)
    typed = re.findall(r"^ *```sh\n(.*?)^ *```", text, re.DOTALL | re.MULTILINE)
    typed += re.findall(r"(?m)^\$ (.*)$", text)
    spans = re.findall(r"`([^`]+)`", re.sub(r"^ *```.*?^ *```", "", text, flags=re.DOTALL | re.MULTILINE))
    return "\n".join(typed).splitlines() + [" ".join(span.split()) for span in spans]


def commands(document, word):
    """What is shown to be typed that starts with a word, split as a shell does; comments and redirections left out."""
    for line in shown(document):
        if line.startswith(f"{word} "):
            tokens = shlex.split(line, comments=True)[1:]
            yield tokens[: tokens.index(">")] if ">" in tokens else tokens


@each_document
def test_links_lead_somewhere(document):
    text = re.sub(r"(?ms)^ *```.*?^ *```", "", read(document))
    for target in re.findall(r"\]\(([^)]+)\)", text):
        file, _, anchor = target.partition("#")
        if not file.startswith("http"):
            path = (ROOT / document).parent / file if file else ROOT / document
            assert path.exists(), target
            if anchor:
                headings = re.findall(r"(?m)^#+ (.*)$", path.read_text(encoding="utf-8"))
                assert anchor in [re.sub("[^a-z0-9 -]", "", heading.lower()).replace(" ", "-") for heading in headings]


@each_document
def test_every_command_and_option_exists(document):
    for tokens in commands(document, "fourfold"):
        if len(tokens) == 1:
            assert tokens[0] in {*COMMANDS, "--help"}
        else:
            app.parse_args(tokens, exit_on_error=False, print_error=False)


@each_document
def test_every_make_target_exists(document):
    targets = set(re.findall(r"(?m)^([a-z-]+):", read("Makefile")))
    for tokens in commands(document, "make"):
        assert tokens[0] in targets, tokens


@each_document
def test_every_file_named_is_there(document):
    """Beside the document, from the top, in the rooms spoken of most, or among the columns."""
    top = (".", "compare", "compare/judge", "compare/agreement", "impls/two_layer")
    folders = [(ROOT / document).parent, *map(ROOT.joinpath, top)]
    for span in shown(document):
        path = Path(span)
        if re.fullmatch(r"[\w/.-]+\.(py|c|md|json|toml|txt|lock)", span) and not MADE.fullmatch(path.name):
            assert any((folder / path).exists() for folder in folders), span


def test_the_readme_can_be_read_at_once():
    assert len(read("README.md").split()) <= 1500


def test_the_architecture_shows_every_room():
    (picture,) = re.findall("^```\n(.*?)^```", read("ARCHITECTURE.md"), re.DOTALL | re.MULTILINE)
    assert sorted(re.findall(r"^  ([a-z_]+)/", picture, re.MULTILINE)) == sorted([*ROOMS, *impls.ROWS, "modes"])


def test_every_package_readme_lists_its_files():
    for document in DOCUMENTS:
        folder = ROOT / document
        if document.startswith("compare/"):
            files = {path.name for path in folder.parent.glob("*.py")} - {"__init__.py"}
            assert files <= set(re.findall(r"\[([\w.]+)\]\(", read(document))), document


# What is shown beside a command is what it prints.


def block_of(document, line):
    """What stands below `$ line` in a block."""
    (block,) = re.findall(rf"^\$ {re.escape(line)}\n(.*?)^```", read(document), re.DOTALL | re.MULTILINE)
    return block


def plain(text):
    return [" ".join(line.split()) for line in text.strip().splitlines()]


def assert_printed(document, line, text):
    """That a command's output is what a document shows of it; "…" stands for what is left out at the end."""
    expected, got = plain(block_of(document, line)), plain(text)
    if expected[-1] == "…":
        expected = expected[:-1]
        got = got[: len(expected)]
    assert expected
    is_of_this_machine = re.compile("got|error")  # the last digits
    assert [text for text in got if not is_of_this_machine.match(text)] == [
        text for text in expected if not is_of_this_machine.match(text)
    ]


def test_a_mistake_is_shown_as_in_its_readme():
    done = command("mistakes", "1/N", "missing")
    assert said(done, 0) == ""
    assert_printed("compare/mistakes/README.md", "fourfold mistakes 1/N missing", done.stdout)


def test_a_forgotten_slope_is_diagnosed_as_in_the_readme(tmp_path):
    (mine,) = re.findall(r"(?ms)^```python\n(import numpy.*?)^```", read("README.md"))
    (tmp_path / "mine.py").write_text(mine)
    done = command("check", "mine.py", cwd=tmp_path, python=("-m", "fourfold.compare"))
    assert said(done, 1) == ""
    assert_printed("README.md", "fourfold check mine.py", done.stdout)


def test_a_lesson_is_written_as_in_the_readme(tmp_path):
    line = "fourfold lesson --impl numpy --steps 1000"
    done = command(*line.split()[1:], cwd=tmp_path, python=("-m", "fourfold.compare"))
    assert said(done, 0) == ""
    assert_printed("README.md", line, done.stdout)
    assert (tmp_path / "reports/out/lesson/index.html").is_file()


@pytest.mark.parametrize("document", ["README.md", "compare/results/README.md"])
def test_an_upgrade_is_compared_as_shown(document):
    kept = "reports/reference/upgrade"
    done = command("diff", f"{kept}/before", f"{kept}/after")
    assert said(done, 0) == ""
    assert_printed(document, f"fourfold diff {kept}/before {kept}/after", done.stdout)


def test_the_template_of_the_readme_is_a_file_to_start_from():
    for name in ("numpy", "torch", "jax", "tf", "numpy-deep"):
        assert "def gradients(" in command("check", "--template", name).stdout


SWEEP = "compare/sweep/README.md"


def test_a_sweep_is_counted_as_in_its_readme():
    ((line, *_),) = re.findall(r"^\$ (fourfold sweep .*)$()", read(SWEEP), re.MULTILINE)
    done = command(*shlex.split(line)[1:])
    assert said(done, 0) == ""
    assert plain(done.stdout)[0] == plain(block_of(SWEEP, line))[0]


def test_the_exercises_of_a_readme_are_all():
    from fourfold.compare.lesson.exercises.catalogue import ANSWERS

    assert f"`fourfold exercise 1`, to {len(ANSWERS)}, or `all`" in read("compare/lesson/README.md")
