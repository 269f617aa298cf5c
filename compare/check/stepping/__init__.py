"""What one step of a `train` does: the rules that are known."""
