"""The lesson: every equation beside its lines in four columns and the numbers they compute."""
