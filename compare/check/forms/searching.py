"""All ways to use an object of somebody's class: which methods, which loss, where gradients are."""

import re

import numpy as np

from fourfold.compare.check.forms import (
    attributes,
    calling,
    class_trials,
    constructing,
    loss_sources,
    matching,
    names,
    rates,
)
from fourfold.compare.check.forms.constructing import Placeholder
from fourfold.compare.check.forms.loss_sources import AFTER_FORWARD, BACKWARD, LOSS, TRAIN
from fourfold.compare.check.forms.programs import Program, Stage, State, Whereabouts
from fourfold.compare.check.forms.rates import Score, Usage

FORWARD = re.compile(
    r"forward|predict|^update$|feed|think|propagat|run|query|activat|compute$|output|__call__|fprop|infer|hypothes|prob"
)
UPDATE = re.compile(r"update|step|apply|optimi|descent")
SELDOM = re.compile(r"numer|check|plot|save|load|test|acc|score|^init|init$|eval|valid|initiali|reset|zero|random")
N = 5  # samples
MOST_PROGRAMS = 400
MOST_SCORED = 16


class UsageSearch:
    """All ways to use objects of one class, constructed in one way, on samples in one layout."""

    def __init__(self, namespace, text, cls, construct, layout, data):
        self.namespace, self.text, self.cls, self.layout, self.data = namespace, text, cls, layout, data
        self.blank = Program(cls.__name__, construct, (), (), samples=layout.samples)
        self.endless = matching.endless(text)
        self.parameters, self.values, self.scored, self.has_loss = {}, {}, 0, False
        state = class_trials.attempt(State, self.blank, namespace, data)
        self.thing = state.thing if state else None
        rng = np.random.default_rng(5)
        for places, array in attributes.arrays(self.thing) if state else []:
            if not self._is_data(array) and not matching.says_gradient(attributes.keys(places[0])):
                name = attributes.words(places[0])
                self.parameters[name] = tuple(places)
                self.values[name] = constructing.random_array(rng, np.shape(array)) if np.shape(array) else 0.375

    def _is_data(self, array):
        if np.ndim(array) == 0:
            return False
        return any(np.shape(array) == np.shape(given) and np.all(array == given) for given in self.data.values())

    def candidates(self, sizes):
        """Yields Usages."""
        if self.thing is None:
            return
        if not self.parameters and not self._late():
            return
        for count, (steps, output) in enumerate(self._programs()):
            if count > MOST_PROGRAMS or self.scored > MOST_SCORED:
                return
            yield from self._judged(steps, output, sizes)

    def _late(self):
        """Looks for parameters that are there only when a method has trained."""
        self.blank = self.blank._replace(late=True)
        rng = np.random.default_rng(5)
        for method in self.methods(TRAIN):
            for call in calling.method_calls(getattr(self.thing, method)):
                state = class_trials.attempt(State, self.blank, self.namespace, self.data)
                if state is None:
                    return False
                class_trials.attempt(state.called, Stage("backward", method, call))
                for places, array in attributes.arrays(state.thing):
                    name = attributes.words(places[0])
                    named = names.is_weight(name) or names.is_bias(name) or "weight" in name
                    named = named and not loss_sources.LOSSES.search(name.lower())
                    if len(places[0]) == 1 and named and not self._is_data(array):
                        self.parameters[name] = tuple(places[:1])
                        shape = np.shape(array)
                        self.values[name] = constructing.random_array(rng, shape) if shape else 0.375
                if self.parameters:
                    return True
        return False

    def methods(self, pattern, thing=None):
        thing = self.thing if thing is None else thing
        every = [
            name for name in dir(type(thing)) if callable(getattr(thing, name, None)) and pattern.search(name.lower())
        ]
        own = [name for name in every if not name.startswith("__") or name == "__call__"]
        own = [name for name in own if not SELDOM.search(name.lower()) and name not in self.endless]
        order = list(vars(type(thing)))
        return sorted(
            own, key=lambda name: (not BACKWARD.search(name.lower()), order.index(name) if name in order else 99)
        )

    def _programs(self):
        """(steps, where the output is) of all that may be done; the likeliest first."""
        forwards = self._forwards()
        for method in self.methods(re.compile(f"{BACKWARD.pattern}|{TRAIN.pattern}|{LOSS.pattern}")):
            guess = not BACKWARD.search(method.lower())
            for forward, output, labels in forwards:
                for call in calling.method_calls(getattr(self.thing, method), labels, guess=guess):
                    if forward is None and any(call.uses(kind) for kind in AFTER_FORWARD):
                        continue
                    if forward is None or forward.method != method:
                        yield (*([forward] if forward else ()), Stage("backward", method, call)), output
        for method in self.methods(BACKWARD):
            for update in self.methods(UPDATE):
                for forward, output, labels in forwards[:-1]:
                    for steps in self._with_update(forward, labels, method, update):
                        yield steps, output

    def _with_update(self, forward, labels, method, update):
        for call in calling.method_calls(getattr(self.thing, method), labels, guess=False)[:3]:
            for second in calling.method_calls(getattr(self.thing, update))[:2]:
                yield forward, Stage("backward", method, call), Stage("backward", update, second)

    def _forwards(self):
        """(step, where the output is, the names of what it returns) each; none at all last."""
        result = []
        for method in sorted(self.methods(FORWARD), key=lambda m: ("predict" in m, "forw" not in m)):
            if BACKWARD.search(method.lower()) or (TRAIN.search(method.lower()) and method != "update"):
                continue
            labels = matching.returned_names(self.text, self.where_defined(method), method)
            calls = calling.method_calls(getattr(self.thing, method))
            if self.layout.name == "one flat row":  # a method of one sample, where training takes all
                calls = [call.instead("X", Placeholder("first")) for call in calls]
            for call in calls:
                step = Stage("forward", method, call)
                output = self._output(step, labels)
                if output is not None:
                    result.append((step, output, [parts[-1] if parts else "" for parts in labels]))
                    break
        linear = [(None, Whereabouts("linear", key=method), []) for method in self._squashing()]
        return [*result, *linear, (None, None, [])]

    def _squashing(self):
        """Names of methods that a class of one layer may put its sum through; None for none."""
        weights = [value for value in self.values.values() if np.ndim(value)]
        if not self.blank.late or len(weights) != 1:
            return []
        return [name for name in dir(self.cls) if re.search("sigmoid|logistic|activ", name.lower())][:1] or [None]

    def _output(self, step, labels):
        """Where a forward step leaves the output; None if it fails."""
        program = self.blank._replace(parameters=self._pairs(), steps=(step,))
        state = class_trials.attempt(State, program, self.namespace, {**self.data, **self.values})
        before = {places[0] for places, _ in attributes.arrays(state.thing)} if state else ()
        result = class_trials.attempt(state.called, step) if state else None
        if state is None:
            return None
        own: list = matching.leaves(result, labels) if result is not None else []
        if isinstance(result, list) and attributes.is_array(result):
            own = [((), (), result)]
        fitting = [leaf for leaf in own if self._may_be_output(leaf[2])]
        if fitting:
            named = [leaf for leaf in fitting if leaf[0] and names.is_one(str(leaf[0][-1]), names.PREDICTIONS)]
            return Whereabouts("returned", named[0][1] if named else fitting[-1][1])
        if class_trials.is_number(result):
            return Whereabouts("returned", ())
        if result is not None:
            return None
        left = [places[0] for places, array in attributes.arrays(state.thing) if self._may_be_output(array)]
        left = [place for place in left if place not in self.parameters.values() and place[-1][1] not in {"y", "Y"}]
        named = [place for place in left if names.is_one(str(place[-1][1]), names.PREDICTIONS)]
        new = [place for place in left if place not in before]
        chosen = named or new[::-1]
        return Whereabouts("attribute", chosen[0]) if chosen else None

    def _may_be_output(self, value):
        Y = np.asarray(self.data["Y"])
        shape = np.shape(value)
        if (
            not (isinstance(value, np.ndarray | float) or attributes.is_array(value))
            or value is self.data["Y"]
            or value is self.data["X"]
        ):
            return False
        if self.layout.labels == "integers":
            return len(shape) >= 1 and (Y.size in shape or Y.ndim == 0)
        return shape == Y.shape or (np.size(value) == Y.size and len(shape) <= 2)

    def _pairs(self):
        return tuple(self.parameters.items())

    def _judged(self, steps, output, sizes):
        """Usages of some steps: with each loss there may be, and where the gradients are."""
        rate = rates.rate(steps, self.thing) or 1.0
        program = self.blank._replace(parameters=self._pairs(), steps=steps, output=output, rate=rate)
        inputs = {**self.data, **self.values}
        state = class_trials.attempt(State, program, self.namespace, class_trials.copied(inputs))
        if state is None:
            return
        if class_trials.attempt(state.finished) is None:
            state = self._after_loss(program, inputs)
            if state is None:
                return
            program = state.program
        gradients = self._gradients(state)
        if not gradients:
            return
        given = {name: class_trials.attempt(state.gradient, name, source) for name, source in gradients.items()}
        program = program._replace(gradients=tuple(gradients.items()))
        self.scored += 1
        for words, certain, with_loss in loss_sources.with_losses(self, program, state):
            slopes = class_trials.slopes(lambda x, p=with_loss: p.run(self.namespace, x)[0], inputs, list(self.values))
            candidate = slopes and self._scored(with_loss, words, inputs, given, sizes, slopes)
            if candidate:
                self.has_loss = self.has_loss or certain
                yield candidate
        if not self.has_loss:
            yield from self._with_assumed(program, state, inputs, given, sizes)

    def _with_assumed(self, program, state, inputs, given, sizes):
        """Usages with each loss that may have been meant, until one of them is right."""
        every, whereabouts = loss_sources.assumed(self, program, state)
        if not every or whereabouts is None:
            return
        together = program._replace(loss=whereabouts._replace(key=[key for _, key in every]))

        def losses(moved):
            return together.run(self.namespace, moved)[0]

        several = class_trials.slopes_of_several(losses, len(every), inputs, list(self.values))
        for (words, key), slopes in zip(every, several or (), strict=False):
            with_loss = program._replace(loss=whereabouts._replace(key=key))
            candidate = self._scored(with_loss, f"assumed: {words}", inputs, given, sizes, slopes)
            if candidate:
                yield candidate
                if candidate.score.share == 1.0:
                    return

    def _after_loss(self, program, inputs):
        """A State that has gone through, where the way back needs the loss to be known before; None if it has not."""
        for _, with_loss in loss_sources.loss_stages(self, program):
            state = class_trials.attempt(State, with_loss, self.namespace, class_trials.copied(inputs))
            if state is not None and class_trials.attempt(state.finished):
                return state
        return None

    def _gradients(self, state):
        """{parameter: Whereabouts}: returned, left in attributes, or the parameters themselves are others now."""
        shapes = {}
        for name, places in self.parameters.items():
            shapes[name] = (attributes.keys(places[0]), np.shape(self.values[name]))
        last = len(state.returned) - 1
        for step in range(last, -1, -1):
            if state.program.steps[step].role == "backward":
                method = state.program.steps[step].method
                labels = matching.returned_names(self.text, self.where_defined(method), method)
                leaves = [leaf for leaf in matching.leaves(state.returned[step], labels) if leaf[1] or leaf[0]]
                whole = [x for x in leaves if isinstance(x[2], np.ndarray | list) and np.size(x[2])]
                paths = matching.assigned(whole, shapes) if len(whole) * 2 >= len(shapes) else {}
                if paths and len(paths) * 2 >= len(shapes) and not self._are_parameters(state, paths, step):
                    return {
                        name: Whereabouts("returned", paths[name], step) if name in paths else None for name in shapes
                    }
        mine = {place for places in self.parameters.values() for place in places}
        left = []
        for places, array in attributes.arrays(state.thing):
            keys = attributes.keys(places[0])
            if not mine & set(places) and (
                matching.says_gradient(keys) or matching.is_called_after(keys, shapes, array)
            ):
                left.append((keys, places[0], array))
        paths = matching.assigned(left, shapes, by_order=False)
        if paths and len(paths) * 2 >= len(shapes):
            return {name: Whereabouts("attribute", paths[name]) if name in paths else None for name in shapes}
        changed = [name for name, places in self.parameters.items() if self._changed(state, name, places[0])]
        return {name: Whereabouts("updated") for name in shapes} if changed else {}

    def where_defined(self, method):
        for base in type(self.thing).__mro__:
            if method in vars(base):
                return base.__name__
        return type(self.thing).__name__

    def _are_parameters(self, state, paths, step):
        """Whether what is returned are the new parameters, not their gradients."""
        for name, path in paths.items():
            now = class_trials.attempt(attributes.get, state.thing, self.parameters[name][0])
            if attributes.get(state.returned[step], path) is now and np.size(now) > 1:
                return True
        return False

    def _changed(self, state, name, place):
        now = class_trials.attempt(attributes.get, state.thing, place)
        return now is not None and (np.shape(now) != np.shape(self.values[name]) or np.any(now != self.values[name]))

    def _scored(self, program, words, inputs, given, sizes, slopes):
        """The Usage of a program with a loss; None where that does not depend on the parameters."""
        answer = class_trials.attempt(program.run, self.namespace, class_trials.copied(inputs))
        if answer is None or not class_trials.is_number(answer[0]) or not np.isfinite(class_trials.as_float(answer[0])):
            return None
        active = [name for name in slopes if np.abs(slopes[name]).max(initial=0) > 1e-9]
        if not active:
            return None
        own = int("assumed" not in words)
        if not any(self._moves(given[name]) for name in active):
            return None
        updated = {name for name, source in program.gradients if source and source.where == "updated"}
        kept = [name for name in slopes if name in active or (name not in updated and self._moves(given[name]))]
        fitting = sum(class_trials.fits(given[name], np.shape(inputs[name])) for name in kept) / len(kept)
        right = {}
        for sign in (1, -1):
            right[sign] = sum(class_trials.agree(given[name], slopes[name], sign) for name in kept)
        gradients = {name: source for name, source in program.gradients if name in kept}
        turned = right[-1] > right[1] and self._ascends()
        if turned and all(source is None or source.where != "updated" for source in gradients.values()):
            gradients = {name: source and source._replace(sign=-1) for name, source in gradients.items()}
            right[1] = right[-1]
        program = program._replace(
            gradients=tuple(gradients.items()), parameters=tuple(pair for pair in program.parameters if pair[0] in kept)
        )
        alike = not right[1] and updated >= {*kept}
        written = {} if rates.rate(program.steps, self.thing) else rates.written(self.text)
        samples = 1 if self.layout.samples == "one" else N
        sizes_of = samples, max(np.size(self.data["Y"]), 1)
        pairs = {name: (given[name], slopes[name]) for name in kept}
        multiple = rates.multiple(pairs, sizes_of, written) if own and alike else None
        if multiple:
            number, what = multiple
            program = program._replace(rate=program.rate * number)
            words += f", along {what} times its slope, which only changes the rate"
            right[1] = len(kept)
        share = right[1] / len(kept)
        shapes = {name: np.shape(inputs[name]) for name in kept}
        direct = int(all(source is None or source.where != "updated" for source in gradients.values()))
        if any(stage.call.uses("samples") for stage in program.steps):
            direct = -1
        score = Score(fitting, own * int(loss_sources.is_declared(words)), int(share > 0), own, share, direct)
        return Usage(program, self.layout, sizes, score, shapes, words)

    def _moves(self, given):
        if hasattr(given, "gradient"):
            given = class_trials.attempt(given.gradient)
        return given is not None and bool(np.any(np.asarray(given)))

    def _ascends(self):
        """Whether their code adds to its parameters."""
        return bool(re.search(r"self\.(\w+)(\[[^\]]*\])? *(\+=|= *self\.\1(\[[^\]]*\])? *\+)", self.text))
