"""The contract every column keeps: the quantities of one evaluation, and the functions that compute them.

N samples, d_in inputs, d_hidden hidden units, d_out outputs. `*S` are leading axes that every column carries along
untouched: one seed is `()`, ten thousand are `(10000,)`. X and Y may leave them out, and are then shared.
E1 ... E26 number the equations of the lesson.
"""

from typing import Any, NamedTuple, Protocol


class Trace(NamedTuple):
    """Every quantity of one forward and backward pass, in the order it is computed."""

    H: Any  #         (*S, N, d_hidden)      E1   X W1
    A: Any  #         (*S, N, d_hidden)      E2   σ(H)
    Y_hat: Any  #     (*S, N, d_out)         E3   A W2
    R: Any  #         (*S, N, d_out)         E4   Y_hat - Y
    L: Any  #         (*S,)                  E5   1/(2N) Σ R²
    dL_dY_hat: Any  # (*S, N, d_out)         E10  R / N
    dL_dW2: Any  #    (*S, d_hidden, d_out)  E13  Aᵀ dL_dY_hat
    dL_dA: Any  #     (*S, N, d_hidden)      E15  dL_dY_hat W2ᵀ
    dL_dH: Any  #     (*S, N, d_hidden)      E16  dL_dA ∘ σ'(H)
    dL_dW1: Any  #    (*S, d_in, d_hidden)   E19  Xᵀ dL_dH


class Model(Protocol):
    """A module satisfies it: these functions, in this order, with these parameter names.

    X (N, d_in) or (*S, N, d_in); Y (N, d_out) or (*S, N, d_out); W1 (*S, d_in, d_hidden); W2 (*S, d_hidden, d_out):
    all in the column's own array type and one dtype. lr is a Python float, steps a Python int, activation one of
    sigmoid, tanh, relu, identity; any other raises KeyError.
    """

    def array(self, values, dtype):
        """NumPy array of any shape -> the column's own type; dtype is "float64" or "float32". Always a copy."""

    def to_numpy(self, Z):
        """The column's own type -> NumPy array of the same shape and dtype. Always a copy."""

    def forward(self, X, W1, W2, activation):
        """E1-E3: H, A (*S, N, d_hidden) and Y_hat (*S, N, d_out)."""

    def loss(self, Y_hat, Y):
        """E4, E5: R (*S, N, d_out) and L (*S,)."""

    def trace(self, X, Y, W1, W2, activation):
        """E1-E22: the forward and the backward pass, as a Trace."""

    def step(self, X, Y, W1, W2, lr, activation):
        """E23, one step of gradient descent: the new W1 and W2, and the loss L (*S,) at the old ones."""

    def train(self, X, Y, W1, W2, lr, steps, activation):
        """E24, `steps` steps: what `step` returns after every one of them, along a new first axis.

        W1 (steps, *S, d_in, d_hidden), W2 (steps, *S, d_hidden, d_out), L (steps, *S).
        """
