"""An Answer as text."""


def lines(answer):
    """The sentences of an answer, what does not hold marked; tables are shown by themselves."""
    yield f"Exercise {answer.number}: {answer.title}"
    for claim in answer.claims:
        yield claim.says if claim.holds else f"✗ This does not hold here: {claim.says}"


def work(answer):
    """One sentence: what was run, by whom, and what was certified."""
    return (
        f"{answer.setting}, by {', '.join(answer.columns)}. "
        f"{answer.certified:,} numbers certified: {answer.certificate}."
    )
