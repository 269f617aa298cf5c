"""A pytest plugin: `def test_mine(fourfold): fourfold.check(my_gradients)` runs once a case, the case's name its id.

Nothing but pytest is imported until a test asks for the fixture.
"""

import pytest


def pytest_generate_tests(metafunc):
    if "fourfold" in metafunc.fixturenames:
        from compare.suites import SITUATIONS

        metafunc.parametrize("fourfold", SITUATIONS[:4], indirect=True)


@pytest.fixture
def fourfold(request):
    """`fourfold.check(gradients)` fails the test, and says why, unless the gradients are right on one case."""
    return Fourfold(request.param)


class Fourfold:
    """The judge of one case, in this process."""

    def __init__(self, case):
        self.case = case

    def check(self, gradients, train=None, trace=None, activation="sigmoid", dtype="float64", seeds=3, hint=False):
        """Judge functions as `fourfold check` does: see compare/protocol.py for what they are given and give.

        What they raise is raised; `hint` says where to look, but not what is wrong.
        """
        from compare import check, show_check, suites, target
        from compare.errors import UsageError

        given = {"gradients": gradients, "trace": trace, "train": train}
        functions = {name: f for name, f in given.items() if f is not None}
        try:
            for name, f in functions.items():
                target.check_signature(name, f)
            cases = suites.situations(activation, "full", [self.case], dtype, range(seeds))
        except UsageError as error:
            pytest.fail(str(error), pytrace=False)
        names = (getattr(gradients, key, "") for key in ("__module__", "__qualname__"))
        here = Here(".".join(filter(None, names)) or "gradients", functions)
        checked = check.check(here, cases, dtype, hint)
        if checked.exit_code():
            pytest.fail(show_check.text(checked), pytrace=False)


class Here:
    """A peer.Peer without a process: the functions are called as they are."""

    def __init__(self, name, functions):
        self.name, self.functions = name, functions

    def ask(self, call, *arrays, **more):
        from compare import target

        return target.ask(self.functions, call, *arrays, **more)
