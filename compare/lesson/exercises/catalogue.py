"""Which file answers which exercise."""

from fourfold.compare.lesson.exercises import activations, biases, boundary, chain_rule, depth, parameters, tuning

# each has SEEDS, its default, and answer(columns, seeds)
ANSWERS = {1: activations, 2: parameters, 3: tuning, 4: biases, 5: boundary, 6: depth, 7: chain_rule}
