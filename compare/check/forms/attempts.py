"""Tries somebody's function in every form that its arguments may have, and keeps what fits best."""

from typing import NamedTuple

import numpy as np

from fourfold.compare.check.forms import answers, layouts, names, packings, signatures, trials
from fourfold.compare.check.forms.trials import CallPlan, CallStep, Setup, Trial
from fourfold.compare.check.forms.written import WrittenFunction

WAYS = 6  # in which values of a forward pass may be handed on


class Caller(NamedTuple):
    """A function of theirs, and what its arguments are taken to be."""

    function: WrittenFunction
    way: dict

    @property
    def name(self):
        return self.function.name

    def parameters(self):
        return signatures.of_role(self.way, signatures.PARAMETER)

    def has_data(self):
        return signatures.X in self.way.values() or signatures.PAIRS in self.way.values()

    def values(self):
        return signatures.of_role(self.way, signatures.VALUE, signatures.OUTPUT_GRADIENT)


class Inputs(NamedTuple):
    """Makes the values of arguments."""

    setup: Setup

    def step(self, caller, values=None):
        """The CallStep of a function, None where something lacks; `values` are supplies of what others computed."""
        arguments = []
        for name, role in signatures.in_order(caller.way, caller.function).items():
            supply = (values or {}).get(name) or self._supply(name, role)
            if supply is None:
                return None
            arguments.append((name, supply))
        positional = _with_gaps(caller, [name for name, _ in arguments])
        return CallStep(caller.name, tuple(arguments), positional, outer=self.setup.outer + self.setup.outer_data)

    def _supply(self, name, role):
        setup = self.setup
        x, y = setup.x, setup.y
        match role:
            case signatures.X:
                supply = _listed(lambda inputs, _: inputs[x], setup.listed)
            case signatures.Y:
                supply = _listed(lambda inputs, _: inputs[y], setup.listed) if y else None
            case signatures.PAIRS:
                supply = lambda inputs, _: _pairs(inputs[x], inputs[y])
            case signatures.PARAMETER:
                template = template_of(name, setup.packing)
                supply = lambda inputs, _: packings.filled(template, inputs, setup.listed)
                supply = None if template is None else supply
            case signatures.COUNT:
                columns, one = setup.layout.columns, setup.layout.samples == layouts.ONE
                supply = lambda inputs, _: 1 if one else np.shape(inputs[x])[-1 if columns else 0]
            case _:
                number = self._sizes().get(role)
                supply = None if number is None else _constant(number)
        return supply

    def _sizes(self):
        """{role: number} of what is the same in every example."""
        depth = self.setup.packing.depth
        widths = layouts.WIDTHS[depth]
        sizes = {signatures.IN: widths[0], signatures.HIDDEN: widths[1], signatures.OUT: self.setup.layout.outputs}
        return signatures.CONSTANTS | sizes | {signatures.DEPTH: depth}


def _with_gaps(caller, given):
    """Names that have to be given as keywords: those after a default that is left, and those that want it."""
    arguments, late = caller.function.arguments, False
    result = list(caller.function.keyword_only)
    for name in arguments:
        if name not in given:
            late = True
        elif late and name not in result:
            result.append(name)
    return tuple(result)


def _constant(value):
    return lambda inputs, results: value


def _listed(supply, listed):
    if not listed:
        return supply

    def nested(inputs, results):
        value = supply(inputs, results)
        return value.tolist() if hasattr(value, "tolist") else value

    return nested


def _pairs(X, Y):
    return list(zip(X, Y, strict=True))


def template_of(name, packing):
    """The template of an argument, in whichever function it is; or None."""
    if name in packing.templates:
        return packing.templates[name]
    for other, template in packing.templates.items():
        if names.plain(other) == names.plain(name):
            return template
    for leaf in packing.order:
        if names.plain(names.base(leaf)) == names.plain(name):
            return packings.Leaf(leaf)
    if len(packing.templates) == 1 and not isinstance(next(iter(packing.templates.values())), packings.Leaf):
        return next(iter(packing.templates.values()))
    if packings.plural(name) and not names.is_bias(name) and len(packing.templates) > 1:
        return {names.base(leaf): packings.Leaf(leaf) for leaf in packing.order}
    return None


def is_joined(packing):
    """Whether all parameters are in one vector."""
    return any(isinstance(template, packings.JoinedTemplate) for template in packing.templates.values())


def leaf_paths(template, path=()):
    """{input: path} of a template."""
    if isinstance(template, packings.JoinedTemplate):
        return {}
    if isinstance(template, packings.Leaf):
        return {template.name: path}
    if isinstance(template, packings.AttributeTemplate):
        items = [(("attribute", key), part) for key, part in template.parts.items()]
    else:
        items = template.items() if isinstance(template, dict) else enumerate(template)
    result = {}
    for key, part in items:
        result |= leaf_paths(part, (*path, key))
    return result


def setups(callers, written, kind):
    """Groups of Setups, one group for every packing; `kind` is a function of layouts."""
    parameters = []
    for caller in callers:
        known = [names.plain(name) for name in parameters]
        has_all = any(_is_network(name) for name in parameters)
        for name in caller.parameters():
            if names.plain(name) not in known and not (has_all and _is_network(name)):
                parameters.append(name)
    lists = [name for name in parameters if len(name) > 1 and names.is_one(name, names.CONTAINERS)]
    lists = lists if len(parameters) > 2 else []
    if lists:
        parameters = [name for name in parameters if name not in lists]
    way = {role: name for caller in callers for name, role in reversed(caller.way.items())}
    outer_data = written.outer_data(callers[-1].name)
    if signatures.PAIRS in way:
        outer_data = {}
    x = way.get(signatures.X) or outer_data.get("X", "X")
    y = way.get(signatures.Y) or outer_data.get("Y", "Y" if signatures.PAIRS in way else "")
    inside = any(f.uses(INSIDE) for f in written.functions.values())
    first = any(f.uses(FIRST) for f in written.functions.values())
    outer = () if parameters else tuple(written.outer(callers[-1].name))
    for packing in packings.packings(parameters or list(outer), written):
        shapes = _layouts(packing, kind, inside, first)
        if not y and kind is layouts.batches:  # what is learnt without targets gives back its data
            shapes = [layout._replace(outputs=layouts.WIDTHS[packing.depth][0]) for layout in shapes]
        given = tuple(name for name in outer_data.values() if name in {x, y})
        yield [Setup(packing, layout, x, y, outer=outer, outer_data=given) for layout in shapes]


def _is_network(name):
    """Whether a parameter is called as all parameters together, in one function or another."""
    return names.is_one(name, names.NETWORKS)


FIRST = r"\[:, *1 ?:|\[1:|stack\([\[(]+np\.ones|c_\[np\.ones|r_\[1|insert\("
INSIDE = r"append\(|stack\(|concatenate|\bc_\[|\br_\[|insert\(|:-1\]|np\.pad|\+ ?\[1"


def _layouts(packing, kind, inside, first):
    result = list(kind(bool(packing.biases)))
    if inside and not packing.biases:
        result += layouts.with_biases_inside(list(kind(False)), first)
    if is_joined(packing):  # sizes do not tell (in, out) from (out, in); with biases inside it is seldom the first
        result.sort(key=lambda layout: bool(layout.augmented) and not layout.out_first)
    return result


def values_at(name, answer, returned, Y, final=False):
    """Paths in a forward pass's answer at which an argument's value may be, the likeliest first."""
    whole = ()
    if not isinstance(answer, tuple | list) or (isinstance(answer, list) and not returned[1:]):
        options = _in_dict(name, answer, ()) if isinstance(answer, dict) else []
        if isinstance(answer, dict) and names.is_one(name, names.PREDICTIONS) and Y is not None:
            options += [(key,) for key, value in reversed(answer.items()) if _shape(value) == _shape(Y)]
        if names.is_one(name, names.PREDICTIONS) and isinstance(answer, list):
            options += [(len(answer) - 1,)]
        return (
            [*options, whole]
            if not isinstance(answer, dict) or not options or names.is_one(name, names.CACHES)
            else options
        )
    labels = [names.plain(label) for label in returned] + [""] * len(answer)
    exact = [(k,) for k in range(len(answer)) if labels[k] == names.plain(name)]
    deeper = []
    for k, value in enumerate(answer):
        if isinstance(value, dict):
            deeper += _in_dict(name, value, (k,))
    structures = [(k,) for k, value in enumerate(answer) if isinstance(value, dict | tuple | list)]
    if exact and not final:
        return exact
    outputs = [(k,) for k, value in enumerate(answer) if Y is not None and _shape(value) == _shape(Y)]
    others = [(k,) for k in range(len(answer)) if (k,) not in outputs]
    if names.is_one(name, names.CACHES) and not final:
        options = exact + deeper + structures + [whole] + others + outputs
    else:
        options = exact + deeper + outputs[::-1] + others + structures + [whole]
    return list(dict.fromkeys(options))[:WAYS]


def _shape(value):
    """The shape of an array or a number; None of lists, which may be of any form."""
    return None if isinstance(value, list | tuple | dict) else np.shape(value)


def _in_dict(name, value, path):
    return [(*path, key) for key in value if isinstance(key, str) and names.plain(key) == names.plain(name)]


def from_result(function, path):
    return lambda inputs, results: answers.at(results[function], path)


def best_reading(plans, setup, namespace, truth):
    """The best Trial of CallPlans that differ in their readings only. `truth` is by parameter."""
    best = None
    for plan, note in plans:
        gradients = gradients_of(plan, setup, namespace)
        if gradients is not None:
            best = better(best, trials.judged(plan, setup, gradients, truth, note))
    return best


def gradients_of(plan, setup, namespace):
    """{parameter: array or None} that a CallPlan gives at point 1; None where it raises."""
    try:
        with trials.quiet():
            _, given = plan.run(namespace, setup.example(np.random.default_rng(1), 1))
    except Exception:
        return None
    return {name: trials.as_array(value) for name, value in given.items()}


def better(best: Trial | None, trial: Trial | None):
    """The better of two, the first where they are equal."""
    if best is None or trial is None:
        return trial if best is None else best
    return trial if trial.worth > best.worth else best


def plan_of(steps, goal, reading, loss, **more):
    return CallPlan(tuple(steps), goal, reading, loss, **more)
