"""Random layered networks: `networks()` is a Hypothesis strategy of `Written`, a text and the faults that fit in it."""

import numpy as np
from hypothesis import strategies as st

from tests.makers.formulas import LOSSES, OUTPUTS, VALUES
from tests.makers.network_texts import NAMES, Choices, Written, faulty, network

__all__ = ["Choices", "Written", "faulty", "network", "networks"]


def load(text):
    """The names of a file's text, run."""
    names = {}
    exec(compile(text, "network", "exec"), names)
    return names


def numbers(text, seed=0):
    """All numbers that `gradients` gives at the example, in one row: the loss first."""
    names = load(text)
    answer = names["gradients"](**names["example"](np.random.default_rng(seed)))
    return np.concatenate(_flat(answer))


def _flat(answer):
    if isinstance(answer, dict):
        answer = answer.values()
    if isinstance(answer, np.ndarray) or np.isscalar(answer):
        return [np.ravel(answer)]
    return [row for part in answer for row in _flat(part)]


def shows(written, k):
    """Whether fault k is seen in the numbers: a dead unit, or labels that are all of one kind, may hide it."""
    right = numbers(written.text)
    try:
        wrong = numbers(faulty(written, k)[0])
    except ValueError:
        return True  # shapes that do not fit
    return right.shape != wrong.shape or np.abs(right - wrong).max() > 1e-5 * np.abs(right).max()


@st.composite
def networks(draw):
    """Written networks, with those of their faults that show at seed 0."""
    depth = draw(st.integers(1, 3))
    samples, *widths = draw(st.permutations([2, 3, 4, 5, 6]))[: depth + 2]
    loss = draw(st.sampled_from(sorted(LOSSES)))
    parameters = draw(st.sampled_from(["separate", "list", "dict"]))
    alike = parameters == "list"
    hidden = draw(st.lists(st.sampled_from(sorted(VALUES)), min_size=depth - 1, max_size=depth - 1))
    columns = draw(st.booleans())
    integers = loss == "softmax-ce" and draw(st.booleans())
    written = network(
        Choices(
            hidden=tuple(hidden[:1] * (depth - 1) if alike else hidden),
            output=draw(st.sampled_from(OUTPUTS.get(loss, sorted(VALUES)))),
            loss=loss,
            samples=samples,
            widths=tuple(widths),
            columns=columns,
            out_first=columns or draw(st.booleans()),
            bias=draw(st.sampled_from(["none", "flat", "column"] if columns else ["none", "flat", "row"])),
            parameters=parameters,
            names=draw(st.sampled_from(NAMES)),
            weights_first=draw(st.booleans()),
            returned=draw(st.sampled_from(["flat", "tuple", "dict"])),
            in_place=draw(st.booleans()),
            functions=draw(st.booleans()),
            combined=loss in OUTPUTS and (integers or draw(st.booleans())),
            integers=integers,
        )
    )
    kept = [fault for k, fault in enumerate(written.faults) if shows(written, k)]
    return written._replace(faults=tuple(kept))
