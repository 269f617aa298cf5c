"""From wrong gradients to the names of the mistakes that give them."""

from typing import NamedTuple

import numpy as np

from fourfold.compare.mistakes.anywhere import scales, search
from fourfold.compare.mistakes.anywhere.kinds import name_of, named_at
from fourfold.compare.mistakes.anywhere.network import has_right_gradients
from fourfold.compare.mistakes.anywhere.recognition import fitting

LEVELS = {"scale": scales.ERROR, "weights": scales.WEIGHTS, "biases": scales.BIASES}
# Where the penalty lacks 1/N too, the data's is not told apart from it.
BESIDE = "1/N missing beside the penalty"
N_MISSING = {"1/N missing", "1/N missing in W{k}'s gradient"}
# So many explanations are given.
MOST = 8


class Named(NamedTuple):
    """Mistakes, made together, that give somebody's gradients: all fields but the last have an entry for each."""

    names: tuple[str, ...]
    why: tuple[str, ...]
    wrong: tuple[str, ...]
    right: tuple[str, ...]
    equation: tuple[str, ...]
    formula: tuple[str, ...]
    network_words: str


def named(seens):
    """The mistakes behind the gradients, best first: one, or else several; [] where they are right or nothing fits."""
    networks = fitting(seens)
    with np.errstate(all="ignore"):
        if not networks or any(has_right_gradients(network, seens) for network in networks):
            return []
        explained = search.ways(networks, seens)
        ranked = sorted((_ranked(network, way) for network, way in explained), key=lambda one: one[0])
    results = []
    for _, result in ranked:
        if not any(result.names == other.names for other in results):
            results.append(result)
    return results[:MOST]


def _ranked(network, way):
    """(what to sort by, Named)."""
    depth = len(network.activations)
    layers = {}
    of_all = {choice.scale for choice in way if choice.step in LEVELS}
    for choice in way:
        for kind in _kinds(choice, network, depth, of_all):
            layers.setdefault(kind, set()).add((choice.step, choice.k))
    if any(kind.name == BESIDE for kind in layers):
        layers = {kind: places for kind, places in layers.items() if kind.name not in N_MISSING}
    rows = [
        (mistake.name, "E5", mistake.why, mistake.formula, mistake.wrong, mistake.right) for mistake in network.mistakes
    ]
    for kind, places in layers.items():
        at = sorted({k for _, k in places}, reverse=True)
        texts = named_at(kind, at[0], depth)
        rows.append((name_of(kind, at, depth, _applicable(places, depth)), *texts[1:]))
    odd = sum(kind.odd for kind in layers)
    columns = [*zip(*rows, strict=True)]
    names, equation, why, formula, wrong, right = columns
    result = Named(names, why, wrong, right, equation, formula, network.words())
    return (len(rows), odd, len(way)), result


def _kinds(choice, network, depth, of_all):
    """The Kinds of a Choice; `of_all` are the Scales of what comes from the data."""
    kinds = [choice.kind] if choice.kind is not None else []
    scale, level = choice.scale, LEVELS.get(choice.step, scales.PENALTY)
    if level == scales.PENALTY and scale in of_all and scale.count != "N":
        return kinds  # data and penalty alike: it is told once
    if choice.step == "scale" and choice.k < depth:
        level = scales.BACK
    return [*kinds, *scales.kinds_of(scale, level, network.intended)]


def _applicable(places, depth):
    """The layers where a Kind could have been made."""
    steps = {step for step, _ in places}
    if steps <= {"back", "updated"}:
        return range(2, depth + 1)
    if steps <= {"hidden"}:
        return range(1, depth)
    return range(1, depth + 1)
