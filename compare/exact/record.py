"""What somebody's code does, operation by operation: events, their operands, and what they are called.

The functions of a Recorder's `hooks` are what rewritten code calls instead of operators.
"""

import inspect
import operator
from collections import Counter

import numpy as np

from fourfold.compare.exact import numbers, standin
from fourfold.compare.exact.events import IN_PLACE, LEAF, OPERATORS, Event, Operand
from fourfold.compare.exact.numbers import Number, Tape


class Recorder:
    """`places` are those of the rewritten code, `events` what was done, in order."""

    def __init__(self):
        self.places = []
        self.files, self.modules = set(), set()  # those that were rewritten
        self.events, self.tape = [], Tape()
        self._records = False
        self._turns = Counter()  # of each place
        self._latest, self._kept = {}, []  # id(object): (event, its entries then); objects, so that no id comes twice
        self.hooks = {
            "_ff_op": self._op,
            "_ff_attribute": self._attribute,
            "_ff_item": self._item,
            "_ff_call": self._call,
            "_ff_in_place": self._in_place,
            "_ff_attribute_in_place": self._attribute_in_place,
            "_ff_item_in_place": self._item_in_place,
            "_ff_store": self._store,
            "_ff_name": self._name,
            "_ff_names": self._names,
            "_ff_passed": self._passed,
            "_ff_slice": slice,
        }

    def start(self, tape):
        """Begins anew, on a Tape."""
        self._records = True
        self._calls = []  # of their functions that are running: how many events there were before
        self.tape, self.events, self._latest, self._kept = tape, [], {}, []
        self._turns = Counter()

    def leaf(self, name, Z, depends):
        """An input: an exact array that is an event."""
        k = self.tape.event = len(self.events)
        made = numbers.exact(Z, depends)
        self.tape.event = -1
        made = made if np.ndim(Z) else made[()]
        self._add(Event(LEAF, "leaf", _copy(made), ()), made).name = name
        assert len(self.events) == k + 1
        return made

    def sources(self, v):
        """The events that made an object, none where it is no exact number."""
        known = self._latest.get(id(v))
        if known and known[1] == _entries(v):
            return (known[0],)
        if not numbers.is_exact(v):
            return ()
        owners = {}
        for x in v.flat if isinstance(v, np.ndarray) else (v,):
            if isinstance(x, Number) and x.node >= 0:
                owners[self.tape.owners[x.node]] = None
        if known:  # it was changed where nobody looked, as a view of it was
            owners[known[0]] = None
        owners.pop(-1, None)
        return tuple(owners)

    def changes(self, v):
        """The events that an array was last changed by: of `W -= rate * dW`, that of the product."""
        sources = self.sources(v)
        changed = []
        for k in sources:
            event = self.events[k]
            is_step = event.kind in ("Add", "Sub") and len(event.operands) == 2
            changed += event.operands[1].sources if is_step else (k,)
        return tuple(changed) or sources

    def _add(self, event, v):
        event.turn = self._turns[event.place]
        self.events.append(event)
        self._latest[id(v)] = len(self.events) - 1, _entries(v)
        self._kept.append(v)
        return event

    def _add_change(self, event, v):
        """An array that was changed keeps its name."""
        for source in event.operands[0].sources[:1]:
            event.name = self.events[source].name if self.events[source].place != LEAF else ""
        self._add(event, v)

    def _operand(self, v):
        return Operand(_copy(v), self.sources(v))

    def _operands(self, values):
        """Operands of whatever is in a call's arguments, lists and dicts taken apart."""
        operands = []
        for v in values:
            if isinstance(v, list | tuple) and any(isinstance(x, Number | np.ndarray | list | tuple) for x in v):
                operands += self._operands(v)
            elif isinstance(v, dict):
                operands += self._operands(v.values())
            else:
                operands.append(self._operand(v))
        return operands

    def _done(self, place, kind, value, operands, redo=None):
        """An event, where exact numbers came out; the value."""
        if type(value) in (tuple, list):
            return type(value)([self._done(place, kind, v, operands) for v in value])
        value = numbers.filled(value)
        if not numbers.is_exact(value):
            return value
        if not _nodes(value):  # zeros like a gradient are no gradient
            operands = ()
        value = self._apart(value)
        self._add(Event(place, kind, _copy(value), tuple(operands), redo), value)
        return value

    def _apart(self, v):
        """An array whose entries have nodes of their own: one that was copied has several derivatives.

        The 0 of a unit that ReLU cuts off has one, too: dL/d(it) is asked for.
        """
        nodes = _nodes(v)
        if not nodes or len(set(nodes)) == np.size(v):
            return v
        self.tape.event = len(self.events)
        apart = np.empty(v.shape, object)
        for index, x in np.ndenumerate(v):
            apart[index] = x.again() if x.node >= 0 else Number(x.value, ())
        self.tape.event = -1
        return apart

    def _begin(self, place):
        before = self.tape.event, self.tape.position
        self.tape.event, self.tape.position = len(self.events), place
        return before

    def _end(self, before):
        self.tape.event, self.tape.position = before

    def _do(self, place, kind, f, *values):
        if not self._records:
            return f(*values)
        before = self._begin(place)
        try:
            operands = self._operands(values) if any(map(numbers.is_exact, values)) else ()
            value = f(*values)
        finally:
            self._end(before)
        return self._done(place, kind, value, operands, f) if operands else value

    def _op(self, place, name, *values):
        self._turns[place] += 1
        if len(values) == 2:
            values = standin.operands(name, *values)
        return self._do(place, name, OPERATORS[name], *values)

    def _attribute(self, place, v, name):
        self._turns[place] += 1
        if not isinstance(v, np.ndarray):
            return getattr(v, name)
        return self._do(place, "move", operator.attrgetter(name), v)

    def _item(self, place, v, key):
        self._turns[place] += 1
        if not isinstance(v, np.ndarray) or v.dtype != object:
            return v[key]
        return self._do(place, "move", lambda Z: Z[key], v)

    def _in_place(self, place, name, v, by):
        self._turns[place] += 1
        return self._do(place, name, IN_PLACE[name], *standin.operands(name, v, by))

    def _attribute_in_place(self, place, name, owner, attribute, by):
        value = self._in_place(place, name, getattr(owner, attribute), by)
        setattr(owner, attribute, value)
        self._name(place, self.places[place].operands[0], value)

    def _item_in_place(self, place, name, owner, key, by):
        self._turns[place] += 1
        if not isinstance(owner, np.ndarray) or owner.dtype != object:
            owner[key] = self._do(place, name, IN_PLACE[name], owner[key], by)
            return
        before = self._begin(place)
        try:
            operands = [self._operand(owner), self._operand(by)]
            owner[key] = numbers.filled(IN_PLACE[name](owner[key], by))
        finally:
            self._end(before)
        if self._records:
            self._add_change(Event(place, "in place", _copy(owner), tuple(operands)), owner)

    def _store(self, place, by, owner, key):
        self._turns[place] += 1
        if not self._records or not isinstance(owner, np.ndarray) or owner.dtype != object:
            owner[key] = by
            if not isinstance(owner, np.ndarray):
                self._name(place, self.places[place].operands[0], by)
            return
        operands = [self._operand(owner), self._operand(by)]
        before = self._begin(place)
        try:
            owner[key] = by
            owner[key] = numbers.filled(owner[key])
            if _nodes(owner):
                _give_nodes(owner)
        finally:
            self._end(before)
        self._add_change(Event(place, "store", _copy(owner), tuple(operands)), owner)

    def _name(self, place, label, v):
        sources = self.sources(v) if self._records else ()
        if len(sources) == 1:
            event = self.events[sources[0]]
            event.name = event.name or label
            event.names.add(label)
            if not label.isidentifier():
                event.kept = place
        return v

    def _passed(self, place, v):
        """What is returned; where the function was given it as it is, that is an event."""
        self._turns[place] += 1
        if not self._records or not self._calls or type(v) in (tuple, list):
            return v
        sources = self.sources(v)
        if not sources or max(sources) >= self._calls[-1]:
            return v
        return self._done(place, "move", v, [self._operand(v)])

    def _names(self, place, labels, values):
        if isinstance(values, tuple | list) and len(values) == len(labels):
            for label, v in zip(labels, values, strict=True):
                self._name(place, label, v)
        return values

    def _call(self, place, f, *arguments, **keywords):
        self._turns[place] += 1
        if not self._records:
            return f(*arguments, **keywords)
        if self._is_theirs(f):
            self._calls.append(len(self.events))
            try:
                return f(*arguments, **keywords)
            finally:
                self._calls.pop()
        owner = getattr(f, "__self__", None)
        values = [*arguments, *keywords.values()]
        if isinstance(owner, np.ndarray | Number):
            values.insert(0, owner)
            f, redo = self._method(f, owner)
        else:
            redo = None if owner is not None and not isinstance(f, np.ufunc) else f
        operands = self._operands(values)
        if not any(numbers.is_exact(operand.value) for operand in operands):
            return f(*arguments, **keywords)
        first = values[0] if isinstance(values[0], np.ndarray) else None
        entries = None if first is None else _entries(first)
        before, happened = self._begin(place), len(self.events)
        try:
            value = f(*arguments, **keywords)
        finally:
            self._end(before)
        if first is not None and _entries(first) != entries and (value is None or value is first):
            self._add_change(Event(place, "in place", _copy(first), tuple(operands)), first)
            return value
        if len(self.events) > happened:  # a function of theirs was called, and its inside was seen
            return numbers.filled(value)
        again = redo if redo and len(operands) == len(values) else None
        return self._done(place, "call", value, operands, _with_keywords(again, len(values) - len(keywords), keywords))

    def _method(self, f, owner):
        """A method's replacement, where exact numbers need one, and how it is done again on another array."""
        name = f.__name__
        replacement = standin.methods.get(name) if isinstance(owner, np.ndarray) else None
        if replacement:
            return (lambda *a, **k: replacement(owner, *a, **k)), replacement
        return f, lambda Z, *a, **k: getattr(Z, name)(*a, **k)

    def _is_theirs(self, f):
        """Whether it is code that was rewritten: what it does is seen inside."""
        f = getattr(f, "__func__", f)
        called = f if hasattr(f, "__code__") else inspect.getattr_static(type(f), "__call__", None)
        code = getattr(called, "__code__", None)
        if code is not None:
            return code.co_filename in self.files
        return isinstance(f, type) and getattr(f, "__module__", "") in self.modules


def _with_keywords(f, positional, keywords):
    """A function of the operands' values in order, of which the last belong to keywords."""
    if f is None:
        return None
    names = list(keywords)

    def again(*values):
        return f(*values[:positional], **dict(zip(names, values[positional:], strict=True)))

    return again


def _nodes(v):
    """The nodes of what was computed, and is no constant."""
    nodes = []
    for x in v.flat if isinstance(v, np.ndarray) else (v,):
        if isinstance(x, Number) and x.node >= 0:
            nodes.append(x.node)
    return nodes


def _give_nodes(v):
    """Makes constants in an array numbers that have a derivative, as h[h < 0] = 0 leaves them."""
    for index, x in np.ndenumerate(v):
        if isinstance(x, Number) and x.node < 0:
            v[index] = Number(x.value, ())


def _copy(v):
    return v.copy() if isinstance(v, np.ndarray) else v


def _entries(v):
    """What tells whether an array's entries are still the same objects."""
    return v.tobytes() if isinstance(v, np.ndarray) and v.dtype == object else id(v)
