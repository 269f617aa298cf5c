"""A pytest plugin: `def test_mine(fourfold): fourfold.check(my_gradients)` runs once a case, the case's name its id.

With `fourfold_course = submissions/*.py` in pytest's configuration every submission is a test, run in a process of its
own as `fourfold check` runs it. A conftest.py can have it too, in `pytest_configure(config)`:
`config.addinivalue_line("fourfold_course", "submissions/*.py")`. Nothing but pytest is imported until a test asks for
the fixture, or a submission is judged.
"""

import glob

import pytest

COURSE, OPTIONS = "fourfold_course", "fourfold_course_options"
SUFFIXES = (".py", ".ipynb")
SUBMISSIONS: pytest.StashKey = pytest.StashKey()  # the paths that fit


def pytest_addoption(parser):
    parser.addini(COURSE, "patterns of the submissions that fourfold judges, a test each", "linelist", [])
    parser.addini(OPTIONS, "options of fourfold check for them, such as --loss bce", "args", [])


def pytest_collect_file(file_path, parent):
    if SUBMISSIONS not in parent.config.stash:
        paths = set()
        for pattern in parent.config.getini(COURSE):
            files = glob.glob(str(parent.config.rootpath / pattern), recursive=True)
            paths |= {path for path in files if path.endswith(SUFFIXES)}
        parent.config.stash[SUBMISSIONS] = paths
    if str(file_path) in parent.config.stash[SUBMISSIONS]:
        return SubmissionFile.from_parent(parent, path=file_path)
    return None


class SubmissionFile(pytest.File):
    """Somebody's file of a course."""

    def collect(self):
        yield SubmissionTest.from_parent(self, name="fourfold")


class SubmissionTest(pytest.Item):
    """Fails where a submission is wrong or cannot be judged; its message is the diagnosis."""

    def runtest(self):
        from fourfold.compare.check import course

        assessed = course.by_command(self.config.getini(OPTIONS))(self.path)
        if not assessed.is_right():
            pytest.fail(assessed.in_full(), pytrace=False)


def pytest_generate_tests(metafunc):
    if "fourfold" in metafunc.fixturenames:
        from fourfold.compare.cases.situations import COURSE

        metafunc.parametrize("fourfold", COURSE, indirect=True)


@pytest.fixture
def fourfold(request):
    """`fourfold.check(gradients)` fails the test, and says why, unless the gradients are right on one case."""
    return Fourfold(request.param)


class Fourfold:
    """The judge of one case, in this process."""

    def __init__(self, case):
        self.case = case

    def check(self, gradients, train=None, trace=None, activation="sigmoid", dtype=None, seeds=3, hint=False):
        """Judge functions as `fourfold check` does: see compare/check/protocol.py for what they are given and give.

        What they raise is raised; `hint` says where to look, but not what is wrong. A case that they may refuse, such
        as data that are no numbers, is skipped where they do.
        """
        from fourfold.compare.cases.situations import MAY_BE_REFUSED
        from fourfold.compare.check import here, words
        from fourfold.compare.errors import UsageError

        try:
            checked = here.check(gradients, train, trace, activation, dtype, seeds, hint, "full", [self.case])
        except UsageError as error:
            pytest.fail(str(error), pytrace=False)
        if checked.verdict() == "not judged" and self.case in MAY_BE_REFUSED:
            pytest.skip(words.text(checked))
        if checked.verdict() == "wrong":
            checked, source = here.with_line(checked, gradients)
            pytest.fail(words.text(checked, source, hint), pytrace=False)
        if checked.exit_code():
            pytest.fail(words.text(checked), pytrace=False)
