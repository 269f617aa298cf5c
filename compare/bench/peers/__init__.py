"""What people would otherwise use for the same training, as each library's own documentation writes it.

`trainer(X, Y, W1, W2, lr)`, or a function of another name, takes NumPy float64 arrays (N, d_in), (N, d_out),
(d_in, d_hidden), (d_hidden, d_out) and returns a function of `steps`, which trains on by so many steps of gradient
descent over all samples and returns the loss before each. It returns when they are done, not when they are queued.

A peer is imported by the process that times it alone, so that no framework is imported but in its own column.
"""
