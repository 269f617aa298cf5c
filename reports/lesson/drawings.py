"""What the notebook draws of a run of training: its loss, and the decision boundary at a step."""

from importlib import import_module
from importlib.util import find_spec

import matplotlib.pyplot as plt
import numpy as np

PICTURES = 5  # of a run that is not moved through with a slider
POSITIONS = 41  # of the slider


def losses(*runs):
    """The loss of every run over its steps."""
    plt.figure(figsize=(6, 3.4))
    for run in runs:
        plt.plot(run.losses(), label=f"{run.case.activation}, λ = {run.case.lr:g}")
    plt.yscale("log")
    plt.xlabel("step")
    plt.ylabel("loss")
    plt.legend()
    plt.show()


def boundaries(*runs, resolution=20, low=0, high=1):
    """The square from low to high, by the class that each trained network gives every point of it."""
    _, places = plt.subplots(1, len(runs), figsize=(3.2 * len(runs), 3.2), squeeze=False)
    for run, axes in zip(runs, places[0], strict=True):
        _boundary(axes, run, run.last, resolution, low, high)
        axes.set_title(run.case.name.upper())
    plt.show()


def training(run):
    """The decision boundary and the loss at a few steps; where ipywidgets is installed, at any, by a slider."""
    _pictures(run, recorded(run.last, PICTURES))
    if find_spec("ipywidgets"):
        widgets = import_module("ipywidgets")
        steps = widgets.SelectionSlider(options=recorded(run.last, POSITIONS), description="step")
        widgets.interact(lambda step: _moment(run, step), step=steps)


def recorded(last, most):
    """At most `most` steps from 0 to the last, closer together at the beginning."""
    return np.unique((last * np.linspace(0, 1, most) ** 2).round().astype(int)).tolist()


def _pictures(run, steps):
    _, places = plt.subplots(1, len(steps), figsize=(2.4 * len(steps), 2.8), squeeze=False)
    values = run.losses()
    for step, axes in zip(steps, places[0], strict=True):
        _boundary(axes, run, step)
        axes.set_title(f"step {step:,}\nloss {values[step]:.3g}", fontsize=9)
    plt.show()


def _moment(run, step):
    """The loss with a dot at the step, and the boundary there."""
    _, (left, right) = plt.subplots(1, 2, figsize=(8, 3.4))
    values = run.losses()
    left.plot(values)
    left.plot(step, values[step], "o", color="black")
    left.set(yscale="log", xlabel="step", ylabel="loss", title=f"step {step:,}: loss {values[step]:.3g}")
    _boundary(right, run, step)
    plt.show()


def _boundary(axes, run, step, resolution=20, low=0, high=1):
    x1, x2 = np.meshgrid(*[np.linspace(low, high, resolution)] * 2)
    Y_hat = run.predict(np.column_stack([x1.ravel(), x2.ravel()]), step).reshape(x1.shape)
    axes.pcolormesh(x1, x2, Y_hat > 0.5, cmap="coolwarm", alpha=0.5, vmin=0, vmax=1)
    axes.scatter(*run.case.X.T, c=run.case.Y[:, 0], cmap="coolwarm", edgecolors="black", s=80, zorder=2, clip_on=False)
    axes.set(aspect="equal", xticks=[low, high], yticks=[low, high])
