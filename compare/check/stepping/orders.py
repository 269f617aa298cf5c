"""Updates that need gradients elsewhere: in turn, sample by sample, looking ahead."""

import re
from itertools import chain, permutations, product

import numpy as np

from fourfold.compare.check.stepping.trajectory import MOMENTUM, Update, number
from fourfold.compare.results.words import listed

COEFFICIENTS = [0.9, 0.99, 0.95, 0.999, *(n / 100 for n in range(1, 99))]
MOST_SAMPLES = 16  # that are gone through one by one
MOST_SHUFFLED = 5  # samples whose orders are all tried
IN_TURN = "in turn"
BY_LAYER = 3  # the first of the orders: all at once, and layers from either end


class Orders:
    """The steps of a Trajectory, walked again in other orders.

    gradients_at(parameters, through, rows) gives {name: array}: at `parameters`, the errors passed back through the
    weights `through`, of the samples `rows` alone, an array, or of all: None. Where it cannot, it gives None.
    """

    def __init__(self, trajectory, samples, gradients_at):
        self._trajectory, self._samples, self._gradients_at = trajectory, samples or 0, gradients_at
        self._names = [*trajectory.places]
        all_rows = np.arange(self._samples)
        self._all = (None,)  # one batch, of all samples
        self._kept = {}  # gradients
        self._passes = {}  # {words: batches of rows}
        if 1 < self._samples <= MOST_SAMPLES:
            self._passes["sample by sample"] = [all_rows[k : k + 1] for k in all_rows]
            self._passes["sample by sample, the last first"] = [all_rows[k : k + 1] for k in all_rows[::-1]]
            for size in range(2, self._samples):
                batches = [all_rows[k : k + size] for k in range(0, self._samples, size)]
                self._passes[f"in batches of {size} samples"] = batches

    def update(self):
        """The Update, or None."""
        if not self._trajectory.rate:
            return None
        for way in (self._in_turn, self._in_batches, self._one_sample, self._shuffled, self._ahead):
            if update := way():
                return update
        return None

    def _in_turn(self):
        for order, anew in self._ways()[1:]:
            if self._fits(self._all, order, anew):
                return Update(self._turn(order, self._all, anew), IN_TURN, is_as_usual=False)
        return None

    def _in_batches(self):
        for words, batches in self._passes.items():
            for share in (1, 1 / self._samples):
                for order, anew in self._ways(BY_LAYER):
                    if self._fits(batches, order, anew, share):
                        return Update(self._batch_words(words, order, batches, anew, share), "by samples")
        return None

    def _batch_words(self, words, order, batches, anew, share):
        words += f", the rate divided by N = {self._samples}" if share != 1 else ""
        return words if len(order) == 1 else f"{words}, and {self._turn(order, batches, anew)}"

    def _one_sample(self):
        """Every step is of one sample alone, whichever."""
        chosen = []
        for t in range(len(self._trajectory.steps)):
            rows = [k for k in range(min(self._samples, MOST_SAMPLES)) if self._is_step(t, [np.array([k])])]
            if not rows:
                return None
            chosen.append(rows[0])
        return Update(f"one sample a step: {', '.join(map(str, chosen))}", "by samples")

    def _shuffled(self):
        if not 1 < self._samples <= MOST_SHUFFLED:
            return None
        one_by_one = [*permutations([np.array([k]) for k in range(self._samples)])]
        for t in range(len(self._trajectory.steps)):
            if not any(self._is_step(t, batches) for batches in one_by_one):
                return None
        return Update("sample by sample, in an order that changes", "by samples")

    def _ahead(self):
        """Nesterov: v = μ v - rate ∂L/∂W at W + μ v."""
        for mu in COEFFICIENTS:
            if all(self._is_ahead(t, mu) for t in range(len(self._trajectory.steps))):
                return Update(f"Nesterov {MOMENTUM}, {number(mu)}, looking ahead", "nesterov", mu)
        return None

    def _is_ahead(self, t, mu):
        trajectory = self._trajectory
        before = trajectory.steps[t - 1] if t else np.zeros_like(trajectory.steps[0])
        point = trajectory.parameters[t] + mu * before
        gradient = self._gradient(point, point, None)
        return gradient is not None and trajectory.gives_one(t, mu * before - trajectory.rate * gradient)

    def _orders(self):
        """Groups of parameters that are updated together: all; a layer each, the last first; and each alone."""
        layers = {}
        for name in self._names:
            layers.setdefault(int((re.findall(r"\d+", name) or ["0"])[-1]), []).append(name)
        forth = tuple(tuple(layers[k]) for k in sorted(layers))
        alone = [(name,) for name in self._names]
        orders = [(tuple(self._names),), forth[::-1], forth, tuple(alone[::-1]), tuple(alone)]
        if len(alone) <= 4:
            orders += permutations(alone)
        return [*dict.fromkeys(orders)]

    def _ways(self, number=None):
        """(order, anew) of the first orders, all at once first: see _is_step."""
        at_once, *orders = self._orders()[:number]
        return [(at_once, False), *product(orders, (False, True))]

    def _fits(self, batches, order, anew=False, share=1.0):
        return all(self._is_step(t, batches, order, anew, share) for t in range(len(self._trajectory.steps)))

    def _is_step(self, t, batches, order=None, anew=False, share=1.0):
        """Whether the step is that of all batches, one after the other, groups of parameters in an order.

        anew: gradients are computed anew once others were updated; otherwise errors alone go through what is new.
        """
        trajectory = self._trajectory
        now = trajectory.parameters[t].copy()
        for rows in batches:
            begun = now.copy()
            for names in order or (self._names,):
                gradient = self._gradient(now if anew else begun, now, rows)
                if gradient is None:
                    return False
                for name in names:
                    place = trajectory.places[name]
                    now[place] -= share * trajectory.rate * gradient[place]
        return trajectory.gives_one(t, now - trajectory.parameters[t])

    def _gradient(self, parameters, through, rows):
        """The flat gradient, or None."""
        key = parameters.tobytes(), through.tobytes(), None if rows is None else rows.tobytes()
        if key not in self._kept:
            given = self._gradients_at(self._named(parameters), self._named(through), rows)
            flat = None if given is None else np.concatenate([np.ravel(given[name]) for name in self._names])
            self._kept[key] = flat
        return self._kept[key]

    def _named(self, flat):
        return {
            name: flat[self._trajectory.places[name]].reshape(self._trajectory.shapes[name]) for name in self._names
        }

    def _turn(self, order, batches, anew):
        """ "W2 is updated before ∂L/∂W1 is taken", of all that the order changes."""
        begun, rows = self._trajectory.parameters[0], batches[0]
        own = self._gradient(begun, begun, rows)
        spoilt = {}  # {what is updated first: the parameters whose gradients change by it}
        for k, together in enumerate(order):
            for first in together:
                place = self._trajectory.places[first]
                now = begun.copy()
                now[place] -= self._trajectory.rate * own[place]
                other = self._gradient(now if anew else begun, now, rows)
                for later in chain.from_iterable(order[k + 1 :]):
                    if not np.array_equal(own[self._trajectory.places[later]], other[self._trajectory.places[later]]):
                        spoilt.setdefault(later, []).append(first)
        clauses = {}
        for later, firsts in spoilt.items():
            clauses.setdefault(tuple(firsts), []).append(f"∂L/∂{later}")
        return " and ".join(_clause(firsts, gradients, anew) for firsts, gradients in clauses.items())


def _clause(firsts, gradients, anew):
    are, it = ("is", "it") if len(firsts) == 1 else ("are", "them")
    taken = f"{'is' if len(gradients) == 1 else 'are'} taken"
    through = "" if anew else f" through {it}"
    return f"{listed(firsts)} {are} updated before {listed(gradients)} {taken}{through}"
