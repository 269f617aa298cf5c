"""Networks that are no MLP of squared error, each with a right backward pass.

In each file `example(rng)` returns the arguments of the function that gives the loss and the gradients.
`faults.py` has what can go wrong in them.
"""
