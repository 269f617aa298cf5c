"""Layers in a row, with a loss or in a container: what is right only together, or wrong only together."""

import numpy as np

from fourfold.compare.check.forms import class_trials, parts
from fourfold.compare.check.forms.constructing import Call, Placeholder
from fourfold.compare.check.forms.parts import Chain, TriedPart


def constructs(chain):
    """How a container may be given its layers."""
    return [Call((Placeholder(kind, chain),)) for kind in ("chain", "spread", "added")]


def chains(namespace, members, sound):
    """Chains of a layer with weights, an activation, another layer, and a loss where there is one; those that run."""
    layers = [part for part in members if part.kind == "layer" and part.form and part.form[0] == ("G",)]
    losses = [part for part in members if part.kind == "loss"]
    result = []
    for loss in losses or [None]:
        for chain in Chain.all_of(layers, loss, sound):
            inputs = {name: draw(np.random.default_rng(13)) for name, draw in chain.inputs().items()}
            answer = class_trials.attempt(chain.run, namespace, class_trials.copied(inputs))
            if answer is None or not class_trials.is_number(answer[0]):
                continue
            slopes = class_trials.slopes(lambda v, c=chain: c.run(namespace, v)[0], inputs, chain.trained())
            if slopes is not None:
                right = {name: class_trials.agree(answer[1][name], slopes[name]) for name in chain.trained()}
                result.append(TriedPart(chain, right))
    return result


def settled(namespace, tried, rows):
    """The members to be proved: parts that are wrong alone and right together are left to the chain they are in."""
    excused, kept = set(), []
    for entry in rows:
        wrong = [part for part in entry.part.members() if not _alone(tried, part)]
        if all(entry.right.values()) and wrong:
            excused |= {part.key() for part in wrong}
            kept.append(entry.part)
    if not excused:
        plain = [entry.part for entry in tried]
        kept = [entry.part for entry in rows if len(entry.part.layers) > 2][:1]
        if any(part.averaged for part in plain):  # once is a matter of taste
            kept = [chain for chain in kept if chain.loss and _is_mean(namespace, chain.loss)]
        return plain + kept
    return [entry.part for entry in tried if entry.part.key() not in excused] + kept


def _is_mean(namespace, loss):
    """Whether a loss is averaged over samples: it is the same of all of them twice."""
    x, y = loss.draw_x(np.random.default_rng(3)), loss.target
    twice = loss._replace(target=np.concatenate([y, y]))
    values = []
    for part, given in ((loss, x), (twice, np.concatenate([x, x]))):
        thing = parts.constructed(namespace, part.cls, part.construct)
        values.append(class_trials.attempt(part.called, thing, given))
    if not all(class_trials.is_number(value) for value in values):
        return False
    once, again = map(class_trials.as_float, values)
    return abs(again - once) < 1e-9 * abs(once)


def _alone(tried, part):
    return all(all(e.right.values()) and not e.part.averaged for e in tried if e.part.key() == part.key())
