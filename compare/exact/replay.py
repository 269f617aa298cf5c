"""Runs rewritten code again in float64, with other values in the place of what some operations gave."""

import builtins
import types
from collections import Counter
from pathlib import Path

import numpy as np

from fourfold.compare.exact.events import IN_PLACE, OPERATORS
from fourfold.compare.exact.rewrite import rewritten


class Replay:
    """`run(recipe_run, inputs, instead)`: instead is {(place, turn): array}, of the places a Recorder has."""

    def __init__(self, text, path):
        self._instead, self._turns = {}, Counter()
        self._folder, self._modules, self._places = Path(path).resolve().parent, {}, []
        self._builtins = {**vars(builtins), "__import__": self._import}
        self.hooks = {
            "_ff_op": lambda place, name, *values: self._given(place, OPERATORS[name](*values)),
            "_ff_attribute": lambda place, v, name: self._given(place, getattr(v, name)),
            "_ff_item": lambda place, v, key: self._given(place, v[key]),
            "_ff_call": self._call,
            "_ff_in_place": self._in_place,
            "_ff_attribute_in_place": self._attribute_in_place,
            "_ff_item_in_place": self._item_in_place,
            "_ff_store": self._store,
            "_ff_name": lambda place, label, v: v,
            "_ff_names": lambda place, labels, values: values,
            "_ff_passed": self._given,
            "_ff_slice": slice,
        }
        self.namespace = self._load(text, str(path), "theirs")

    def run(self, f, inputs, instead):
        """What a recipe's run gives on float64 inputs."""
        self._instead, self._turns = instead, Counter()
        with np.errstate(all="ignore"):
            return f(self.namespace, inputs)

    def _load(self, text, file, name):
        module = self._modules[name] = types.ModuleType(name)
        namespace = vars(module)
        namespace |= {"__builtins__": self._builtins, "__file__": file, **self.hooks}
        exec(compile(rewritten(text, file, self._places), file, "exec"), namespace)
        return namespace

    def _import(self, name, into=None, local=None, names=(), level=0):
        """Modules beside the file are numbered on, as when they were recorded."""
        path = self._folder / f"{name}.py"
        if not path.exists():
            return builtins.__import__(name, into, local, names or (), level)
        if name not in self._modules:
            self._load(path.read_text(encoding="utf-8"), str(path), name)
        return self._modules[name]

    def _given(self, place, value):
        self._turns[place] += 1
        return self._other(place, value)

    def _other(self, place, value):
        """What is to stand for a value, in its shape; the value where nothing is."""
        other = self._instead.get((place, self._turns[place]))
        if other is None or np.shape(other) != np.shape(value):
            return value
        return other.copy() if np.ndim(value) else float(other)

    def _call(self, place, f, *arguments, **keywords):
        self._turns[place] += 1
        turn = self._turns[place]
        value = f(*arguments, **keywords)
        other = self._instead.get((place, turn))
        if other is None or np.shape(other) != np.shape(value):
            return value
        return other.copy() if np.ndim(value) else float(other)

    def _in_place(self, place, name, v, by):
        self._turns[place] += 1
        other = self._other(place, v)
        if other is v:
            return IN_PLACE[name](v, by)
        if isinstance(v, np.ndarray):
            v[...] = other
            return v
        return other

    def _attribute_in_place(self, place, name, owner, attribute, by):
        setattr(owner, attribute, self._in_place(place, name, getattr(owner, attribute), by))

    def _item_in_place(self, place, name, owner, key, by):
        if not isinstance(owner, np.ndarray):
            owner[key] = self._in_place(place, name, owner[key], by)
            return
        self._turns[place] += 1
        owner[key] = IN_PLACE[name](owner[key], by)
        self._replace(place, owner)

    def _store(self, place, by, owner, key):
        self._turns[place] += 1
        owner[key] = by
        self._replace(place, owner)

    def _replace(self, place, owner):
        other = self._other(place, owner) if isinstance(owner, np.ndarray) else owner
        if other is not owner:
            owner[...] = other
