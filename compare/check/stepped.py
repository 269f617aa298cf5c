"""What a `train` does that is not plain descent, by its own steps."""

import numpy as np

from fourfold.compare.check import updates
from fourfold.compare.judge import judgement, truth

# Ways to go down by right gradients. A rate that changes on the way may be a slip, and stays one.
OPTIMISERS = {"momentum", "nesterov", "dampened", "averaged", "Adam", "AdamW", "RMSprop", "Adagrad", "Adadelta"}


def update_of(exams, given):
    """The updates.Update of the first trajectory that is long enough; None where there is none, or none fits."""
    for exam, quantities in zip(exams, given, strict=True):
        trajectory = quantities.get("trajectory")
        if trajectory is None or len(trajectory[-1]) < updates.FEWEST or not np.isfinite(exam.p.X).all():
            continue
        return _update(exam, [Z[:, 0] for Z in trajectory[:-1]])
    return None


def _update(exam, after):
    """Of one seed: parameters (steps, ...) after every step."""
    parameters, gradients = {}, {}
    names = list(exam.anatomy().parameters)
    for name, first, path in zip(names, exam.parameters_of(0), after, strict=True):
        parameters[name] = np.concatenate([first[None], path]).astype(float)
    before = tuple(Z[:-1] for Z in parameters.values())
    exact, _, _ = judgement.exact_values(before, exam.p._replace(exact=False))
    for name in names:
        gradients[name] = truth.narrow(np.asarray(exact[f"dL_d{name}"])).astype(float)
    return updates.kind_of_update(parameters, gradients, exam.p.lr, len(exam.p.X))
