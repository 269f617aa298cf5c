"""A Proof in words: what is wrong, where, and what to do; then the evidence."""

from pathlib import Path

from fourfold.compare.exact import examined
from fourfold.compare.results.words import listed

AROUND = 1  # lines of source on either side of a wrong one
LEARNS = (
    "If it still does not learn, check the initial weights (zeros keep all units alike), the learning rate, and "
    "whether an update changes a shape."
)

UNCOMPARED = "your options could not be compared with this network."
UNASKED = "`train` was not judged: that needs half the mean squared error and a linear output."
LONG_LIST = 24  # characters
LISTED = 8  # parameters


def verdict(proof):
    """ "RIGHT", "WRONG", "RIGHT BUT LOSES DIGITS", "AGREES", or "NOT JUDGED"."""
    outcome = proof.examined
    if proof.unlike or outcome.verdict == examined.WRONG:
        return "WRONG"
    if outcome.verdict == examined.OPEN or proof.uncompared:
        return "NOT JUDGED"
    if outcome.how != examined.EXACTLY:
        return "AGREES"
    return "RIGHT BUT LOSES DIGITS" if proof.lossy else "RIGHT"


def text(proof, target, source="", hint=False):
    """All that is said of a Proof; `source` is the text of the file, of which lines are shown."""
    outcome = proof.examined
    if outcome.verdict == examined.WRONG:
        parts = _wrong(proof, target, source, hint)
    elif proof.unlike:
        parts = [f"WRONG: {target}: it is not what you asked for.", proof.unlike]
    elif outcome.verdict == examined.OPEN:
        parts = [f"NOT JUDGED: {target}: its gradients could not be proved right or wrong."]
    elif proof.uncompared:
        parts = [f"NOT JUDGED: {target}: {UNCOMPARED}", *_right(proof, target)[1:]]
    else:
        parts = _right(proof, target)
    if outcome.steps:
        parts += ["", *explained(proof, source)]
    parts += [*outcome.notes, recognised(proof)]
    if proof.unasked:
        parts.append(UNASKED)
    if verdict(proof) == "RIGHT":
        parts.append(LEARNS)
    return "\n".join(parts)


def recognised(proof):
    """What was recognised, in a line."""
    network = f"; {proof.network}" if proof.network else ""
    return f"Recognised: {proof.examined.recognised}{network}."


def _right(proof, target):
    outcome = proof.examined
    names = [one.name for one in outcome.gradients]
    if outcome.how != examined.EXACTLY:
        digits = min((one.digits for one in outcome.gradients if one.digits is not None), default=0)
        return [
            f"AGREES: {target}: {_gradients_for(names)} {_agree(names)} with the loss to {digits:g} digits.",
            f"Compared by {outcome.how}: {listed(names)}.",
        ]
    loss = "the loss, as recognised below"  # it may be an assumed one, or up to the sign and a constant
    are = "is exactly the derivative" if len(names) == 1 else "are exactly the derivatives"
    proved = f"{_all_gradients_for(names)} {are} of {loss}, proved with {outcome.bits} bits."
    if not proof.lossy:
        return [f"RIGHT: {target}: {_gradients_for(names)} {_are(names)} proved right.", capital(proved)]
    lossy = "the formula is right, but float64 loses digits in it."
    return [f"RIGHT BUT LOSES DIGITS: {target}: {lossy}", capital(proof.lossy), capital(proved)]


def _wrong(proof, target, source, hint):
    outcome = proof.examined
    wrong = [one.name for one in outcome.gradients if not one.right]
    right = [one.name for one in outcome.gradients if one.right]
    parts = [f"WRONG: {target}{wrong_gradients(proof)}", *lines(proof, source, hint)]
    all_wrong = [f"Wrong: {_gradients(wrong)}."] if _is_long(wrong) else []  # the verdict only counts them
    if hint:
        return parts + all_wrong + _equations(proof)
    parts += _mistakes(proof)
    evidence = [_evidence(one, outcome) for one in outcome.gradients if not one.right and not _is_known(one, outcome)]
    parts += evidence[:2] + (_tried(outcome) if evidence else []) + all_wrong
    if right:
        parts.append(f"Right: {_gradients(right)}.")
    return parts


def blames(proof):
    """Whether a Proof shows that gradients are wrong."""
    return proof.examined.verdict == examined.WRONG


def wrong_gradients(proof):
    """ ", line 8: the gradient for W1 is wrong.", to go behind the name of the file."""
    outcome = proof.examined
    wrong = [one.name for one in outcome.gradients if not one.right]
    where = f", line {outcome.blamed[0].line}" if outcome.blamed else ""
    return f"{where}: {_gradients_for(wrong)} {_are(wrong)} wrong."


def _gradients_for(names):
    """The gradients by the names of their parameters; where that takes too much room, how many there are."""
    return f"{len(names)} gradients" if _is_long(names) else _all_gradients_for(names)


def _is_long(names):
    return len(names) > 1 and len(listed(names)) > LONG_LIST


def _all_gradients_for(names):
    return f"the gradient{'s' * (len(names) != 1)} for {listed(names)}"


def _are(names):
    return "is" if len(names) == 1 else "are"


def _agree(names):
    return "agrees" if len(names) == 1 else "agree"


def _is_known(one, outcome):
    """Whether a line that is to blame says already why a gradient is wrong."""
    return bool(one.why) and any(one.why in blamed.sentences for blamed in outcome.blamed)


def lines(proof, source, hint=False):
    """The lines that are to blame, and what is wrong there; with `hint` only the first one."""
    parts = []
    for blamed in proof.examined.blamed[: 1 if hint else None]:
        parts += shown(blamed, source)
        for one in () if hint else blamed.sentences:
            parts.append(f"    {sentence(one)}")
    return parts


def _gradients(names):
    return listed([f"∂L/∂{name}" for name in names])


def sentence(text):
    """A sentence of a Blamed, as it is written."""
    return capital(text) + ("" if text.endswith((".", "✓")) else ".")


def capital(text):
    """The text, with a capital at its start."""
    return text[:1].upper() + text[1:]


def _mistakes(proof):
    parts = []
    if proof.mistakes:
        names = " and ".join(mistake.name for mistake in proof.mistakes)
        parts.append(f"The mistake: {names}.")
    for mistake in proof.mistakes:
        parts.append(f"    {mistake.why}")
        parts += [f"    wrong  {mistake.wrong}", f"    right  {mistake.right}"]
        if mistake.formula:
            parts.append(f"    {mistake.formula}")
    if proof.others:
        parts.append(f"These give the same numbers: {'; '.join(proof.others[:3])}.")
    return parts


def _equations(proof):
    formulas = [mistake.formula for mistake in proof.mistakes if mistake.formula]
    return [f"The equation there is {formula}" for formula in formulas]


def _evidence(one, outcome):
    what = f"∂L/∂{one.name}"
    if one.why:
        return f"{what}: {one.why}."
    entry = f"{what}{one.index}" if one.index else what
    how = "exactly" if outcome.how == examined.EXACTLY else f"by {outcome.how}"
    return f"{entry} is {one.exact:.12g} {how}; your code gives {one.got:.12g}."


def _tried(outcome):
    """[the sizes of the example], by the shapes of the parameters; [] where they are many, or single numbers."""
    shapes = []
    for one in outcome.gradients:
        if one.shape:
            shapes.append(f"{one.name} {' × '.join(map(str, one.shape))}")
    return [f"Tried with {listed(shapes)}."] if 0 < len(shapes) <= LISTED else []


def shown(blamed, source):
    """The lines around a Blamed one, and a caret under the operation."""
    lines = source.splitlines() if source else []
    shown_lines = []
    for number in range(blamed.line - AROUND, blamed.line + AROUND + 1):
        if not 1 <= number <= len(lines):
            continue
        mark = "✗" if number == blamed.line else " "
        shown_lines.append(f"  {mark} {number:4d} | {lines[number - 1]}")
        if number == blamed.line:
            end = blamed.end_column if blamed.end_line == blamed.line else len(lines[number - 1].encode())
            before = len(lines[number - 1].encode()[: blamed.column].decode())
            width = len(lines[number - 1].encode()[blamed.column : end].decode())
            shown_lines.append(f"         | {' ' * before}{'^' * max(1, width)}")
    return shown_lines or [f"  ✗ {Path(blamed.file).name}, line {blamed.line}: {blamed.text}"]


def marked(proof):
    """[(Step, mark, what it is)]: ✓ where a line computes a gradient, ✗ where it is wrong, " " where it is neither.

    Behind a line that is wrong, a gradient but for a factor is none.
    """
    blamed, spoiled, made = {one.line for one in proof.examined.blamed}, False, []
    for step in proof.examined.steps:
        mark, what = "✓", f"{step.name} = {step.gradient}" if step.name else step.gradient
        if step.line in blamed:
            mark, what, spoiled = "✗", what if step.gradient else "not a gradient of anything", True
        elif not step.gradient:
            mark, what = " ", "on the way"
        elif spoiled and "·" in step.gradient:
            mark = " "
        made.append((step, mark, what))
    return made


def explained(proof, source):
    """A backward pass line by line: what each line computes, ✓ where it is a gradient, ✗ where it is wrong."""
    lines, parts = source.splitlines(), []
    for step, mark, what in marked(proof):
        code = lines[step.line - 1].strip() if step.line <= len(lines) else step.text
        parts.append(f"  {mark} {step.line:4d} | {code:<56} {what}")
    return parts
