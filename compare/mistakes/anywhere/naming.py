"""From wrong gradients to the names of the mistakes that give them."""

from typing import NamedTuple

import numpy as np

from fourfold.compare.mistakes.anywhere import scales, search
from fourfold.compare.mistakes.anywhere.kinds import name_of, named_at
from fourfold.compare.mistakes.anywhere.losses import BINARY, CATEGORICAL, LOSSES, SQUARED, is_epsilon
from fourfold.compare.mistakes.anywhere.network import WEIGHTS, has_right_gradients
from fourfold.compare.mistakes.anywhere.network import loss as network_loss
from fourfold.compare.mistakes.anywhere.recognition import differentiated, fitting, recognised
from fourfold.compare.mistakes.anywhere.texts import fields_of, slope_of

LEVELS = {"scale": scales.ERROR, "weights": scales.WEIGHTS, "biases": scales.BIASES}
# Where the penalty lacks 1/N too, the data's is not told apart from it.
BESIDE = "1/N missing beside the penalty"
N_MISSING = {"1/N missing", "1/N missing in W{k}'s gradient"}
# So many explanations are given.
MOST = 8
# What a course may ask for: the loss and its reduction.
DEMANDS = {
    "half-mse": (SQUARED, "half the mean over samples"),
    "mse": (SQUARED, "mean over samples"),
    "sse": (SQUARED, "sum"),
    "half-sse": (SQUARED, "half the sum"),
    "bce": (BINARY, "mean over samples"),
    "softmax-ce": (CATEGORICAL, "mean over samples"),
}


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
        if not networks:
            return _of_another_loss(seens)
        if any(has_right_gradients(network, seens) for network in networks):
            return []
        explained = search.ways(networks, seens)
        ranked = sorted((_ranked(network, way) for network, way in explained), key=lambda one: one[0])
    results = []
    for _, result in ranked:
        if not any(result.names == other.names for other in results):
            results.append(result)
    return results[:MOST]


def _of_another_loss(seens):
    """Where L is no known loss: the network whose gradients these are."""
    network = differentiated(seens)
    if network is None:
        return []
    texts = (
        ("L is not what was differentiated",),
        ("The loss was changed, but its gradient was not.",),
        ("L = ...",),
        (f"L = {LOSSES[network.loss].formula}, {network.reduction}",),
        ("E5",),
        (f"the gradients are those of: {network.words()}",),
    )
    return [Named(*texts, network.words())]


def demanded(seens, loss=None, l2=None):
    """A sentence where the loss or the gradients are right by another convention than the one asked for, or "".

    `loss` is one of DEMANDS; `l2` is λ of λ/2 ΣW², 0 for none. What is neither asked for nor any convention is left
    to `named`.
    """
    own = recognised(seens)
    if own is None:
        return ""
    with np.errstate(all="ignore"):
        return _demanded(seens, own, loss, l2)


def _demanded(seens, own, loss, l2):
    name, reduction = DEMANDS[loss] if loss else (own.loss, own.reduction)
    penalty = own.l2 if l2 is None else l2 / 2
    asked = own._replace(loss=name, reduction=reduction, l2=penalty, over_n=own.over_n and l2 is None)
    asked = asked._replace(penalised=own.penalised if l2 is None else WEIGHTS)
    is_own = all(abs(network_loss(asked, seen) - seen.L) <= 1e-10 * abs(seen.L) for seen in seens)
    if has_right_gradients(asked, seens):
        return (
            ""
            if is_own
            else f"L is {_convention(own)}; its gradients are right for what you asked for, {_convention(asked)}."
        )
    if has_right_gradients(own, seens):
        return f"Right for {_convention(own)}; you asked for {_convention(asked)}."
    for other, factor in DEMANDS.values():
        network = asked._replace(loss=other, reduction=factor)
        if has_right_gradients(network, seens):
            return f"The gradients are right for {_convention(network)}; you asked for {_convention(asked)}."
    return ""


def _convention(network):
    """ "½ Σ(ŷ - y)², mean over samples" without the activations."""
    return network.words().split(";")[0]


def explained(network, way):
    """The Named of mistakes made at steps of a network's backward pass."""
    return _ranked(network, way)[1]


def _ranked(network, way):
    """(what to sort by, Named)."""
    depth = len(network.activations)
    layers, fields = {}, fields_of(network.intended)
    of_all = {choice.scale for choice in way if choice.step in LEVELS}
    for choice in way:
        for kind in _kinds(choice, network, depth, of_all):
            layers.setdefault(kind, set()).add((choice.step, choice.k))
    if any(kind.name == BESIDE for kind in layers):
        layers = {kind: places for kind, places in layers.items() if kind.name not in N_MISSING}
    rows = [
        (mistake.name, "E5", mistake.why, mistake.formula, mistake.wrong, mistake.right)
        for mistake in network.mistakes
        if not layers or not is_epsilon(mistake)  # it is nothing beside another mistake
    ]
    for kind, places in layers.items():
        at = sorted({k for _, k in places}, reverse=True)
        texts = [_written(text, network, at[0]) for text in named_at(kind, at[0], depth, **fields)]
        rows.append((name_of(kind, at, depth, _applicable(places, depth)), *texts[1:]))
    odd = sum(kind.odd for kind in layers)
    columns = [*zip(*rows, strict=True)]
    names, equation, why, formula, wrong, right = columns
    result = Named(names, why, wrong, right, equation, formula, network.words())
    return (len(rows), odd, len(way)), result


def _written(text, network, k):
    """The layer's slope as people write it, where they do with a alone."""
    A = "Y_hat" if k == len(network.activations) else f"A{k}"
    right, wrong = (slope_of(network.intended.activations[k - 1], name) for name in (A, f"H{k}"))
    if right is None or wrong is None:
        return text
    text = text.replace(f"slope(H{k})", right)
    return text.replace(f"slope_by_a({A})", right).replace(f"slope_by_a(H{k})", wrong)


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
