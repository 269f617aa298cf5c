"""The contracts columns keep: the quantities of one evaluation, and the functions that compute them.

Model and Trace are the lesson's two-layer network; DeepModel and DeepTrace any network of layers.

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

    def named(self):
        """{name: array}, in order of computation."""
        return self._asdict()


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


class DeepTrace(NamedTuple):
    """The same for K layers, d_0 = d_in to d_K = d_out wide. Tuples have an array a layer, from the first."""

    H: Any  #         K of (*S, N, d_k)        E1        A_(k-1) W_k + b_k, with A_0 = X
    A: Any  #         K - 1 of (*S, N, d_k)    E2        σ_k(H_k), for the hidden layers
    Y_hat: Any  #     (*S, N, d_out)           E3        σ_K(H_K)
    R: Any  #         (*S, N, d_out)           E4        Y_hat - Y
    L: Any  #         (*S,)                    E5        1/(2N) Σ R²
    dL_dY_hat: Any  # (*S, N, d_out)           E10       R / N
    dL_dH: Any  #     K of (*S, N, d_k)        E16       dL_dA_k ∘ σ_k'(H_k)
    dL_dW: Any  #     K of (*S, d_(k-1), d_k)  E13, E19  A_(k-1)ᵀ dL_dH_k
    dL_db: Any  #     K of (*S, 1, d_k)                  column sums of dL_dH_k; () without biases
    dL_dA: Any  #     K - 1 of (*S, N, d_k)    E15       dL_dH_(k+1) W_(k+1)ᵀ

    def named(self):
        """{name: array}, in order of computation.

        H1 A1 ... HK Y_hat R L dL_dY_hat dL_dHK dL_dWK dL_dbK dL_dA(K-1) ... dL_dW1 dL_db1; no dL_db without biases.
        """
        K = len(self.H)
        T = {}
        for k, (H, A) in enumerate(zip(self.H, (*self.A, self.Y_hat), strict=True), start=1):
            T[f"H{k}"], T["Y_hat" if k == K else f"A{k}"] = H, A
        T |= {"R": self.R, "L": self.L, "dL_dY_hat": self.dL_dY_hat}
        for k in range(K, 0, -1):
            layer = {"dL_dA": self.dL_dA, "dL_dH": self.dL_dH, "dL_dW": self.dL_dW, "dL_db": self.dL_db}
            T |= {f"{name}{k}": Zs[k - 1] for name, Zs in layer.items() if k <= len(Zs)}
        return T


class DeepModel(Protocol):
    """The second row: any depth, any widths, with or without biases, an activation for every layer.

    W is a tuple of K arrays (*S, d_(k-1), d_k), b one of K arrays (*S, 1, d_k), or () for a network without biases;
    activations is a tuple of K names, the last one the output's. All else is as in Model.
    """

    def array(self, values, dtype):
        """NumPy array -> the column's own type, always a copy."""

    def to_numpy(self, Z):
        """The column's own type -> NumPy array, always a copy."""

    def forward(self, X, W, b, activations):
        """E1-E3: H and A, tuples as in DeepTrace, and Y_hat (*S, N, d_out)."""

    def loss(self, Y_hat, Y):
        """E4, E5: R (*S, N, d_out) and L (*S,)."""

    def trace(self, X, Y, W, b, activations):
        """E1-E22: the forward and the backward pass, as a DeepTrace: what each number is computed from is there too."""

    def step(self, X, Y, W, b, lr, activations):
        """E23, one step of gradient descent: the new W and b, and the loss L (*S,) at the old ones."""

    def train(self, X, Y, W, b, lr, steps, activations):
        """E24, `steps` steps: what `step` returns after every one of them, along a new first axis of each array."""


class Jacobians(NamedTuple):
    """E8 for every sub-function of L∘Ŷ∘A∘H, entries of arrays numbered row by row: J_ij = ∂(entry i) / ∂(entry j)."""

    dL_dY_hat: Any  #   (1, N d_out)
    dY_hat_dW2: Any  #  (N d_out, d_hidden d_out)
    dY_hat_dA: Any  #   (N d_out, N d_hidden)
    dA_dH: Any  #       (N d_hidden, N d_hidden)
    dH_dW1: Any  #      (N d_hidden, d_in d_hidden)


class ChainRule(Protocol):
    """The third row: one two-layer network, without leading axes, and the chain rule on its Jacobians (exercise 7)."""

    def array(self, values, dtype):
        """NumPy array -> the column's own type, always a copy."""

    def to_numpy(self, Z):
        """The column's own type -> NumPy array, always a copy."""

    def jacobians(self, X, Y, W1, W2, activation):
        """The Jacobians, each by the column's own means: by hand, or its framework's tool."""

    def sums(self, dz_dy, dy_dx):
        """E7: ∂z/∂x_i = Σ_j ∂z/∂y_j ∂y_j/∂x_i, products added over j: (p, m) and (m, n) give (p, n)."""

    def product(self, dz_dy, dy_dx):
        """E9: the matrix product of two Jacobians, of the same shapes."""


class Optimizer(Protocol):
    """The fourth row: what steps make of gradients, by a framework's own optimiser.

    w is all arrays of weights, each (*S, ...). name is one of sgd, momentum, nesterov, rmsprop, adam, adamw; settings
    {key: float}: lr, l2 and decay, and as the rule has them momentum, rho, beta1, beta2, eps. `optimizer` raises
    NotImplementedError, with a sentence, where the framework's optimiser cannot be asked for these together.
    """

    def array(self, values, dtype):
        """NumPy array -> the column's own type, always a copy."""

    def to_numpy(self, Z):
        """The column's own type -> NumPy array, always a copy."""

    def optimizer(self, w, name, lr, l2, decay, **settings):
        """The framework's own optimiser of these weights; in NumPy a function, by hand."""

    def train(self, gradients, w, kept, done, steps, name, settings):
        """`steps` steps from the one after `done`: everything after every one of them, along a new first axis.

        gradients(w) gives L (*S,) and the gradients of w. kept is what the optimiser keeps, array by array of w: u
        (momentum, nesterov), v (rmsprop), m and v (adam, adamw); at the beginning, done = 0, it is empty. Gives the
        arrays of w, of what is kept, and L, in one tuple.
        """
