"""A pytest plugin: `def test_mine(fourfold): fourfold.check(my_gradients)` runs once a case, the case's name its id.

Nothing but pytest is imported until a test asks for the fixture.
"""

import pytest


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
        if checked.exit_code():
            pytest.fail(words.text(checked), pytrace=False)
