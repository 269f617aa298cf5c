"""Stand-ins for what draws random numbers: exact numbers, the same in every run, and a note that there were some."""

import random as python_random

import numpy as np

from fourfold.compare.exact import makers, numbers
from fourfold.compare.exact.numbers import Number

AS_THEY_ARE = {"shuffle", "permutation", "permuted", "choice", "choices", "sample", "seed", "set_state", "setstate"}
SILENT = {"seed", "get_state", "set_state", "getstate", "setstate", "spawn", "bit_generator"}


class _Draws:
    """`happened`: whether code drew something since it was last set to False."""

    happened = False


draws = _Draws()


class RandomSource:
    """A generator of NumPy's or Python's, whose draws become exact numbers."""

    def __init__(self, real):
        self._real = real

    def __getattr__(self, name):
        method = getattr(self._real, name)
        if not callable(method):
            return method

        def drawn(*arguments, **keywords):
            if name not in SILENT:
                draws.happened = True
            if name not in AS_THEY_ARE:
                arguments = [_plain(x) for x in arguments]
            keywords = {key: _plain(x) if name not in AS_THEY_ARE or key == "p" else x for key, x in keywords.items()}
            if keywords.get("dtype") is not None and makers.is_floating(keywords["dtype"]):
                del keywords["dtype"]
            return makers.exactly(method(*arguments, **keywords))

        return drawn


def _plain(x):
    if isinstance(x, Number):
        return numbers.nearest(x)
    return numbers.floats(x) if numbers.is_exact(x) else x


class GeneratorSource(RandomSource):
    """numpy.random.Generator."""

    def __init__(self, bit_generator):
        super().__init__(np.random.Generator(bit_generator))


class RandomStateSource(RandomSource):
    """numpy.random.RandomState."""

    def __init__(self, seed=None):
        super().__init__(np.random.RandomState(0 if seed is None else seed))


def default_rng(seed=None):
    if isinstance(seed, RandomSource):
        return seed
    return GeneratorSource(np.random.PCG64(0 if seed is None else seed))


numpys, pythons = RandomStateSource(), RandomSource(python_random.Random(0))  # those that modules' functions draw from


def start():
    """The same draws as ever come next."""
    draws.happened = False
    numpys.seed(0)
    pythons.seed(0)


# What numpy.random has beside the functions of its generator.
FUNCTIONS = {"default_rng": default_rng, "RandomState": RandomStateSource, "Generator": GeneratorSource}
