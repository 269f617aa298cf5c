"""Proves somebody's gradients in the judged process: finds how they are written, examines them, names the mistake."""

import contextlib
import io
import warnings

import msgspec
import numpy as np

from fourfold.compare.check import by_line, canonical
from fourfold.compare.check.forms import find, sources
from fourfold.compare.check.proven import Mistaken, Proof
from fourfold.compare.check.recognise import compiled
from fourfold.compare.check.recognise import explain as explain_error
from fourfold.compare.errors import Misfit
from fourfold.compare.exact import estimate, examine, examined
from fourfold.compare.exact.examined import Examined
from fourfold.compare.exact.parts import copies
from fourfold.compare.mistakes.anywhere import losses, recognition
from fourfold.compare.mistakes.anywhere.network import SOFTMAX_MISTAKE

DRAWS = "It draws random numbers: the proof holds for those it drew, and lost digits are not looked for."
POINTS = 3  # that tell mistakes apart
OWN = {"sigmoid", "tanh", "relu", "identity"}  # activations of fourfold's network


def answer(path, namespace, name, options, fits):
    """The line that answers "prove"; `options` are those of demands.Demands, and `explain`."""
    demands = _demands(options)
    proof = prove(sources.source(path), str(path), namespace, name or None, demands, options.get("explain", False))
    settled = not fits or bool(proof.unlike) or (not proof.is_own and (proof.is_right() or bool(proof.network)))
    unasked = settled and callable(namespace.get("train"))
    proof = msgspec.structs.replace(proof, settles=settled, unasked=unasked)
    if unasked and options.get("update"):
        proof = msgspec.structs.replace(proof, uncompared=True)
    return msgspec.json.encode({"proof": proof}) + b"\n"


def _demands(options):
    """The demands.Demands, None where nothing is asked for."""
    asked = {name: options[name] for name in ("loss", "l2", "columns", "update") if options.get(name)}
    if not asked and options.get("l2") is None:
        return None
    from fourfold.compare.check.demands import Demands  # it takes its time

    return Demands(**asked | {"l2": options.get("l2")})


def prove(source, path, namespace, name=None, demands=None, explain=False):
    """The Proof of the code of a forms.sources.Source, at a path, run to a namespace.

    name: of a function, where one is asked for. Raises Misfit where nothing is recognised.
    """
    with _quiet():
        recipe = find.find(namespace, source.text, name)
        try:
            recipe.run(namespace, copies(recipe.example(np.random.default_rng(0), 0)))
        except Exception as error:
            raise Misfit(f"{recipe.words}: at the example's point {explain_error('it', error)}") from None
        theirs = examine.Code(source.text, path, recipe)
        try:
            outcome = examine.examine(theirs, explain)
        except examine.LeftExact as left:
            outcome = estimate.estimate(theirs, namespace, str(left))
        except examine.Undecided:
            sentence = f"{examine.BITS[-1]:,} bits are not enough to decide."
            outcome = Examined(examined.OPEN, recipe.words, bits=examine.BITS[-1], notes=[sentence])
        is_proved = outcome.verdict == examined.RIGHT and outcome.how == examined.EXACTLY
        lossy = ""
        if is_proved and estimate.varies(theirs, namespace):
            outcome = msgspec.structs.replace(outcome, notes=[*outcome.notes, DRAWS])
        elif is_proved:
            lossy = estimate.lost_digits(theirs, namespace)
        proof = Proof(outcome, mistakes=by_line.mistakes(outcome), lossy=lossy)
        return _with_network(proof, _givens(recipe, namespace), recipe.roles, demands)


@contextlib.contextmanager
def _quiet():
    """Swallows what their code prints, and what float64 warns of."""
    with warnings.catch_warnings(), np.errstate(all="ignore"), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        yield


def _givens(recipe, namespace):
    """What the code gives at a few points, in canonical form; [] where it is no layered network."""
    givens = []
    for n in range(POINTS if recipe.roles else 0):
        inputs = recipe.example(np.random.default_rng(n), n)
        wider = _wider(recipe.roles, inputs) if n == POINTS - 1 else None
        given = _given(recipe, namespace, wider) if wider else None
        givens.append(given or _given(recipe, namespace, inputs))
    return [] if any(one is None for one in givens) else givens


def _given(recipe, namespace, inputs):
    try:
        L, gradients = recipe.run(namespace, copies(inputs))
    except Exception:  # whatever it is that they raise: inputs of this size do not fit
        return None
    return canonical.seen(recipe.roles, inputs, L, gradients)


def _wider(roles, inputs):
    """The inputs with a third output where there are two; None where they do not show how.

    With two outputs the mean over all entries is half the mean over samples.
    """
    changed = dict(inputs)
    for name in (roles.Y, roles.weights[-1], *roles.biases[-1:]):
        Z = np.asarray(inputs[name])
        axes = [axis for axis in range(Z.ndim) if Z.shape[axis] == 2]
        if len(axes) != 1 or roles.labels == "integers":
            return None
        more = Z.take([0], axes[0]) * (0 if name == roles.Y else -0.5)
        changed[name] = np.concatenate([Z, more], axes[0])
    return changed


def _with_network(proof, givens, roles, demands):
    if not givens:
        return msgspec.structs.replace(proof, unlike="", uncompared=bool(demands))
    network = recognition.recognised(givens)
    mistakes, others = proof.mistakes, []
    if proof.examined.verdict == examined.WRONG:
        with compiled():
            from fourfold.compare.mistakes.anywhere import naming  # for the catalogue, which takes its time
        named = naming.named(givens)
        mistakes = _mistaken(named[0]) if named else mistakes
        others = [" and ".join(one.names) for one in named[1:]]
    outcome = proof.examined
    if network and mistakes and outcome.loss and {mistake.name for mistake in mistakes} <= _in_loss(network):
        outcome = msgspec.structs.replace(outcome, blamed=[outcome.loss])
    is_softmax = [mistake.name for mistake in mistakes] == [SOFTMAX_MISTAKE.name]
    if is_softmax and outcome.shares:
        outcome = msgspec.structs.replace(outcome, blamed=[outcome.shares])
    return msgspec.structs.replace(
        proof,
        examined=outcome,
        network=network.words() if network else "",
        activations=list(network.activations) if network else [],
        is_own=bool(network) and _is_own(network),
        mistakes=mistakes,
        others=others,
        unlike=demands.unlike(givens, roles) if demands else "",
        uncompared=bool(demands) and network is None,
    )


def _in_loss(network):
    """Names of the mistakes in the loss itself: the gradients are those of the right one."""
    if network.activations != network.intended.activations:
        return set()
    return {mistake.name for mistake in network.mistakes}


def _mistaken(named):
    mistakes = []
    for name, why, wrong, right, equation, formula in zip(*named[:-1], strict=True):
        mistakes.append(Mistaken(name, why, f"{equation}: {formula}" if formula else equation, wrong, right))
    return mistakes


def _is_own(network):
    *hidden, output = network.activations
    convention = network.loss, network.reduction
    plain = convention == (losses.SQUARED, "half the mean over samples") and not network.l2 and not network.mistakes
    return plain and output == "identity" and set(hidden) <= OWN
