"""What was judged of columns that have not all functions, in words."""

from fourfold import impls
from fourfold.compare.results.words import dtypes, listed


def parts(result):
    """A sentence or two a column that was judged in part: what of it was, what it has not, what was not asked."""
    sentences = []
    for column in result.columns:
        verb = "has" if column.verdict == "not judged" else "judged"
        clauses = [f"{verb} {listed(column.judged)}"] if column.judged else []
        if column.one_at_a_time:
            clauses.append("asked about one network at a time")
        if column.judged and not {"step", "train"} & {*column.judged}:
            clauses.append("asked at steps 0, 1, 10, 100 and so on of an exact run")
        if column.missing:
            clauses.append(f"has no {', '.join(column.missing)}")
        if clauses:
            sentences.append(f"{column.name}: {'; '.join(clauses)}.")
        if column.left_out:
            sentences.append(f"{column.name}: not judged with more layers or biases: it {column.left_out}.")
        for why, activations in _by_reason(column.unknown).items():
            sentences.append(f"{column.name}: not judged with {', '.join(activations)}: {why}.")
    mixed = [column.name for column in result.columns if impls.is_mixed(column.name)]
    if mixed:
        may = "layers may be computed in bfloat16, or the factors of their products rounded to it; in float32 alone"
        sentences.append(f"{listed(mixed)}: judged as mixed precision: {may}.")
    for dtype in dtypes(result):
        without = [column.name for column in result.columns if column.name not in mixed]
        without = [name for name in without if not impls.has(name, dtype)]
        if without:
            sentences.append(f"{listed(without)}: not judged in {dtype}, of which NumPy has no numbers.")
    return sentences


def _by_reason(unknown):
    """{why: [activations]}"""
    reasons = {}
    for activation, why in unknown.items():
        reasons.setdefault(why, []).append(activation.replace(",", "-"))
    return reasons
